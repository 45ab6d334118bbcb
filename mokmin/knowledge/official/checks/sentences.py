"""Sentences: double passives and too great length."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mokmin.base.korean.josa import with_josa
from mokmin.knowledge.official.checks.endings import conjugated
from mokmin.knowledge.official.checks.model import Finding
from mokmin.knowledge.official.checks.parts import Part, Reading

MOST = 150
"""Letters of a sentence, without what stands in brackets and quotation marks."""
# Stem with the doubled ending: the plain passive stem.
_DOUBLE = {
    "되어": "되", "보여": "보이", "쓰여": "쓰이", "씌여": "쓰이", "놓여": "놓이", "담겨": "담기", "잊혀": "잊히",
    "나뉘어": "나뉘", "나누어": "나뉘", "바뀌어": "바뀌", "읽혀": "읽히", "적혀": "적히", "쌓여": "쌓이",
    "짜여": "짜이", "묶여": "묶이", "닫혀": "닫히", "열려": "열리", "걸려": "걸리", "잡혀": "잡히", "뽑혀": "뽑히",
    "믿겨": "믿기", "꺾여": "꺾이", "섞여": "섞이", "불리워": "불리", "불려": "불리", "막혀": "막히", "갈려": "갈리",
    "덮여": "덮이", "찢겨": "찢기", "모여": "모이", "끊겨": "끊기", "팔려": "팔리", "풀려": "풀리", "들려": "들리",
    "밀려": "밀리", "쫓겨": "쫓기", "뒤덮여": "뒤덮이",
}  # fmt: skip
del _DOUBLE["나누어"], _DOUBLE["모여"]
_PASSIVE = re.compile(
    rf"(?P<stem>{'|'.join(sorted(_DOUBLE, key=len, reverse=True))})(?P<end>지고|지는|지며|지면|지지|지도록|지게|지기|지므로|지거나|진다|진|질|짐|집니다|졌습니다|졌다|졌으며|졌고|졌던|졌음|져야|져서|져|지어)"
)
_ENDS = {
    "지고": "고", "지는": "는", "지며": "며", "지면": "면", "지지": "지", "지도록": "도록", "지게": "게", "지기": "기",
    "지므로": "므로", "지거나": "거나", "진다": "ㄴ다", "진": "ㄴ", "질": "ㄹ", "짐": "ㅁ", "집니다": "ㅂ니다",
    "졌습니다": "었습니다", "졌다": "었다", "졌으며": "었으며", "졌고": "었고", "졌던": "었던", "졌음": "었음",
    "져야": "어야", "져서": "어서", "져": "어", "지어": "어",
}  # fmt: skip
_SENTENCE = re.compile(r"[^.?!\n]*(?:[.?!](?=\s|$|[\"”’)])|\n|$)|[^.?!\n]+[.?!]")
_ASIDE = re.compile(r"\([^()]*\)|「[^」]*」|\"[^\"]*\"|“[^”]*”")
_ENDED = re.compile(r"(?:[다요까오음함임됨]|니다)[.?!]?$")
_POINT = re.compile(r"(?<=\d)\.(?=\s?\d|\s?[~(]|[가-힣])")


def check_sentences(reading: Reading) -> Iterator[Finding]:
    """Double passives and over-long sentences."""
    for part in reading.prose:
        for match in _PASSIVE.finditer(part.text):
            right = conjugated(_DOUBLE[match["stem"]], _ENDS[match["end"]])
            quoted = with_josa(f"'{right}'", "으로/로")
            message = f"피동을 겹쳐 썼습니다('{match[0]}'). {quoted} 씁니다."
            yield part.finding("sentence.passive", message, *match.span(), right)
        if part.style not in ("caption", "unit", "field") and len(part.text) > MOST:
            yield from _long(part)


def _long(part: Part) -> Iterator[Finding]:
    text = _POINT.sub("·", part.text)
    for match in _SENTENCE.finditer(text):
        said = match[0].strip()
        bare = _ASIDE.sub("", said)
        if len(bare) > MOST and _ENDED.search(said):
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            message = f"문장이 깁니다({len(bare)}자). 두세 문장으로 나누면 읽기 쉽습니다."
            yield part.finding("sentence.long", message, start, start + len(said))
