"""Curated answers (담당자가 확인한 답): replies that a steward wrote for a question, with their sources
and the day until which they hold."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from mokmin.base.korean.reading import hangul

# Politeness at the end of a question, and marks: the same question with and without them.
_POLITE = re.compile(
    r"(?:알려\s?(?:줘|주세요|주십시오|주시겠어요|달라)|가르쳐\s?(?:줘|주세요)|궁금합니다|궁금해요|문의드립니다"
    r"|질문입니다|질문드립니다|말해\s?줘|설명해\s?(?:줘|주세요))\s*[.!?~]*\s*$"
)
_ENDINGS = (
    (re.compile(r"(?:인가요|입니까|인지요|이에요|예요|인가|이죠|이지|일까요|일까|인지|이야|야)$"), "이"),
    (re.compile(r"(?:한가요|한가|한지요|한지|하나요|합니까|하는지요|하는가요|하는가|하는지|하죠|하지요|하지|할까요|해요|해)$"), "하"),
    (re.compile(r"(?:되나요|됩니까|되는지요|되는가요|되는가|되는지|되죠|되지|될까요|될까|돼요|되나|돼)$"), "되"),
    (re.compile(r"(?:있나요|있습니까|있는지요|있는가요|있는가|있는지|있죠|있을까요|있어요|있나)$"), "있"),
    (re.compile(r"(?:없나요|없습니까|없는지요|없는가요|없는가|없는지|없죠|없을까요|없어요|없나)$"), "없"),
)  # fmt: skip
_MARKS = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"\d+")
# Who does it, to what, to whom.
_CASE = re.compile(r"[가-힣](?P<case>이|가|께서|을|를|에게|한테|께)(?=\s)")
_CASES = {"이": "S", "가": "S", "께서": "S", "을": "O", "를": "O"}
# What turns a question round. Compared by how often each kind is there.
_TURNS = (
    ("not", re.compile(r"(?:^|\s)(?:안|못)\s?[가-힣]|않|아니[하한면라]|못\s?하|못하|불가")),
    ("without", re.compile(r"없|미만|제외|말고|빼고|외에")),
    ("least", re.compile(r"이상|초과|넘[는으은]|최소|적어도")),
    ("most", re.compile(r"이하|이내|최대|까지")),
    ("before", re.compile(r"(?:^|\s|[가-힣])전에|이전|부터")),
    ("after", re.compile(r"이후|뒤에|후에|지나")),
    ("who", re.compile(r"누가|누구")),
    ("when", re.compile(r"언제")),
    ("where", re.compile(r"어디")),
    ("why", re.compile(r"왜|이유|까닭")),
    ("what", re.compile(r"무엇|무슨|뭐|뭘")),
    ("how much", re.compile(r"얼마")),
)
# Words that say nothing of what is asked.
FILLERS = frozenset(
    [
        "알리",
        "궁금",
        "문의",
        "질문",
        "설명",
        "가르치",
        "어떻",
        "어떻게",
        "좀",
        "혹시",
        "데",
        "거",
        "것",
        "경우",
        "때",
        "그냥",
        "정도",
        "관련",
        "관하",
        "대하",
    ]
)


@dataclass(frozen=True, slots=True)
class Source:
    """A cited passage. ``state``: ``ok``, ``changed`` (the document has a newer version or was read
    anew), ``superseded``, ``gone``, or ``hidden`` from the one who looks."""

    passage_id: int
    document_id: int
    version_id: int
    state: str = "ok"
    title: str = ""
    place: str = ""
    text: str = ""
    grade: str = "O"


@dataclass(frozen=True, slots=True)
class Curated:
    """One curated answer. ``ways``: other ways to ask; ``valid_until``: its last day."""

    id: int
    question: str
    ways: tuple[str, ...]
    answer: str
    department_id: int
    department: str
    valid_until: date
    confirmed_login: str
    confirmed_by: str
    confirmed_at: datetime
    withdrawn_at: datetime | None
    edition: int
    sources: tuple[Source, ...] = ()

    def due(self, today: date) -> str:
        """Why it is not used any more, in Korean; empty while it is."""
        if self.withdrawn_at is not None:
            return "거둔 답"
        if self.valid_until < today:
            return "기한이 지남"
        states = {source.state for source in self.sources}
        for state, words in (
            ("gone", "근거 문서가 지워짐"),
            ("hidden", "근거 문서를 볼 수 없음"),
            ("superseded", "근거 문서가 구판이 됨"),
            ("changed", "근거 문서에 새 판이 나옴"),
        ):
            if state in states:
                return words
        return "" if states else "근거가 없음"


@dataclass(frozen=True, slots=True)
class CuratedDraft:
    """What a steward writes. ``passages``: numbers of the cited passages, in their order."""

    question: str
    answer: str
    department_id: int | None
    valid_until: date | None
    ways: tuple[str, ...] = ()
    passages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A curated answer that a question found. ``how``: ``wording`` for the same wording, ``similar`` for
    the same words with other endings and particles; ``similarity`` is the cosine then."""

    curated: Curated
    how: str
    similarity: float = 1.0


def wording_key(text: str) -> str:
    """Equal for wordings that differ in blanks, marks, case, hanja and politeness alone (SHA-256)."""
    read = _POLITE.sub("", hangul(text).lower().strip())
    bare = _MARKS.sub("", read)
    for pattern, stem in _ENDINGS:
        bare, count = pattern.subn(stem, bare)
        if count:
            break
    return hashlib.sha256(bare.encode()).hexdigest()


def asked_words(morphemes: Iterable[str]) -> tuple[str, ...]:
    """The words of a question that say what is asked, in their order."""
    return tuple(word for word in morphemes if word not in FILLERS)


def figures(text: str) -> tuple[str, ...]:
    """The numbers of a question, in their order."""
    return tuple(number.lstrip("0") or "0" for number in _NUMBER.findall(hangul(text)))


def turns(text: str) -> tuple[int, ...]:
    """How often a text turns round, by kind of turn: a negation, a limit from below or above …"""
    return tuple(len(pattern.findall(text)) for _, pattern in _TURNS)


def swapped(one: str, other: str) -> bool:
    """Whether two questions of the same words name other ones as the doer and as what it is done to."""
    first, second = _cases(one), _cases(other)
    return len(first) == len(second) and first != second


def _cases(text: str) -> list[str]:
    return [_CASES.get(match["case"], "D") for match in _CASE.finditer(hangul(text))]
