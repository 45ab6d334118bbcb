"""Whether an edit may be used: the same checks when it is saved, published and read back."""

from __future__ import annotations

import re
import unicodedata

from mokmin.governance.prompts.catalogue import FENCE, Entry, bare_rule, parts_of
from mokmin.governance.prompts.guardrails import lines_of

LEAST = 20
_TEMPLATE = re.compile(r"[{}]|<%|%>|%\(|%[srd]\b|\$\(|<\||\|>|\[/?INST\]|</?s>", re.I)
_MARKUP = re.compile(r"<\s*/?\s*(?:script|img|iframe|a|style|think)\b|!\[|\]\(", re.I)
# Sentences that take a rule back, or unseat the whole set.
_CANCELS = re.compile(
    r"(?:규칙|지시|지침|조건|제한|원칙|번호|문장|줄|말|내용|부분|것)\S{0,3}\s?.{0,24}"
    r"(?:무시|따르지\s?않|지키지\s?않|적용하지\s?않|적용되지\s?않|효력이?\s?없|생략|잊|예외로|폐지|참고만)"
    r"|(?:무시|따르지\s?않|지키지\s?않|예외로)\S{0,4}\s?(?:도|아도|어도)?\s?(?:된다|됩니다|좋|괜찮|가능)"
    r"|근거\s?(?:가|번호가|번호)?\s?(?:없어도|없이도)|(?:추측|짐작|지어내)\S{0,4}\s?.{0,8}(?:써도|쓴다|씁니다|답한다|답합니다|됩니다|좋습니다)"
    r"|근거\s?(?:안|속)의?\s?지시\S{0,3}\s?(?:를|을|에|는)?\s?(?:따릅니다|따른다|따라)"
    r"|ignore\s.{0,30}(?:rule|instruction|above)|disregard|jailbreak",
    re.I,
)


def problems(entry: Entry, text: str) -> list[str]:
    """What keeps a text from being used, in Korean; none when it may be."""
    found = _common(entry, text)
    found += _prompt(entry, text) if entry.kind == "prompt" else _guard(entry, text)
    return found


def _common(entry: Entry, text: str) -> list[str]:
    found = []
    if len(text) > entry.most:
        found.append(f"{len(text):,}자입니다. {entry.most:,}자까지 쓸 수 있습니다. 줄여 주세요.")
    if any(unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs") and c != "\n" for c in text):
        found.append("눈에 보이지 않는 글자가 들어 있습니다. 붙여 넣지 말고 직접 써 주세요.")
    if (sign := _TEMPLATE.search(text[: entry.most])) is not None:
        found.append(
            f"‘{sign[0]}’는 쓸 수 없습니다. 이 글은 그대로 쓰이며, 끼워 넣는 자리는 없습니다."
        )
    if _MARKUP.search(text[: entry.most]):
        found.append("HTML, 링크, 그림은 쓸 수 없습니다. 빼 주세요.")
    return found


def _prompt(entry: Entry, text: str) -> list[str]:
    text = text[: entry.most]
    found = []
    if len(text.strip()) < LEAST:
        found.append(f"너무 짧습니다. {LEAST}자 넘게 적어 주세요.")
    named = parts_of(text)
    if missing := sorted(entry.required_parts - named):
        found.append(
            f"요청의 자리 {_listed(missing)}을 가리키는 말이 빠졌습니다. 다시 넣어 주세요."
        )
    if strange := sorted(named - entry.required_parts - {*entry.parts}):
        found.append(f"{_listed(strange)}은 이 요청에 없는 자리입니다. 빼거나 고쳐 주세요.")
    marks = set(FENCE.findall(entry.shipped))
    bare = text
    for mark in marks:
        bare = bare.replace(mark, "")
    if "<<<" in bare or ">>>" in bare:
        found.append("‘<<<’와 ‘>>>’는 자료를 감싸는 표시라 새로 쓸 수 없습니다. 빼 주세요.")
    if not marks <= set(FENCE.findall(text)):
        found.append(f"자료를 감싸는 표시 {', '.join(sorted(marks))}를 가리키는 말이 빠졌습니다.")
    lines = [bare_rule(line) for line in text.splitlines() if line.strip()]
    for rule in entry.kept_rules:
        if lines.count(rule) != 1:
            found.append(f"지켜야 하는 규칙이 빠지거나 바뀌었습니다: “{rule}”")
    if not entry.kept and any(bare_rule(line) not in lines for line in entry.lines):
        found.append("이 글은 모두 지켜야 하는 규칙입니다. 앞뒤에 덧붙일 수만 있습니다.")
    ours = {bare_rule(line) for line in entry.lines}
    own = " ".join(line for line in lines if line not in ours)
    if (cancelled := _CANCELS.search(own)) is not None:
        found.append(
            f"규칙을 거두는 말로 읽힙니다: “{cancelled[0][:60]}”. 다르게 적거나 빼 주세요."
        )
    return found


def _guard(entry: Entry, text: str) -> list[str]:
    if not text.strip():
        return [] if entry.may_be_empty else ["비워 둘 수 없습니다. 할 말을 적어 주세요."]
    if entry.listed:
        lines = lines_of(text)
        if any(not 2 <= len("".join(line.split())) <= 20 for line in lines):
            return ["한 줄에 한 낱말씩, 2자에서 20자까지 적어 주세요."]
        if any(not re.search(r"[가-힣A-Za-z0-9]{2}", line) for line in lines):
            return ["한글이나 영문, 숫자가 이어진 낱말을 적어 주세요."]
        return [] if len(lines) <= 60 else ["60줄까지 적을 수 있습니다. 줄여 주세요."]
    if "\n" in text.strip():
        return ["한 줄로 적어 주세요."]
    missing = [word for word in entry.needs if word not in text]
    if missing:
        return [f"{_quoted(missing)}이라는 말이 있어야 답하지 않았다는 것을 알 수 있습니다."]
    return []


def _listed(names: list[str]) -> str:
    return ", ".join(f"[{name}]" for name in names)


def _quoted(words: list[str]) -> str:
    return ", ".join(f"‘{word}’" for word in words)
