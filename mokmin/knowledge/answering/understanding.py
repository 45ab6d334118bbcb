"""A question in its conversation: what it asks when it stands alone, and what no source can answer.

Rules, not a model: a follow-up ("그럼 2회면?") names no matter of its own; it takes the matter of the
question before it along. Questions for an opinion, a political judgement or a forecast of a lawsuit are
declined whatever the library holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mokmin.base.korean.ports import Analyser
from mokmin.governance.prompts.guardrails import Guard
from mokmin.knowledge.answering.model import Exchange

FEW_TERMS = 3
LONGEST = 200
_LEADS_ON = re.compile(
    r"^\s*(?:그럼|그러면|그렇다면|그런데|그리고|그래서|근데|또는|또|아니|혹시|만약|만일)[\s,]"
)
_POINTS_BACK = re.compile(
    r"(?:^|\s)(?:그|이|위|해당|앞의?|방금|아까)\s?(?:경우|때|것|거|건|규정|조항|법|기준|문서|내용|절차|기간|기한|금액|답|사람|대상|말|중에?서?)"
    r"|(?:^|\s)(?:그건|그게|그걸|이건|이게|거기|여기서|그곳|그때|그중)"
)
_CORRECTS = re.compile(r"^\s*아니(?:요|오|라)?[,.\s]|말고\s|(?:이|가) 아니라")
_ASKS = re.compile(
    r"(?:은|는|이|가|을|를)?\s*(?:얼마|며칠|언제|누가|누구|어디|무엇|뭐|뭔|어떻게|어떤|왜|몇\s?\S*)[^?]*\?*\s*$"
    r"|(?:인가요?|나요|까요?|습니까|ㄴ가요|는지요?|는가요?|알려\s?(?:줘|주세요)|설명해?\s?(?:줘|주세요)?|하나요|되나요)\s*\??\s*$"
)
_OPINION = re.compile(
    r"(?:너|당신|자네|목민|네|니)(?:는|은|의|가)?\s?(?:생각|의견|느낌)|어떻게\s생각(?:해|하)|개인적(?:인|으로)|"
    r"(?:좋아|싫어)하(?:니|나요|세요)|기분이?\s?어때"
)
_POLITICAL = re.compile(
    r"(?:여당|야당|정당|후보|대통령|국회의원|시장님?|정권|정부)\S{0,3}\s.{0,20}"
    r"(?:지지|찍어야|뽑아야|찍을까|뽑을까|당선될|이길까|잘하고\s?있|잘못하고\s?있|무능|탄핵(?:해야|돼야|되어야))|"
    r"어느\s(?:정당|당|후보)\S*\s.{0,12}(?:좋|나은|낫|지지|옳)|누구(?:를|에게)\s(?:찍|뽑)"
)
_VERDICT = re.compile(
    r"(?:소송|재판|행정심판|고소|고발)\S*\s?.{0,20}(?:이길|승소할|질까|지나요|이기나|패소할|승산)|"
    r"(?:무죄|유죄)(?:인가|일까|입니까|가 될)|(?:처벌|구속|해고|징계)\s?(?:될까|받을까|당할까)"
)


@dataclass(frozen=True, slots=True)
class Understood:
    """``standalone`` is asked of the library; ``follows`` when it was completed from the conversation."""

    text: str
    standalone: str
    follows: bool = False


def understand(
    question: str, history: Sequence[Exchange], analyser: Callable[[], Analyser]
) -> Understood:
    """The question with the matter of the one before it, when it names none of its own."""
    if not history:
        return Understood(question, question)
    terms = analyser().morphemes([question])[0]
    matter_before = history[-1].question
    before = set(analyser().morphemes([matter_before])[0])
    new = [term for term in dict.fromkeys(terms) if term not in before]
    follows = (
        _LEADS_ON.match(question) is not None
        or _POINTS_BACK.search(question) is not None
        or _CORRECTS.match(question) is not None
        or len(new) <= 1
        or (len(terms) <= FEW_TERMS and len(question) <= 20)
    )
    if not follows:
        return Understood(question, question)
    subject = matter(matter_before)
    rest = _LEADS_ON.sub("", question).strip() or question
    if not subject or subject in rest:
        return Understood(question, rest)
    return Understood(question, f"{subject} {rest}", follows=True)


def matter(question: str) -> str:
    """What a question is about: without its asking end and without what it leads on with."""
    text = _LEADS_ON.sub("", question.strip())
    short = _ASKS.sub("", text).strip(" ,.?")
    short = re.sub(r"(?:은|는|을|를)$", "", short)
    return (short or text.strip(" ?"))[-LONGEST:]


def declined(question: str, guard: Guard | None = None) -> str | None:
    """Why a question is not for this system, in the city's words; None when it may be asked."""
    guard = guard or Guard()
    for pattern, reason in (
        (_OPINION, guard.opinion),
        (_POLITICAL, guard.politics),
        (_VERDICT, guard.verdict),
    ):
        if pattern.search(question):
            return guard.with_contact(reason)
    reason_of_topic = guard.off_topic(question)
    return guard.with_contact(reason_of_topic) if reason_of_topic else None
