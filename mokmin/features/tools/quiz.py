"""Questions and answers for training, from sentences whose form says what can be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mokmin.base.korean.bigrams import bigrams
from mokmin.base.korean.josa import with_josa
from mokmin.features.tools import facts
from mokmin.features.tools.endings import question_ending
from mokmin.features.tools.model import Citations, Json, Unit
from mokmin.features.tools.reading import Reading, bare

MOST = 40
COUNTS = (10, 20, 40)
_DEFINITION = re.compile(
    r"^[\"“]?(?P<what>[가-힣·A-Za-z\s]{2,30}?)[\"”]?\s?(?:이)?란\s(?P<is>.+)(?:을|를)\s말한다\.$"
)
_CALLED = re.compile(
    r"^(?P<is>[^.]{4,80}?)(?:을|를)\s(?P<what>[가-힣·]{2,15}?)(?:이)?라\s?(?:고\s)?한다\.$"
)
_UNTIL = re.compile(
    rf"(?:[가-힣·\s]{{2,40}}?[가-힣]\s?(?:날|때|일)부터\s)?{facts.NUMBER}\s?(?:{facts.TIME})\s?(?:이내에?|안에|전까지|전에)"
)
_FAQ = re.compile(r"^(?P<q>[^:]{6,60}(?:면|경우|때)):\s(?P<a>.{8,})$")
_BACK = re.compile(
    r"^(?:그|이|위|앞|해당|이때|다만|단|또한|따라서|그래서|그리고|그러나|이를|이에|이 경우|예를 들어)[\s,]"
)
_WHO = re.compile(
    r"(?:^|\s)(?P<who>[가-힣·]{1,14}(?:과|국|팀|실|관|장|센터|위원회|심의회)(?:\([^)]*\))?)(?:이|가)\s"
)
_CLAUSE_BEFORE = re.compile(r"(?:면|경우|때|하되|으며|며|고),?\s")
KINDS = {"기한": 0, "금액": 1, "예외": 2, "담당": 3, "뜻": 4, "가능": 5, "물음": 6, "표": 7}


def quiz(readings: Sequence[Reading], citations: Citations, *, count: int) -> Json:
    """At most ``count`` pairs over all documents and sections, in the order of the documents."""
    pairs = [pair for reading in readings for pair in _pairs(reading)]
    chosen = _spread(pairs, min(count, MOST))
    for pair in chosen:
        unit: Unit = pair.pop("unit")
        pair["cites"] = [citations.add(unit), *(citations.add(u) for u in pair.pop("more", ()))]
        pair["section"] = unit.section
        pair["title"] = readings[unit.source].source.title
        pair.pop("key")
    return {"pairs": chosen, "possible": len(pairs)}


def _pairs(reading: Reading) -> Iterator[Json]:
    before: Unit | None = None
    for unit in reading.units:
        text = bare(unit.text)
        if unit.label:
            if unit.text.rstrip().endswith("?"):
                before = None
                yield from _asked(reading, unit)
            continue
        if (
            before is not None
            and re.match(r"^(?:다만|단),? ", text)
            and before.clause == unit.clause
        ):
            yield _made("예외", _exception(before), text, unit, more=(before,))
        made = next(_ask(text, unit), None)
        if made is not None and len(made["question"]) <= 160:
            yield made
        before = unit


def _asked(reading: Reading, heading: Unit) -> Iterator[Json]:
    """A heading that is a question, with what stands under it."""
    under = [
        u
        for u in reading.units[heading.order + 1 : heading.order + 6]
        if u.section == heading.text.strip() and not u.label
    ]
    if under:
        answer = " ".join(u.text for u in under[:3])
        yield _made("물음", heading.text, answer, under[0], more=tuple(under[1:3]))


def _ask(text: str, unit: Unit) -> Iterator[Json]:
    if unit.kind == "table":
        yield from _row(unit)
        return
    if unit.kind == "footnote" or _BACK.match(text) or not 12 <= len(text) <= 220:
        return
    for match in filter(None, [_FAQ.match(text)]):
        verb = "어떻게 하나요" if match["q"].endswith("면") else "에는 어떻게 하나요"
        joined = match["q"] + (" " if match["q"].endswith("면") else "") + verb
        yield _made("물음", joined + "?", match["a"], unit)
    for match in filter(None, [_DEFINITION.match(text), _CALLED.match(text)]):
        what = match["what"].strip()
        if not _BACK.match(match["is"]) and len(match["is"]) >= 12:
            yield _made("뜻", f"{what}의 뜻은 무엇인가요?", text, unit)
    if ":" in text or not question_ending(text):
        return
    yield from _when(text, unit)
    yield from _how_much(text, unit)
    yield from _who(text, unit)
    yield from _may(text, unit)


def _when(text: str, unit: Unit) -> Iterator[Json]:
    match = _UNTIL.search(text)
    if match is None or len(_UNTIL.findall(text)) > 1 or text[match.end() :].startswith("의"):
        return
    start = facts.term_start(text, *match.span())
    asked = f"{text[:start]}언제까지{text[match.end() :]}"
    answer = text[start : match.end()].strip()
    yield _made("기한", question_ending(asked), text, unit, short=answer)


def _how_much(text: str, unit: Unit) -> Iterator[Json]:
    for pattern, word in ((facts.AMOUNT, "얼마"), (facts.RATE, "얼마"), (facts.COUNT, "")):
        found = list(pattern.finditer(text))
        if len(found) != 1:
            continue
        match = found[0]
        counted = re.sub(r"^[\d,.\s]+", "", match.group())
        if text[match.end() :].startswith(","):
            continue
        asked = (
            f"{text[: match.start()]}{word or f'몇 {counted}'}{_after(text[match.end() :], word)}"
        )
        yield _made("금액", question_ending(asked), text, unit, short=match.group().strip())


def _after(rest: str, word: str) -> str:
    """The particle after an amount fits 얼마: ``20,000원을`` becomes ``얼마를``."""
    if not word:
        return rest
    for old, new in (("을", "를"), ("은", "는"), ("과", "와"), ("으로", "로")):
        if rest.startswith(old + " "):
            return new + rest[len(old) :]
    return "가" + rest[1:] if rest.startswith("이 ") else rest


def _who(text: str, unit: Unit) -> Iterator[Json]:
    found = list(_WHO.finditer(text))
    if len(found) != 1 or len(facts.ACTOR.findall(text)) > 2:
        return
    match = found[0]
    asked = f"{text[: match.start('who')]}누가 {text[match.end() :]}"
    yield _made("담당", question_ending(asked), text, unit, short=match["who"])


def _may(text: str, unit: Unit) -> Iterator[Json]:
    match = re.match(
        r"^(?P<topic>[가-힣·\s]{2,40}?)(?:은|는)\s.*수\s(?P<how>있|없)다(?:\([^)]*\))?\.$", text
    )
    if match is None or ("," in text and match["how"] == "없"):
        return
    asked = re.sub(r"수\s없다", "수 있다", text)
    yield _made(
        "가능", question_ending(asked), text, unit, short="예" if match["how"] == "있" else "아니요"
    )


def _row(unit: Unit) -> Iterator[Json]:
    """``구분: 일반 · 요율: 5%`` asks for the second column under the first."""
    if len(unit.cells) < 2:
        return
    (head, key), (asked, value) = unit.cells[0], unit.cells[1]
    if key.isdigit() or not re.search(r"\d", value) or len(key) > 40 or len(value) > 80:
        return
    where = f"{bare(unit.section)}에서 " if unit.section else ""
    question = (
        f"{where}{with_josa(head, '이/가')} ‘{key}’일 때 {with_josa(asked, '은/는')} 무엇인가요?"
    )
    measured = re.fullmatch(r"[\d,.]+\s?(?:㎡|제곱미터|킬로미터|톤|%|퍼센트)", value)
    if measured or (re.search(r"원|금액|액$|요율", asked + value) and not re.search(r"·", value)):
        question = question.replace("무엇인가요", "얼마인가요")
    yield _made("표", question, value, unit)


def _exception(rule: Unit) -> str:
    text = bare(rule.text)
    topic = re.match(r"^(.{2,40}?)(?:은|는)\s", text)
    short = topic.group(1) if topic else (bare(rule.section) or text[:30])
    return f"{short}에 관한 원칙의 예외는 무엇인가요? (원칙: {text.rstrip('.')})"


def _made(
    kind: str,
    question: str,
    answer: str,
    unit: Unit,
    *,
    short: str = "",
    more: tuple[Unit, ...] = (),
) -> Json:
    question = " ".join(question.split())
    return {
        "kind": kind,
        "question": question,
        "short": short,
        "answer": answer,
        "unit": unit,
        "more": more,
        "key": frozenset(bigrams(question)),
    }


def _spread(pairs: list[Json], count: int) -> list[Json]:
    """Round by round over sections, so that no section and no kind fills the list."""
    sections: dict[tuple[int, str], list[Json]] = {}
    for pair in pairs:
        if pair["question"]:
            sections.setdefault((pair["unit"].source, pair["unit"].section), []).append(pair)
    for group in sections.values():
        group.sort(key=lambda p: KINDS[p["kind"]])
    chosen: list[Json] = []
    while len(chosen) < count and any(sections.values()):
        for group in sections.values():
            if group and len(chosen) < count:
                pair = group.pop(0)
                if all(_differ(pair, other) for other in chosen):
                    chosen.append(pair)
    return sorted(chosen, key=lambda p: (p["unit"].source, p["unit"].order))


def _differ(a: Json, b: Json) -> bool:
    both = len(a["key"] & b["key"])
    return bool(both / max(1, len(a["key"] | b["key"])) < 0.75)
