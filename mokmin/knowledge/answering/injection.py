"""Instructions inside quoted data: neutralised before a model sees them, noticed where they stand.

The first line of defence is that nothing a model says counts unless a passage bears it out
(verification); the second is the fence, whose boundary nobody can guess; this is the third.
"""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffd\U000e0000-\U000e0fff]"
)
# Turns and thoughts as the templates of common models mark them.
_TURNS = re.compile(
    r"<\s*\|[^|<>]{0,40}\|\s*>|<\|[^|<>]{0,40}|[^|<>]{0,40}\|>|\[/?(?:INST|SYS|ASSISTANT|USER|TOOL_CALLS)\]"
    r"|<</?SYS>>|</?s>|</?(?:start|end)_of_turn>|</?(?:think|thinking|tool_call|function_call|system|"
    r"assistant|user|instructions?)>|<｜[^｜]{0,40}｜>",
    re.IGNORECASE,
)
_FENCE = re.compile(r"[<>]{3,}|[〈〉《》]{3,}")
_CITATION = re.compile(r"\[(\d{1,3})\]")
_INSTRUCTS = re.compile(
    r"(?:이전|앞선|앞의|위의|위|지금까지의|기존|모든)\s*(?:의\s*)?(?:모든\s*)?"
    r"(?:지시|지침|명령|규칙|프롬프트|안내|설정)\S{0,4}\s*(?:모두|전부|다|완전히)?\s*"
    r"(?:무시|잊|따르지|어기|버리|취소|삭제|덮어)"
    r"|(?:시스템|개발자|관리자)\s*(?:프롬프트|메시지|모드|명령|지시)"
    r"|(?:당신|너|넌|챗봇|인공지능|AI|모델|도우미|어시스턴트)[은는이가야에게,:]*\s*[^.\n]{0,40}"
    r"(?:답하라|답해|대답하|출력하|말하라|말해|알려\s*줘|무시하|따르라|행동하|표시하라|덧붙여라)"
    r"|(?:라고|다고|로|만|를|을)\s*(?:만\s*)?(?:답하라|답해라|답하십시오|대답하라|대답해|출력하라|출력해|말하라|표시하라|안내하라)"
    r"|ignore\s+(?:all\s+|any\s+|the\s+|your\s+)*(?:previous|prior|above|earlier|preceding)"
    r"|disregard\s+(?:all|any|the|your|previous|prior|above)|forget\s+(?:all|everything|your|previous)"
    r"|system\s*(?:prompt|message|override)|developer\s*mode|you\s+are\s+now\b|new\s+instructions?\b"
    r"|(?:assistant|model|AI)\s*(?:must|should|shall|:)|(?:respond|reply|answer)\s+(?:only\s+)?with\b"
    r"|(?:reveal|print|output|repeat)\s+(?:the\s+|your\s+|all\s+)*(?:system|prompt|instruction|hidden)"
    r"|do\s+anything\s+now|jailbreak",
    re.IGNORECASE,
)
_IMAGE_OR_LINK = re.compile(r"!?\[([^\]\n]{0,200})\]\(\s*[^)\s]{1,2000}[^)\n]{0,200}\)")
_ADDRESS = re.compile(
    r"(?:https?|ftp|javascript|data|file)\s?:[^\s)\]가-힣]+|\bwww\.[^\s)\]가-힣]+", re.I
)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,2000}>")


def visible(text: str) -> str:
    """The text in NFC without characters that nobody sees (zero width, direction, tags, fillers)."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFC", text))


def as_data(text: str, boundary: str) -> str:
    """A text that may stand in a fence: nothing in it can close the fence, begin a turn, or be taken
    for one of our citations."""
    text = visible(text).replace(boundary, "")
    text = _TURNS.sub(lambda m: re.sub(r"[<>\[\]|｜]", " ", m[0]), text)
    text = _FENCE.sub("…", text)
    return _CITATION.sub(r"(\1)", text)


def instructs(text: str) -> bool:
    """Whether a text seems to give orders to a machine instead of informing people."""
    return _INSTRUCTS.search(visible(text)) is not None


def plain(text: str) -> str:
    """A model's sentence as plain text: no tags, no images, no links, no addresses."""
    text = _IMAGE_OR_LINK.sub(r"\1", visible(text))
    return _ADDRESS.sub("(주소 생략)", _TAG.sub("", text))
