"""Rewording one paragraph by rule: shorter, more polite, in plain words. No fact changes.

The patterns are fixed phrases of official Korean whose short form means the same
(국립국어원 「쉬운 공문서 쓰기 길잡이」, 행정안전부 「행정업무운영 편람」); what no pattern knows stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from mokmin.base.korean.josa import with_josa
from mokmin.knowledge.official.checks.model import Context
from mokmin.knowledge.official.checks.review import repaired, review
from mokmin.knowledge.official.model import Block, OfficialDocument, Span

Action = Literal["shorter", "clearer", "polite", "plain", "basis", "numbers"]
NAMES: dict[Action, str] = {
    "shorter": "더 짧게",
    "clearer": "더 또렷하게",
    "polite": "더 정중하게",
    "plain": "쉬운 말로",
    "basis": "법적 근거 달기",
    "numbers": "수 확인",
}
_LANGUAGE = ("spelling", "wording", "sentence")


def _rules(*pairs: tuple[str, str]) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(pattern), short) for pattern, short in pairs]


_SHORTER = _rules(
    (r"하는 것이 가능(?:하다|합니다)", "할 수 있습니다"),
    (r"하는 것이 가능함", "할 수 있음"),
    (r"할 수 있도록 하여 주시기 바랍니다", "해 주시기 바랍니다"),
    (r"하여 주시기 바랍니다", "해 주시기 바랍니다"),
    (r"하고자 하오니", "하니"),
    (r"하고자 합니다", "하려 합니다"),
    (r"알려드리오니|알려 드리오니", "알려드리니"),
    (r"([가-힣]+)을 실시(하|합|할|한|함|했)", r"\1\2"),
    (r"([가-힣]+)를 실시(하|합|할|한|함|했)", r"\1\2"),
    (r"에 있어서의", "의"),
    (r"에 있어서는", "에서는"),
    (r"에 있어서", "에서"),
    (r"함에 있어", "할 때"),
    (r"하는 경우에는", "하면"),
    (r"인 경우에는", "이면"),
    (r"에도 불구하고 불구하고", "에도 불구하고"),
    (r"다음과 같이 아래와 같이", "다음과 같이"),
    (r"(?:매우|아주|상당히|적극적으로) ", ""),
    (r"최선을 다하여 ", ""),
    (r"이와 관련하여 ", ""),
    (r"하기 위하여", "하려고"),
    (r"을 위하여", "을 위해"),
    (r"를 위하여", "를 위해"),
    (r"으로 인하여", "으로"),
    (r"로 인하여", "로"),
    (r"하여야 하며", "해야 하며"),
    (r"하여야 합니다", "해야 합니다"),
    (r"그 밖의 기타 ", "그 밖의 "),
    (r"기간 동안", "동안"),
    (r"각각의 개별 ", "개별 "),
    (r"미리 사전에 |사전에 미리 ", "미리 "),
    (r"다시 재", "재"),
)  # fmt: skip
_POLITE = _rules(
    (r"(?:해|하여) ?주시기 바람\.?$|해 주기 바람\.?$|하기 바람\.?$|하시기 바람\.?$", "해 주시기 바랍니다."),
    (r"(제출|회신|협조|참석|참고|통보|확인|검토|신청|작성|입력) ?(?:바람|요망|요함|할 것)\.?$", r"\1해 주시기 바랍니다."),
    (r"하여야 함\.?$|해야 함\.?$", "해 주셔야 합니다."),
    (r"불가함\.?$|불가합니다\.?$", "어려움을 양해해 주시기 바랍니다."),
    (r"하십시오\.?$", "해 주시기 바랍니다."),
    (r"하시오\.?$", "해 주시기 바랍니다."),
    (r"해라\.?$", "해 주시기 바랍니다."),
    (r"알림\.?$", "알려드립니다."),
    (r"안내함\.?$", "안내해 드립니다."),
    (r"통보함\.?$", "알려드립니다."),
    (r"송부함\.?$", "보내드립니다."),
    (r"요청함\.?$", "요청드립니다."),
)  # fmt: skip


def reworded(action: Action, text: str, context: Context) -> str:
    """The text after one action by rule; the same text where no rule applies."""
    if action == "shorter":
        return _applied(_SHORTER, text)
    if action == "polite":
        return _applied(_POLITE, text)
    if action == "plain":
        return _plain(text, context, lambda rule: rule.startswith(_LANGUAGE))
    if action == "clearer":
        return _plain(_applied(_SHORTER, text), context, lambda rule: rule.startswith(_LANGUAGE))
    return text


def with_basis(text: str, law: str, article: str) -> str:
    """The text with a law behind it, before its full stop."""
    cited = f"(「{law}」 {article})"
    if f"「{law}」" in text and article in text:
        return text
    bare = text.rstrip()
    return f"{bare[:-1]}{cited}." if bare.endswith(".") else f"{bare}{cited}"


def because(law: str, article: str) -> str:
    """Why a law is proposed."""
    return f"문서고의 {with_josa(f'「{law}」 {article}', '과/와')} 내용이 가깝습니다. 맞는 근거인지 원문을 확인하십시오."


def _applied(rules: list[tuple[re.Pattern[str], str]], text: str) -> str:
    for pattern, short in rules:
        text = pattern.sub(short, text)
    return re.sub(r"  +", " ", text)


def _plain(text: str, context: Context, wanted: Callable[[str], bool]) -> str:
    """The text after every sure fix of the reviewer's language rules."""
    document = OfficialDocument("report", {}, (Block("text", (Span(text),)),))
    for _ in range(12):
        found = next(
            (f for f in review(document, context) if f.fix is not None and wanted(f.rule)), None
        )
        if found is None:
            break
        document = repaired(document, found)
    return document.body[0].text
