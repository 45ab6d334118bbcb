"""Names of people, by the words around them.

A word counts as a name when it begins with a surname, is no word of the law or of public guides
(``words.txt``, drawn from the shipped statutes and two public corpora), and something says that a
person is meant: a label before it, an honorific or a title behind it, another name beside it. Names
of three syllables that are both usual as given-name syllables count without a witness.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

from mokmin.governance.privacy.numbers import Found

_DOUBLE = ("남궁", "선우", "제갈", "황보", "사공", "독고", "서문", "동방")
SURNAMES = frozenset(
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구나민진지엄채원천방공현함변염여추도소석선설마길연위표명기반"
    "라왕금옥육인맹제모탁국어은편용예경봉사부복태목형두감음빈동온호범좌팽승상단화피계"
)
_COMMON = frozenset(
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구나민진지엄채원천방공현함변염추"
)
FIRST = frozenset(
    "가강건경관광교규근금기길나남다단달대덕도동두라래로루리린마만말명문미민범병보복봉부분상새서석선설섭성세소솔수숙순슬승시신아안애양여연"
    "열영예오옥완용우욱운웅원월유윤율은을의이익인일임자재정제종주준중지진찬창채천철청초춘충치태택필하학한해향혁현형혜호홍화환황효훈휘흥희힘"
    "요약보애라별빛샘슬람솜봄결겸담엘온훤흠"
)
SECOND = FIRST | frozenset(
    "엽란검욱길열렬팔평례헌득돈맹협항훈권갑걸각곤구국권균늘름람빈비룡록렬련률식술실선완직집출택편표필혼"
)
# Without a witness: surnames of most people, and for the others the syllables of most given names.
_FREQUENT = frozenset("김이박최정강조윤장임오신권황송홍양손백허심곽")
_BARE_FIRST = frozenset("민서지현예은수영진정미경성재승종태동상병광석준우윤하유시도건주혜소채")
_BARE_SECOND = frozenset(
    "수영민진현준우호석희경미정은아연주혜숙순옥원환철훈식규태윤빈인선재성욱혁범섭균열찬림권"
)
_PARTICLES = (
    "은 는 이 가 을 를 의 에게 에게서 께 께서 께서는 와 과 도 만 으로 로 이라 라 라고 이라고 이다 입니다 이고 이며 이나 이랑 랑 까지 부터 "
    "한테 측 측은 측이 이에요 예요 에 외 등 본인 이라는 이었다 였다 이었습니다 이자 에서 이가 이는 으로부터"
)
_TITLES = (
    "올림 드림 배상 간사 건축사 세무사 회계사 법무사 노무사 약사 수의사 요양보호사 주무관 팀장 과장 국장 실장 부장 차장 계장 시장 부시장 구청장 군수 도지사 지사 의원 시의원 구의원 위원 위원장 교수 대표 대표이사 이사 "
    "이사장 회장 사무관 서기관 주사 주사보 서기 서기보 이사관 부이사관 통장 이장 반장 동장 면장 읍장 원장 소장 센터장 관장 교장 교감 교사 선생 "
    "간호사 의사 변호사 기사 감독 선수 배우 작가 기자 대리 사원 연구원 연구관 박사 경감 경위 경사 경장 순경 소방관 소방장 소방교 소방위 학생 어르신 "
    "할머니 할아버지 아동 환자 사장 전무 상무 지점장 조교 강사 사회복지사 공무관 실무관 장관 차관 총장 학장 대위 소령 중령 대령 하사 중사 상사 병장 "
    "상병 일병 이병 판사 검사 목사 신부 스님 가수 시인 화가 감독관 조사관 감사관 담당관 기획관 사서 직원 씨 님 군 양 귀하 여사 옹"
)
_LABELS = (
    "주민 회신처 상대방 명의자 부과대상 대상 명단 동생 언니 오빠 누나 이모 삼촌 성명 이름 성함 신청인 신청자 민원인 신고인 신고자 대표자 보호자 예금주 수급자 피해자 가해자 담당자 작성자 기안자 검토자 결재권자 결재자 "
    "협조자 세대주 세대원 사망자 상속인 임차인 임대인 세입자 집주인 소유자 소유주 수령인 수령자 접수자 제안자 제출자 참석자 참가자 당첨자 "
    "합격자 대상자 대상자명 요청인 청구인 피청구인 청원인 배우자 아들 아버지 어머니 남편 아내 동생 자녀 손자 손녀 조부 조모 고인 고(故) 故 "
    "당사자 운전자 차주 동행자 발신인 수신인 받는사람 보낸사람 내담자 환자 원고 피고 증인 참고인 대리인 위임자 수임자 발급자 확인자 계약자 "
    "회원 회원명 학생 학생명 아동 아동명 강사 강사명 발표자 발표 총무 간사 위탁자 수탁자 납세자 납부자 체납자 채무자 채권자 점유자 관리자 책임자 감리자 시공자 "
    "현장소장 귀화자 사람 저는 나는 주무관 팀장 과장 국장 실장 부장 시장 부시장 구청장 군수 의원 시의원 위원 위원장 교수 대표 사무관 서기관 통장 이장 "
    "원장 소장 센터장 관장 교장 교사 간호사 변호사 기사 반장 회장 이사장 사장 청소년 어르신 근무자 직원 공무원 담당 신랑 신부 가입자 지원자 응시자 후보 후보자"
)


def _alternatives(words: str) -> str:
    return "|".join(re.escape(w) for w in sorted(set(words.split()), key=len, reverse=True))


_RUN = re.compile(r"(?<![가-힣A-Za-z0-9])[가-힣]{2,12}")
_WIDE = re.compile(
    r"(?<![가-힣])([가-힣]) ([가-힣]) ([가-힣])(?= ?(?:님|씨|군|양|귀하)|\s*$|[^가-힣 ])"
)
_END = r"(?![가-힣])"
_TAIL = re.compile(rf"(?:{_alternatives(_PARTICLES)})?{_END}")
_BEHIND = re.compile(
    rf" ?(?:{_alternatives(_TITLES)})(?:님)?(?:들)?(?:{_alternatives(_PARTICLES)})?{_END}"
)
_BEHIND_SHORT = re.compile(
    rf"(?: ?(?:씨|님)| (?:씨|님|여사|주무관|팀장|과장))(?:{_alternatives(_PARTICLES)})?{_END}"
)
_HONORIFIC = re.compile(rf" ?(?:씨|님|여사|귀하|주무관)(?:{_alternatives(_PARTICLES)})?{_END}")
# Last syllables that are a particle or ending more often than part of a given name.
_ENDINGS = frozenset("라지고게면며서은이의한인일용과로도를을가만할되하는에기직집장")
# Last syllables of nouns that no list of words holds all of.
_NOUN_ENDINGS = frozenset("장권기관서원과팀실국부처비금액률율자품증법상일")
_FACTS = re.compile(
    r" ?[(/](?:남|여|만 ?\d|\d{2}세|\d{2}[,)]|[가-힣]{2,8}(?:[과팀실국사]|교수|대표|의원|위원)\)|☎|01\d|\d{6}-|주민|19\d\d|20\d\d[.년]|현 )|의 (?:집|주민|생년|연락|전화|주소|휴대|계좌|소득|유족|상속|배우자|자녀)| 외 \d{1,3}명|[ ,/]{1,3}(?:01\d[-. ]?\d{3,4}|\d{6}-)|이?라는 (?:사람|분|이름)"
)
_ANY_LABEL = rf"(?:{_alternatives(_LABELS)}|성 {{1,4}}명|(?<![가-힣])(?:부|모|형|딸))"
_COLON = re.compile(rf"{_ANY_LABEL}(?:\([^)\n]{{0,10}}\))?[ ]{{0,2}}[:：/|\])][ ]{{0,3}}$")
_LABEL = re.compile(
    rf"{_ANY_LABEL}(?:은|는|이|가|인)?(?: |\n)(?:이번에 [가-힣]{{1,4}} [가-힣]{{1,4}} )?$|故 ?$|고\(故\) ?$"
)
_I = re.compile(r"(?:이름은|저는|나는|성함은|성명은) (?:[가-힣]{1,6} ){0,4}$")
_BESIDE = re.compile(r"(?:[,、·ㆍ/] ?| ?(?:와|과|및) )$")


@cache
def _words() -> frozenset[str]:
    text = resources.files(__package__).joinpath("words.txt").read_text(encoding="utf-8")
    return frozenset(w for line in text.splitlines() if line[:1] != "#" for w in line.split())


def names(text: str) -> Iterator[Found]:
    """Names of persons, without title or honorific."""
    last = -10
    for found in _RUN.finditer(text):
        run = found[0]
        if run[0] not in SURNAMES and run[:2] not in _DOUBLE:
            continue
        start = found.start()
        beside = start - last < 6 and bool(_BESIDE.search(text[last:start]))
        for length in _lengths(run):
            confidence = _weigh(text, start, start + length, beside)
            if confidence:
                last = start + length
                yield start, last, "name", confidence
                break
    for found in _WIDE.finditer(text):
        told = _BEHIND.match(text, found.end()) or _told(text, found.start())
        if told and found[1] in SURNAMES and found[2] in FIRST:
            yield found.start(), found.end(), "name", 0.8


def _lengths(run: str) -> tuple[int, ...]:
    if run[:2] in _DOUBLE:
        return (4, 3, 2)
    return (3, 2)


def _told(text: str, start: int) -> bool:
    before = text[max(0, start - 32) : start]
    return bool(_COLON.search(before) or _LABEL.search(before))


def _weigh(text: str, start: int, end: int, beside: bool) -> float:
    """How sure it is that ``text[start:end]`` is a name: 0 for no."""
    name = text[start:end]
    if len(name) != end - start or not re.fullmatch("[가-힣]+", name):
        return 0.0
    double = name[:2] in _DOUBLE and len(name) > 2
    tail = _TAIL.match(text, end)
    behind = _BEHIND.match(text, end)
    if not (tail or behind) or name in _words() or name[:3] in _words():
        return 0.0
    if len(name) == 2:
        return _weigh_short(text, start, end)
    before = text[max(0, start - 32) : start]
    usual = double or _usual(name)
    sure = usual or name[-1] not in _NOUN_ENDINGS
    if sure and (_COLON.search(before) or (behind and _HONORIFIC.match(text, end))):
        return 0.9
    if not usual:
        return 0.0
    if behind:
        return 0.8
    if _FACTS.match(text, end):
        return 0.8
    if name[-1] in _ENDINGS and name[:2] in _words():
        return 0.0
    if _LABEL.search(before) or _I.search(before) or beside:
        return 0.8
    return 0.6 if double or _bare(text, name, end) else 0.0


def _bare(text: str, name: str, end: int) -> bool:
    """Whether a usual name without any witness is one: no verb, no road, no word with a particle."""
    if name[0] not in _COMMON or name[-1] in "을를의와과는한해다라래구동도게고운":
        return False
    if name[0] not in _FREQUENT and not (name[1] in _BARE_FIRST or name[2] in _BARE_SECOND):
        return False
    behind = text[end : end + 1]
    return not (
        (name[-1] in "하되" and behind in ("는", "고")) or (name[-1] == "대" and behind == "로")
    )


def _weigh_short(text: str, start: int, end: int) -> float:
    name = text[start:end]
    if name[0] not in _COMMON or name[1] not in SECOND:
        return 0.0
    before = text[max(0, start - 32) : start]
    if _BEHIND_SHORT.match(text, end):
        return 0.7
    alone = not re.match("[가-힣]", text[end : end + 1])
    if _COLON.search(before) or (_LABEL.search(before) and (alone or _FACTS.match(text, end))):
        return 0.7
    return 0.0


def _usual(name: str) -> bool:
    return name[-2] in FIRST and name[-1] in SECOND
