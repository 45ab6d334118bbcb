"""The writer without a model: quotes the clauses that answer, word for word, best article first.

A direct line (the period, the amount, who) stands above them when the best clause states it alone;
then the clauses of the answer proper, then those of further provisions (``related``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mokmin.base.korean.josa import with_josa
from mokmin.base.korean.ports import Analyser
from mokmin.knowledge.answering.citing import cite
from mokmin.knowledge.answering.clauses import Clause, clauses
from mokmin.knowledge.answering.direct import AHEAD, Direct, direct
from mokmin.knowledge.answering.model import Citation, Sentence
from mokmin.knowledge.answering.selection import Scored, Selected
from mokmin.knowledge.search.model import Hit

VERBATIM = "원문을 그대로 옮긴 문장입니다."
FRAGMENT = "아래 문장의 해당 부분을 그대로 옮겼습니다."
SHORTENED = "긴 목록의 일부만 옮겼습니다."
_FIGURE = re.compile(r"\d[\d,.]*\d|\d")


def compose(
    question: str, selected: Sequence[Selected], followed: Sequence[Clause]
) -> tuple[list[Sentence], list[Citation]]:
    """Sentences with one citation each, and the citations. ``followed`` are clauses of provisions that
    the quoted ones cite."""
    quoted = [(item.clause, item.main, item.left_out) for item in selected]
    known = {_bare(clause.text) for clause, _, _ in quoted}
    quoted += [(c, False, 0) for c in followed if _bare(c.text) not in known]
    if not quoted:
        return [], []
    numbers = {
        key: n for n, key in enumerate(dict.fromkeys(c.hit.passage_id for c, _, _ in quoted), 1)
    }
    sentences: list[Sentence] = []
    if line := _direct(question, selected):
        first, told = line
        n = numbers[first.hit.passage_id]
        sentences.append(Sentence(told.text, "verified", (n,), FRAGMENT, role="direct"))
    seen: set[str] = set()
    left_out: tuple[Clause, int] | None = None
    for clause, main, missing in quoted:
        if left_out is not None and not _item_of(clause, left_out[0]):
            sentences.append(_more(left_out, numbers))
            left_out = None
        if _bare(clause.text) in seen:
            continue
        seen.add(_bare(clause.text))
        sentences.append(_sentence(clause, main, numbers))
        if missing:
            left_out = (clause, missing)
    if left_out is not None:
        sentences.append(_more(left_out, numbers))
    hits = {clause.hit.passage_id: clause.hit for clause, _, _ in quoted}
    citations = [
        cite(n, hits[key], "\n".join(c.text for c, _, _ in quoted if c.hit.passage_id == key))
        for key, n in numbers.items()
    ]
    return sentences, citations


def _sentence(clause: Clause, main: bool, numbers: dict[int, int]) -> Sentence:
    return Sentence(
        text=clause.text,
        support="verified",
        citations=(numbers[clause.hit.passage_id],),
        reason=VERBATIM,
        group=clause.hit.title,
        role="answer" if main else "related",
        level=clause.level if clause.stem is not None else 1,
    )


def _more(left_out: tuple[Clause, int], numbers: dict[int, int]) -> Sentence:
    clause, count = left_out
    return Sentence(
        text=f"(이 목록에는 {count}개 항목이 더 있습니다. 원문에서 확인해 주세요.)",
        support="verified",
        citations=(numbers[clause.hit.passage_id],),
        reason=SHORTENED,
        group=clause.hit.title,
        role="note",
        level=clause.level + 1,
    )


def _item_of(clause: Clause, stem: Clause) -> bool:
    return clause.hit.unit == stem.hit.unit and clause.level > stem.level


def _direct(question: str, selected: Sequence[Selected]) -> tuple[Clause, Direct] | None:
    main = [item for item in selected if item.main]
    if not main:
        return None
    best = max(main, key=lambda item: item.own)
    exceptions = [
        item
        for item in selected
        if item.unit == best.unit and item.clause.rule == best.clause.position
    ]
    told = direct(question, best.clause, best.own, exception=bool(exceptions))
    if told is None:
        return None
    # Another clause that says the same thing does not make this one doubtful.
    figures = set(_FIGURE.findall(told.fragment))
    others = (
        item.own
        for item in selected
        if item is not best
        and item not in exceptions
        and not (figures and figures <= set(_FIGURE.findall(item.clause.text)))
    )
    return (best.clause, told) if best.own >= AHEAD * max(others, default=0.0) else None


def provision(passages: Sequence[Hit], item: int | None, analyser: Analyser) -> list[Clause]:
    """A provision that was cited: its first sentence and, when one was named, the 호."""
    found = clauses(passages, analyser)
    kept = found[:1]
    if item is not None:
        kept += [c for c in found[1:] if re.match(rf"{item}\.\s", c.text)][:1]
    return kept


def best_of(scored: Sequence[Scored]) -> float:
    """The highest probability that a clause answers."""
    return max((item.probability for item in scored), default=0.0)


def lead(citations: Sequence[Citation]) -> str:
    """The one line above the quotes; it tells where they stand and claims nothing else."""
    titles = list(dict.fromkeys(c.title for c in citations))
    named = [f"「{title}」" for title in titles[:2]]
    text = f"{with_josa(named[0], '과/와')} {named[1]}" if len(named) == 2 else named[0]
    more = f" 등 문서 {len(titles)}건" if len(titles) > 2 else ""
    return f"{text}{more}에서 질문에 답이 되는 부분을 그대로 옮겼습니다."


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text)
