"""The one line that answers at a glance: the period, the amount, who, whether it is allowed.

It is a fragment of the best clause, word for word, under a label. Where the clause holds no such
fragment, or several, or another clause is almost as likely, there is none: no line is better than a
wrong one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mokmin.knowledge.answering.clauses import Clause

LIKELY, AHEAD = 0.5, 2.0
# With these, 20 of 22 lines over the development questions were right (docs/adr/0012-extractive-answers.md).
_CIRCLED = re.compile(r"^[①-⑳㉑-㉟]\s*")
_PERIOD_UNIT = r"(?:영업일|근무일|일|개월|년|시간|주일?|분기)"
_PERIOD = re.compile(
    r"(?:(?<![가-힣])(?:(?:그\s)?[가-힣ㆍ·]+(?:을|를|에|이|으로부터|에게서)\s)?(?:[가-힣]{1,4}\s)?"
    r"[가-힣]*[은한된인던할]\s(?:날|때|후)부터\s|(?<![가-힣])[가-힣]+(?:일|날)부터\s)?"
    rf"(?:매년\s|매월\s|최대\s|최장\s|연간?\s|(?<!\d)월\s)?(?!(?:19|20)\d\d\s?년)\d+\s?{_PERIOD_UNIT}"
    r"(?:\s?(?:이내|전까지|전|까지|이상|간|동안|안))?(?![가-힣]*차)"
)
_DATE = re.compile(
    r"(?:매년|다음 해|그 해|해당 연도의?|다음 연도의?)?\s?(?:\d{4}\.\s?)?\d{1,2}(?:월|\.)\s?"
    r"(?:\d{1,2}(?:일|\.)|말일?)\s?(?:까지|이내|~\s?(?:\d{1,2}\.\s?)?\d{1,2}(?:일|\.))?"
)
_AMOUNT = re.compile(
    r"(?:최대\s|연간?\s|월\s|건당\s|1명당\s)*(?:\d[\d,.]*\s?(?:천|백|십)?(?:만|억)?\s?(?:\d[\d,]*\s?)?(?:천|만)?\s?원"
    r"|\d+분의\s?\d+(?:\.\d+)?|\d+(?:\.\d+)?\s?(?:퍼센트|%|배|점))"
    r"(?:\s?(?:이하|이상|미만|초과|이내|까지))?"
    r"(?:의?\s?(?:과태료|벌금|과징금|이행강제금|가산금|범위))?"
)
_COUNT = re.compile(
    r"(?:최대\s|연간?\s|월\s|매년\s)?\d[\d,]*\s?(?:회|번|차례|명|인|건|개|곳|부|통|매|세대|세(?![입액금율])|살|평|제곱미터|㎡|미터|m|킬로미터|대)"
    r"(?:\s?(?:이하|이상|미만|초과|이내|까지))?(?![가-힣]*부터)"
)
_WHO = re.compile(
    r"^(?P<who>[^,.]{2,40}?(?:장관|시장|군수|구청장|도지사|교육감|위원회|심사위원회|의장|처장|청장|원장|과장|국장|"
    r"부서장|팀장|담당관|기관의 장|단체의 장|단체장|권자|감사관|의 장))(?:은|는|이|가)\s"
)
_ASKS = (
    (
        "기한",
        re.compile(
            r"며칠|몇\s?일|언제까지|기한|몇 ?(?:시간|달|개월|주)|얼마 ?(?:안|이내)|까지 ?(?:내야|해야|제출|신고|신청)|마감"
        ),
    ),
    ("기간", re.compile(r"기간|얼마 ?동안|몇 ?년")),
    (
        "금액·비율",
        re.compile(r"얼마|금액|몇 ?(?:프로|퍼센트|%|배|원|만원)|비율|요율|과태료는|벌금은|상금"),
    ),
    (
        "수량",
        re.compile(
            r"몇 ?(?:번|회|차례|명|인|건|개|곳|부|통|매|세|살|평|대)|횟수|인원|나이|연령|면적"
        ),
    ),
    ("정하는 사람", re.compile(r"누가|누구|어느 (?:기관|부서|위원회)|결정권|승인권|결재")),
    (
        "할 수 있는지",
        re.compile(
            r"(?:수\s?있(?:나요?|습니까|는지요?|을까요?|어요?|는가)|되나요?|돼요?|될까요?|됩니까|되는지요?|"
            r"가능(?:한가요?|할까요?|하나요?|합니까|한지|해요)|괜찮\S*|해도 ?되\S*|못 ?하나요?)[\s?.]*$"
        ),
    ),
)
# What may be meant by these words of a question is open: the next label may fit.
_NOT_SURE = ("기한", "기간", "금액·비율")
_MODAL = re.compile(
    r"[가-힣]+(?:할|될|줄|받을|볼|둘|낼|쓸)?\s?수\s?(?:있|없)(?:다|습니다|음)|"
    r"[가-힣]+(?:해|하여|되어|돼)서는\s?(?:아니\s?된다|안\s?된다|안\s?됩니다)"
)
_CONDITION = re.compile(r"경우|다만|제외|한정|범위|조건|각 호")


@dataclass(frozen=True, slots=True)
class Direct:
    """A label, the fragment of the clause, and a note on conditions."""

    label: str
    fragment: str
    note: str = ""

    @property
    def text(self) -> str:
        """The line as it is shown."""
        return f"{self.label}: {self.fragment}{self.note}"


def direct(question: str, clause: Clause, probability: float, *, exception: bool) -> Direct | None:
    """The line for a question, out of its most probable clause; ``exception``: it has one (다만 …).
    It may stand when no clause that says otherwise has ``1 / AHEAD`` of its probability."""
    if probability < LIKELY:
        return None
    note = " (예외가 있습니다)" if exception else ""
    text = _CIRCLED.sub("", clause.text)
    for label, asks in _ASKS:
        if asks.search(question):
            fragment = _fragment(label, text)
            if fragment:
                return Direct(label, fragment, note)
            if label not in _NOT_SURE:
                return None
    return None


def _fragment(label: str, text: str) -> str:
    if label in ("기한", "기간"):
        return _only(_PERIOD, text) or (_only(_DATE, text) if label == "기한" else "")
    if label == "금액·비율":
        return _only(_AMOUNT, text)
    if label == "수량":
        return _only(_COUNT, text)
    if label == "정하는 사람":
        found = _WHO.match(text)
        return found["who"].strip() if found else ""
    found = _MODAL.search(text)
    several = len(_MODAL.findall(text)) > 1
    if found is None or several:
        return ""
    return f"“{found[0].strip()}”" + ("(조건이 있음)" if _CONDITION.search(text) else "")


def _only(pattern: re.Pattern[str], text: str) -> str:
    """The one match of a pattern; nothing when there are several different ones."""
    found = [m[0].strip() for m in pattern.finditer(text)]
    return found[0] if len(set(found)) == 1 else ""
