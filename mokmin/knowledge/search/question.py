"""A question as search understands it: words, widening, what kind of answer it wants, its meaning."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mokmin.base.errors import InvalidInput
from mokmin.base.korean.bigrams import bigrams
from mokmin.base.korean.numbers import other_forms
from mokmin.base.korean.ports import Analyser
from mokmin.base.korean.reading import hangul
from mokmin.knowledge.search.embedding import SearchModel
from mokmin.knowledge.search.ports import BUILT_IN
from mokmin.knowledge.search.reference_date import reference_date
from mokmin.knowledge.search.vocabulary import Vocabulary, Widening

MAX_QUESTION = 4_000
# The share of a widened question's vector that comes from the question with its official words.
_WIDENED = 0.4
# What is asked for, and how a passage looks that says it.
_DEADLINE = (
    re.compile(
        r"며칠|몇\s?일|언제|기한|몇 ?(?:시간|달|개월|년|주)|얼마 ?(?:안|이내|전|동안|만)|기간|날짜|까지"
    ),
    re.compile(
        r"\d+\s?(?:일|개월|년|시간|주)\s?(?:이내|이상|전|까지|간|동안|을|의|안|마다|이 지난|이 경과)|지체 없이|즉시|까지"
    ),
    1.0,
)
_AMOUNT = (
    re.compile(
        r"얼마|몇 ?(?:프로|퍼센트|%|명|번|회|배|원|살|세|대|곳|건|평|제곱)|금액|비율|한도|요율|최소|최대|최장"
    ),
    re.compile(
        r"\d[\d,]*\s?(?:만|천|백|억)?\s?(?:원|퍼센트|%|명|회|배|세|제곱|대)|분의\s?\d|이하의 과태료"
    ),
    1.0,
)
_WHO = (
    re.compile(r"누가|누구|어디|어느 (?:기관|부서)|주체|권한"),
    re.compile(
        r"(?:장|장관|시장|군수|구청장|도지사|위원회|기관|청장|교육감|의장|대통령)"
        r"(?:은|는|이|가|에게|의 (?:승인|허가|심의))"
    ),
    0.5,
)
_EXCEPTION = (
    re.compile(r"예외|안 ?해도|않아도|제외|경우|가능|되나|돼|될까|못"),
    re.compile(r"다만|제외|그러하지 아니|아니할 수 있|아니하다|할 수 있다|다음 각 호의 어느 하나"),
    0.5,
)
_KINDS = (_DEADLINE, _AMOUNT, _WHO, _EXCEPTION)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_OLD = re.compile(
    r"구판|옛|예전|이전 (?:판|지침|매뉴얼|규정)|종전|개정 전|지난 판|작년|지난해|과거"
    r"|시행 전 ?(?:의|에는|규정|조례|규칙|법|지침|기준|판)|(?:법|령|조례|규칙|규정|지침)[이의]? 시행(?:되기)? 전|바뀌기 전"
)
_RECENT = re.compile(r"최근|최신|올해|금년|새로 바뀐|요즘")


@dataclass(frozen=True, slots=True)
class Question:
    """``text`` is as it was asked, ``reading`` as it is searched: hanja as hangul, wrong
    blanks put right; ``terms`` are the
    morphemes in order; ``bigrams`` the character bigrams, each once; ``vector`` a unit vector; ``years``
    those named; ``past`` whether it asks for what held earlier, ``recent`` for what is new; ``forms`` how
    texts look that answer what is asked for, with weights; ``reference`` the day that it asks about,
    when it names one; ``model`` whose vector it has, and how far that model's cosines are spread."""

    text: str
    reading: str
    terms: tuple[str, ...]
    bigrams: tuple[str, ...]
    widening: Widening
    vector: NDArray[np.float32]
    years: frozenset[str]
    past: bool
    recent: bool
    forms: tuple[tuple[re.Pattern[str], float], ...]
    reference: date | None = None
    model: int = BUILT_IN
    spread: float = 1.0

    def answer_form(self, text: str) -> float:
        """How far a text looks like an answer of the kind that is asked for (a period, an amount,
        who decides, an exception): 0 to 3."""
        return sum(weight for says, weight in self.forms if says.search(text))

    def asks_for_past(self, today: date) -> bool:
        """Whether it asks for what held earlier: in words, by a day before ``today`` or by a year."""
        if self.reference is not None:
            return self.reference < today
        return self.past or any(int(year) < today.year for year in self.years)

    def as_of_today(self) -> Question:
        """The same question asked of what holds today, whatever time it names."""
        return replace(self, reference=None, past=False, years=frozenset())

    def weighted_terms(self, widened: float) -> dict[str, float]:
        """The question's own morphemes with weight 1, those of the dictionary with ``widened``."""
        return dict.fromkeys(self.terms, 1.0) | dict.fromkeys(self.widening.terms, widened)


def answer_forms(text: str) -> tuple[tuple[re.Pattern[str], float], ...]:
    """How texts look that answer what a question asks for (a period, an amount, who, an exception)."""
    return tuple((says, weight) for asks, says, weight in _KINDS if asks.search(text))


def analysed(
    text: str, analyser: Analyser, vocabulary: Vocabulary, today: date | None = None
) -> Question:
    """A question whose ``vector`` is still empty; ``today`` is what "작년" counts from. Raises
    InvalidInput."""
    text = clean_query(text)
    reading = analyser.spaced(hangul(text))
    terms = tuple(analyser.morphemes([reading])[0])
    return Question(
        text=text,
        reading=reading,
        terms=terms,
        bigrams=tuple(dict.fromkeys(bigrams(reading))),
        widening=_with_numbers(reading, vocabulary.widen(terms), terms, analyser),
        vector=np.zeros(0, np.float32),
        years=frozenset(_YEAR.findall(reading)),
        past=_OLD.search(reading) is not None,
        recent=_RECENT.search(reading) is not None,
        forms=answer_forms(reading),
        reference=reference_date(reading, today or date.today()),
    )


def _with_numbers(
    text: str, widening: Widening, terms: tuple[str, ...], analyser: Analyser
) -> Widening:
    """The widening, and the other ways to write the question's numbers: among the words alone, as a
    number says nothing of what the question means."""
    forms = other_forms(text)
    if not forms:
        return widening
    written = [form for others in forms.values() for form in others]
    known = {*terms, *widening.terms}
    new = [t for found in analyser.morphemes(written) for t in found if t not in known]
    return Widening(widening.synonyms, (*widening.terms, *dict.fromkeys(new)))


def embedded(question: Question, model: SearchModel) -> Question:
    """The question with its vector. Raises Unavailable."""
    embedder = model.embedder
    vector: NDArray[Any] = embedder.embed_query(question.reading)
    words = question.widening.words
    if words:
        vector = vector + _WIDENED * embedder.embed_query(
            f"{question.reading} ({', '.join(words)})"
        )
        vector = vector / np.linalg.norm(vector)
    return replace(
        question, vector=np.asarray(vector, np.float32), model=model.id, spread=model.spread
    )


def clean_query(query: str) -> str:
    """A question without surplus blanks. Raises InvalidInput when empty or over 4,000 characters."""
    query = unicodedata.normalize("NFC", query)
    query = " ".join("".join(c if c.isprintable() else " " for c in query).split())
    if not query:
        raise InvalidInput("질문이 비어 있습니다. 알고 싶은 것을 한 문장으로 적어 주세요.")
    if len(query) > MAX_QUESTION:
        raise InvalidInput(
            f"질문이 너무 깁니다({len(query):,}자). {MAX_QUESTION:,}자 안으로 줄이거나, "
            "긴 글은 문서고에 올린 뒤 질문해 주세요."
        )
    return query
