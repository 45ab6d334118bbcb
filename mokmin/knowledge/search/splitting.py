"""Questions that hold several questions, cut into parts that stand alone.

Cut are sentences that each ask something, and clauses joined by -고, -며 or -는지 when both sides hold
an interrogative ("얼마이고 언제까지"). What a part lacks is carried into it: the sentences that tell the
situation, and the subject of the part before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mokmin.base.korean.josa import final_consonant
from mokmin.base.korean.ports import Analyser

MOST = 4
"""Parts of one question; further ones stay joined to the last."""
_CONTEXT = 160
"""Characters of a situation that are carried into each question about it, its end first."""
_FEW = 3
"""A part with fewer content words than this is given the subject of the one before, and with fewer than
``_ENOUGH`` the situation that was told."""
_ENOUGH = 5

_INTERROGATIVE = (
    r"(?:얼마(?!\s?안\s?[되된됐돼])|언제|누가|누구|어디|어느|어떻게|어떤|어때|무엇|무슨|뭐|뭘|며칠|왜"
    r"|몇\s?(?:[가-힣%]{1,3}))"
)
_ASKS = re.compile(rf"(?<![가-힣]){_INTERROGATIVE}")
_ASKING_END = re.compile(
    r"\?[\"'”’)\]」』〉》]*$"
    r"|(?:까|나요|가요|는지요?|은지요?|인지요?|되나|하나|인가|는가|은가|냐|니)[.?!]*$"
    r"|(?:는지|은지|인지|을지|까지|지)(?:를|도|가|만)?\s?(?:좀\s)?"
    r"(?:알려|궁금|알고|여쭤|문의|말씀|가르쳐|설명|확인)[^.?!]*[.?!]*$"
    r"|(?:알려|가르쳐|설명해|말씀해)\s?(?:줘|주세요|주십시오|주시기[^.]*|달라[^.]*)[.!]*$"
)
# Nouns that end like a verb joined to the next (신고, 담보며 …); "하고" and the like are verbs.
_NOUN_END = re.compile(
    r"(?:신고|광고|공고|권고|보고|경고|예고|통고|선고|최고|사고|재고|창고|해고|금고|국고|원고|피고|항고|상고|참고"
    r"|제고|충고|그리고|하고자|[라다자냐]고)$"
)
_JOINED = re.compile(
    r"(?P<word>[^\s,]+(?:고요?|으며|며|는데|은데|나요|까|(?:는|은|인)지(?:와|(?=,))))"
    r"(?:,\s*|\s+)(?:그리고\s+|또한?\s+|아울러\s+)?"
)
_OPENING = re.compile(
    r"^(?:그리고|그럼|그러면|그렇다면|그런데|근데|또한|또|아울러|그 ?다음에?|추가로|만약에?|혹시|한편)[,\s]+"
)
_REFERS = re.compile(
    r"^(?:그러면|그렇다면|그럼|된다면|안 되면|그|이|그것|이것|그거|이거|그때|이때|그 경우|이 경우|거기|여기|위)(?=[가-힣]{0,3}\s)"
)
_TOPIC = re.compile(r"(?P<noun>.*[가-힣A-Za-z0-9)\]」])(?P<particle>은|는|란|이란)(?:요?)\??$")
_VERB = re.compile(r"(?:하|되|드리|시키|주|오|가|나|내|보|쓰|지|이|의하|따르|짓|겠|있|없)$")
_PARTICLE = re.compile(r"(?:은|는|란|이란)$")
# What a matter has, rather than a matter: "기한은?" asks of what was spoken of before.
_ASPECT = re.compile(
    r"(?:기한|기간|날짜|금액|액수|과태료|벌금|수수료|비용|가격|요금|절차|방법|대상자?|서류|요건|조건|기준|자격|이유|사유|근거"
    r"|예외|한도|비율|결과|담당|부서|차이점?|인원|정원|임기|횟수|주기|장소|담당자|권한|승인|벌칙|처벌|효력|관할)(?:은|는|은요|는요)\??$"
)
# A choice, or a mere request, belongs to the question before.
_BELONGS = re.compile(
    r"아니면|(?:자세히|자세하게|좀|꼭|빨리|미리)?\s?(?:알려|가르쳐|설명해|말씀해|답변)[^.?!]{0,12}[.?!]*$"
)
_GREETING = re.compile(r"^(?:안녕하|수고|감사|고맙|반갑|부탁|문의드립|질문드립|꼭 답)")


def parts(text: str, analyser: Analyser) -> tuple[str, ...]:
    """The questions in a text, each with what it needs to stand alone, in order; the text itself when
    it holds one question. ``text`` in NFC."""
    found: list[str] = []
    situation: list[str] = []
    asked = False
    subject = ""
    for sentence in (text[a:b].strip() for a, b in analyser.sentences(text)):
        if found and _BELONGS.match(sentence):
            found[-1] = f"{found[-1]} {sentence}"
        elif _ASKING_END.search(sentence):
            for clause in _clauses(sentence):
                stated = _stated(clause, subject, analyser)
                subject = _subject(stated) or subject
                told = () if _size(stated, analyser) >= _ENOUGH else _end_of(situation)
                found.append(" ".join([*told, stated]))
            asked = True
        elif sentence and _GREETING.match(sentence) is None:
            # What is told after a question belongs to the questions that follow.
            situation = [sentence] if asked else [*situation, sentence]
            asked = False
    if len(found) < 2:
        return (text,)
    return (*found[: MOST - 1], " ".join(found[MOST - 1 :])) if len(found) > MOST else tuple(found)


def _clauses(sentence: str) -> list[str]:
    """A sentence cut where two clauses with an interrogative each are joined."""
    clauses: list[str] = []
    begin = 0
    for joint in _JOINED.finditer(sentence):
        if joint.end() <= begin or _NOUN_END.search(joint["word"]):
            continue
        before, after = sentence[begin : joint.end("word")], sentence[joint.end() :]
        if _ASKS.search(before) and _ASKS.search(after):
            clauses.append(before)
            begin = joint.end()
    return [*clauses, sentence[begin:]]


def _stated(clause: str, subject: str, analyser: Analyser) -> str:
    """A clause without "그리고", and with the subject before it when it has too little of its own."""
    opened = _OPENING.sub("", clause)
    if not subject or subject in opened:
        return opened
    refers = _REFERS.match(clause) is not None
    topic = next(filter(_is_topic, opened.split()), "")
    if not refers and topic and _ASPECT.search(topic) is None:
        return opened
    return f"{subject} {opened}" if refers or _size(opened, analyser) < _FEW else opened


def _size(clause: str, analyser: Analyser) -> int:
    """How many different words of content a clause has."""
    return len({t for t in analyser.morphemes([_ASKS.sub(" ", clause)])[0] if len(t) > 1})


def _subject(clause: str) -> str:
    """What a clause is about: its words up to the topic particle or its interrogative, else all but
    the verb."""
    words = clause.split()
    for at, word in enumerate(words[:-1]):
        if _is_topic(word):
            return " ".join([*words[:at], _PARTICLE.sub("", word)])
        if at and _ASKS.match(words[at + 1]):
            return " ".join(words[: at + 1])
    return " ".join(words[:-1])


def _is_topic(word: str) -> bool:
    """Whether a word is a noun with the topic particle, not a verb before a noun (읽는, 하는)."""
    match = _TOPIC.match(word)
    if match is None or _VERB.search(match["noun"]):
        return False
    return match["particle"] == "은" or final_consonant(match["noun"]) == 0


def _end_of(situation: Sequence[str]) -> list[str]:
    """The last sentences of what is told, as many as fit."""
    kept: list[str] = []
    left = _CONTEXT
    for sentence in reversed(situation):
        left -= len(sentence)
        if left < 0 and kept:
            break
        kept.insert(0, sentence[-_CONTEXT:])
    return kept
