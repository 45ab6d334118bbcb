"""Sentence endings by safe rules: to 개조식 (``한다`` to ``함``) and to questions (``한다`` to ``하나요``).

Only endings whose stem is certain are changed: ``연다`` is 열다 or 여니, ``판다`` 팔다 or 파다, ``묻는다``
has two nouns. A sentence with such an ending stays as it is.
"""

from __future__ import annotations

import re

# ``…한다(법 제21조제5항).``
_NOTED = re.compile(r"(.*다)(\([^()]*\))\.")
_BASE, _FINALS, _SYLLABLES = ord("가"), 28, 11172
_NIEUN, _MIEUM, _BIEUP, _SS = 4, 16, 17, 20
# Last syllables in ㄴ (한다) that no stem in ㄹ shares.
_SURE = frozenset("한된낸본눈낀긴꾼춘룬친쓴둔온준킨린인른진낀센뗀탄짠편켠핀힌딘뀐띈뛴선핸댄갠낸")
# Sure only with a syllable before them (나간다, 세운다, 끝난다): alone they may be 갈다, 울다, 날다.
_SURE_BEHIND = frozenset("간운난산")
_GIVE = (
    "려 준",
    "해 준",
    "어 준",
    "아 준",
    "여 준",
    "내 준",
    "려준",
    "해준",
    "어준",
    "아준",
    "여준",
    "내준",
    "거준",
)
# Verbs whose final consonant changes before a vowel (ㄷ, ㅂ, ㅅ).
_IRREGULAR = frozenset("묻듣걷싣닫긷붇돕눕줍굽깁짓긋잇붓낫젓컫")


def _final(character: str) -> int:
    code = ord(character) - _BASE
    return code % _FINALS if 0 <= code < _SYLLABLES else -1


def _with(character: str, final: int) -> str:
    return chr(ord(character) - _final(character) + final)


def noun_ending(sentence: str) -> str:
    """The sentence in 개조식, without its full stop; unchanged where no rule is certain."""
    text = sentence.rstrip()
    if (noted := _NOTED.fullmatch(text)) is not None:
        inner = noun_ending(noted[1] + ".")
        return text if inner.endswith(".") else inner + noted[2]
    if not text.endswith("다."):
        return text
    body = text[:-2]
    return (_polite(body[:-1]) if body.endswith("니") else _plain(body)) or text


def _polite(stem: str) -> str:
    if len(stem) < 2 or _final(stem[-1]) != _BIEUP:
        return ""
    if stem[-1] == "습":
        before = stem[-2]
        return stem[:-1] + "음" if _final(before) > 0 and before not in _IRREGULAR else ""
    return _shortened(stem[:-1] + _with(stem[-1], _NIEUN))


def _plain(body: str) -> str:
    if len(body) < 2:
        return ""
    last, before = body[-1], body[-2]
    if last == "는":
        return body[:-1] + "음" if _final(before) > 0 and before not in _IRREGULAR else ""
    if _final(last) == _NIEUN:
        return _shortened(body)
    if last in "있없같많않적높낮" or _final(last) == _SS:
        return body + "음"
    if last in "이하" or body.endswith(("아니", "다르", "크")):
        return body[:-1] + _with(last, _MIEUM)
    return ""


def _shortened(body: str) -> str:
    """``제출한`` to ``제출함``; every stem in 든 is one in 들 (만들다, 줄어들다)."""
    last = body[-1]
    if body.endswith("아닌"):
        return body[:-1] + "님"
    if last == "든":
        return body[:-1] + "듦"
    sure = last in _SURE or (last in _SURE_BEHIND and _final(body[-2]) >= 0)
    if last == "산" or (last == "준" and not body.endswith(_GIVE)):
        sure = False
    return body[:-1] + _with(last, _MIEUM) if sure else ""


def question_ending(sentence: str) -> str:
    """A declarative sentence as a polite question; empty where no rule is certain."""
    text = sentence.rstrip()
    if (noted := _NOTED.fullmatch(text)) is not None:
        text = noted[1] + "."
    if not text.endswith("다.") or len(text) < 5:
        return ""
    body = text[:-2]
    if body.endswith("니"):
        return _polite_question(body[:-1])
    last = body[-1]
    if last == "는" and _final(body[-2]) > 0:
        return body + "가요?" if body.endswith("있는") else body[:-1] + "나요?"
    if _final(last) == _NIEUN:
        return body[:-1] + _with(last, 0) + "나요?"
    if last in "있없" or _final(last) == _SS:
        return body + "나요?"
    if last == "이" or body.endswith("아니"):
        return body[:-1] + _with(last, _NIEUN) + "가요?"
    return body[:-1] + "한가요?" if body.endswith(("필요하", "가능하", "동일하")) else ""


def _polite_question(stem: str) -> str:
    if stem.endswith("습"):
        return stem[:-1] + "나요?"
    if stem.endswith("입"):
        return stem[:-1] + "인가요?"
    if stem and _final(stem[-1]) == _BIEUP:
        return stem[:-1] + _with(stem[-1], 0) + "나요?"
    return ""
