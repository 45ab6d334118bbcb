"""The sentence that tells what a letter is for, by the last word of its title.

행정안전부, 「행정업무운영 편람」: a title names its subject and ends with what is done (알림, 요청, 제출 …);
the body says it again in a sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mokmin.base.korean.josa import with_josa


@dataclass(frozen=True, slots=True)
class Purpose:
    """``words`` end a title; ``sentence`` holds ``{X}`` (subject with 을/를), ``{x}`` (without) and
    ``{how}`` (다음과 같이, 붙임과 같이)."""

    words: tuple[str, ...]
    sentence: str


PURPOSES = (
    Purpose(("제출 요청", "자료 요청", "제출요청"), "{X} {how} 요청하오니 기한 안에 제출하여 주시기 바랍니다."),
    Purpose(("협조 요청", "협조요청", "협조 의뢰", "협조"), "{X} {how} 요청하오니 협조하여 주시기 바랍니다."),
    Purpose(("참석 요청", "참석요청", "참석 안내"), "{X} {how} 알려드리니 참석하여 주시기 바랍니다."),
    Purpose(("의견 조회", "의견조회"), "{x}에 대한 의견을 {how} 조회하오니 기한 안에 회신하여 주시기 바랍니다."),
    Purpose(("요청", "의뢰", "신청", "추천 의뢰"), "{X} {how} 요청합니다."),
    Purpose(("알림", "안내", "통보", "공지", "통지"), "{X} {how} 알려드리니 업무에 참고하시기 바랍니다."),
    Purpose(("개최",), "{X} {how} 개최하오니 참석하여 주시기 바랍니다."),
    Purpose(("제출",), "{X} {how} 제출합니다."),
    Purpose(("송부", "발송"), "{X} {how} 보내드립니다."),
    Purpose(("회신", "답변"), "{x}에 대하여 {how} 회신합니다."),
    Purpose(("보고", "결과 보고"), "{X} {how} 보고합니다."),
    Purpose(("계획", "추진 계획", "계획(안)", "방안"), "{X_full} {how} 추진하고자 합니다."),
    Purpose(("승인", "결정"), "{X} {how} 승인하고자 합니다."),
)  # fmt: skip
OTHER = "{x_full}에 관하여 {how} 알려드립니다."
OTHER_INSIDE = "{x_full}에 관하여 {how} 처리하고자 합니다."
_END = re.compile(r"[\s.]+$")


def purpose_sentence(title: str, how: str, *, related: bool, inside: bool) -> str:
    """The sentence for a title. ``how``: 다음과 같이 or 붙임과 같이. ``related``: an item before it names
    what it goes back to. ``inside``: a decision inside the office (내부결재)."""
    bare = _END.sub("", title)
    sentence, subject = (OTHER_INSIDE if inside else OTHER), bare
    if found := _purpose(bare):
        word, purpose = found
        sentence = purpose.sentence
        subject = _END.sub("", bare[: -len(word)]) or bare
    said = sentence.format(
        X=with_josa(subject, "을/를"),
        x=subject,
        X_full=with_josa(bare, "을/를"),
        x_full=bare,
        how=how,
    )
    return f"위와 관련하여 {said}" if related else said


def _purpose(title: str) -> tuple[str, Purpose] | None:
    best: tuple[str, Purpose] | None = None
    for purpose in PURPOSES:
        for word in purpose.words:
            if title.endswith(word) and (best is None or len(word) > len(best[0])):
                best = word, purpose
    return best
