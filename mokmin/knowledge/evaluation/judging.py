"""Whether a written answer contains a gold answer, by rule.

A gold answer is contained when, after normalisation,

1. its text stands in the answer as it is (white space, punctuation, letter case and thousands
   separators aside; a number never matches a part of a longer number), or
2. all its numbers that the question does not name itself occur in the answer, with their units (30만 = 300,000, 열흘 = 10일, 한 달 = 1개월, 100분의 5 = 5%,
   2024. 1. 5. = 2024년 1월 5일), and of its content morphemes at least ``ALL_TERMS`` occur, and of
   those that the question does not already hold at least ``NEW_TERMS``: a text about the same
   matter that lacks the answer repeats the question's words, but not the others.

Both thresholds were set where right and wrong lie farthest apart, on 300 welfare questions (long,
paraphrased gold answers) and 285 questions over the statutes (short ones): a whole relevant document
is taken to contain the answer for 83% and 94% of them, the nearest other document for 19% and 15%
(which sometimes really does).

The rule does not understand: it takes "가능" and "불가능" for related, and misses a paraphrase in
other words altogether. It serves to compare two states of the system on the same questions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

ALL_TERMS = 0.5
NEW_TERMS = 0.5
# The dot of lists in statutes (아래아), a letter to Unicode.
_MIDDLE_DOT = "ㆍ"
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DATE = re.compile(r"(\d{4})\s?\.\s?(\d{1,2})\s?\.\s?(\d{1,2})(?!\d)\.?")
_UNITS = {
    "천만": 1e7,
    "백만": 1e6,
    "십만": 1e5,
    "억": 1e8,
    "만": 1e4,
    "천": 1e3,
    "백": 1e2,
}
_PART = rf"\d+(?:\.\d+)?\s?(?:{'|'.join(_UNITS)})"
_AMOUNT = re.compile(rf"{_PART}(?:\s?{_PART})*(?:\s?\d+(?=\s?원))?")
_ADDEND = re.compile(rf"(\d+(?:\.\d+)?)\s?({'|'.join(_UNITS)})?")
_PERCENT = re.compile(r"100\s?분의\s?(\d+(?:\.\d+)?)")
_FRACTION = re.compile(r"(\d+)\s?분의\s?(\d+)")
_NATIVE = {
    "이틀": "2일",
    "사흘": "3일",
    "나흘": "4일",
    "닷새": "5일",
    "엿새": "6일",
    "이레": "7일",
    "열흘": "10일",
    "보름": "15일",
}
_NATIVE_DAY = re.compile("|".join(_NATIVE))
_MONTHS = {"한": 1, "두": 2, "석": 3, "세": 3, "넉": 4, "네": 4, "여섯": 6}
_NATIVE_MONTH = re.compile(rf"(?<![가-힣])({'|'.join(_MONTHS)})\s?달(?!라)")
_NUMBER = re.compile(
    r"(\d+(?:\.\d+)?)\s?(일|개월|월|년|주|시간|분|원|명|인|세|회|배|퍼센트|%|조|항|호|건|점)?"
)
_SAME_UNIT = {"개월": "월", "인": "명", "퍼센트": "%"}
_JUNK = re.compile(r"[^\w\s]|_")
_BLANK = re.compile(r"(?<!\d)\s+|\s+(?!\d)")


def canonical(text: str) -> str:
    """Numbers, amounts, dates and periods in one way of writing; letters in lower case."""
    text = unicodedata.normalize("NFKC", text.replace(_MIDDLE_DOT, " ")).lower()
    text = _THOUSANDS.sub("", text)
    text = _DATE.sub(lambda m: f"{m[1]}년 {int(m[2])}월 {int(m[3])}일 ", text)
    text = _PERCENT.sub(lambda m: f"{m[1]}%", text)
    text = _FRACTION.sub(lambda m: f"{m[2]}/{m[1]}", text)
    text = _NATIVE_DAY.sub(lambda m: _NATIVE[m[0]], text)
    text = _NATIVE_MONTH.sub(lambda m: f"{_MONTHS[m[1]]}개월", text)
    return _AMOUNT.sub(_amount, text)


def numbers(text: str) -> set[str]:
    """All numbers in a text, each with its unit when one of the usual ones follows (15일, 300000원)."""
    return {value + unit for value, unit in _numbers(text)}


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    for value, unit in _NUMBER.findall(canonical(text)):
        plain_value = f"{float(value):g}" if "." in value else str(int(value))
        yield plain_value, _SAME_UNIT.get(unit, unit)


def _lacks_a_number(answer: str, gold: str, question: str) -> bool:
    def known(text: str) -> set[str]:
        return {form for value, unit in _numbers(text) for form in (value, value + unit)}

    return not numbers(gold) - known(question) <= known(answer)


def plain(text: str) -> str:
    """Letters and digits alone; a blank is kept only between two digits."""
    return _BLANK.sub("", _JUNK.sub(" ", canonical(text)).strip())


def contains_text(answer: str, gold: str) -> bool:
    """Rule 1."""
    wanted = plain(gold)
    if not wanted:
        return False
    before = r"(?<!\d)" if wanted[0].isdigit() else ""
    after = r"(?!\d)" if wanted[-1].isdigit() else ""
    return re.search(before + re.escape(wanted) + after, plain(answer)) is not None


def quotes_evidence(answer: str, quotes: Collection[str]) -> bool:
    """Whether every gold quote stands verbatim in the answer, white space aside. Of a table row
    (``cell | cell``) every cell must."""
    text = "".join(answer.split())
    cells = (cell for quote in quotes for cell in quote.split(" | "))
    return all("".join(cell.split()) in text for cell in cells)


def contains_answer(
    answer: str,
    gold: str,
    question: str,
    *,
    answer_terms: Collection[str],
    gold_terms: Collection[str],
    question_terms: Collection[str],
) -> bool:
    """Both rules. The terms are content morphemes of the three texts (``Analyser.morphemes``)."""
    if contains_text(answer, gold):
        return True
    if _lacks_a_number(answer, gold, question):
        return False
    wanted = {term for term in gold_terms if not term.isdigit()}
    if not wanted:
        # Nothing but numbers, and they are all there.
        return bool(numbers(gold))
    known = set(answer_terms)
    new = wanted - set(question_terms)
    return _share(wanted, known) >= ALL_TERMS and _share(new, known) >= NEW_TERMS


def _share(wanted: Collection[str], known: Collection[str]) -> float:
    return sum(term in known for term in wanted) / len(wanted) if wanted else 1.0


def _amount(match: re.Match[str]) -> str:
    addends = (float(n) * _UNITS.get(unit, 1.0) for n, unit in _ADDEND.findall(match[0]))
    return f"{sum(addends):.0f}"
