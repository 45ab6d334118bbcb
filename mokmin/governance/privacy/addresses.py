"""Addresses down to the building or lot number.

A number behind 로, 길, 동, 리 or 가 is the anchor; the regions before it and the flat behind it are
gathered from there, so that no pattern runs over words that are no address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mokmin.governance.privacy.names import labels
from mokmin.governance.privacy.numbers import Found

_PROVINCES = frozenset(
    [
        "서울",
        "부산",
        "대구",
        "인천",
        "광주",
        "대전",
        "울산",
        "세종",
        "경기",
        "강원",
        "충북",
        "충남",
        "전북",
        "전남",
        "경북",
        "경남",
        "제주",
        "충청북",
        "충청남",
        "경상북",
        "경상남",
        "전라북",
        "전라남",
        "서울시",
        "경기도",
    ]
)
_ANCHOR = re.compile(
    r"(?P<road>(?:[가-힣]|(?<=[가-힣])[0-9·.]|(?<=[가-힣][0-9])[0-9]){1,10}(?:로|길))(?P<branch> ?[\dOol]{1,4}(?:번?[가-힣]?길))?"
    r" ?(?P<number>\d{1,4}(?:-\d{1,4})?)(?!\d|\.\d|,\d{3}(?!\d)| ?번길)"
    r"|(?P<lot>[가-힣]{1,6}(?:[0-9]{0,2}(?:동|리)(?: ?[0-9]가)?|[0-9]가))(?P<space> ?)(?P<hill>산 ?)?(?P<plot>\d{1,4}(?:-\d{1,4})?)(?P<bunji> ?번지)?(?!\d|\.\d|,\d{3}(?!\d)| ?번길)"
)
_HINT = re.compile(r"(?:로|길|[동리가]) ?(?:산 ?)?[\dOol]")
_UNIT = re.compile(
    r"(?:㎞|km|㎡|[m%℃]|미터|년|월|일|시간|시(?![가-힣])|분|명|인(?!데)|원|천|백|만|억|개|건|회|차|종|급|배|점|대|곳|동|호|층|세대|가구|단지|단계|번(?!지|길)|"
    r"조|항|권|장|쪽|등|위|주|가지|여|호선|호기|톤|구간|구역|공구|지구|[~～]|/|:)| (?:㎞|km|㎡|미터|년|월|일|시간|분|명|원|개|건|회|차|대|곳|주|동|호|층|세대|가구|조|항|여)(?![가-힣])"
)
_REGION = re.compile(
    r"[가-힣]{1,6}(?:특별자치도|특별자치시|특별시|광역시|도|시|군|구|읍|면|동|리)$"
)
_NO_REGION = frozenset(
    [
        "다시",
        "반드시",
        "즉시",
        "잠시",
        "당시",
        "임시",
        "일시",
        "동시",
        "수시",
        "상시",
        "표시",
        "제시",
        "지시",
        "고시",
        "명시",
        "예시",
        "게시",
        "실시",
        "또다시",
        "혹시",
        "역시",
        "정도",
        "제도",
        "용도",
        "속도",
        "온도",
        "지도",
        "보도",
        "도로도",
        "경우도",
        "이도",
        "년도",
        "연도",
        "각도",
        "빈도",
        "척도",
        "한도",
        "태도",
        "기도",
        "시도",
        "인도",
        "차도",
        "아동",
        "활동",
        "이동",
        "행동",
        "운동",
        "노동",
        "공동",
        "자동",
        "변동",
        "작동",
        "합동",
        "출동",
        "가동",
        "처리",
        "관리",
        "정리",
        "수리",
        "권리",
        "분리",
        "원리",
        "심리",
        "거리",
        "친구",
        "연구",
        "요구",
        "청구",
        "도구",
        "기구",
        "가구",
        "입구",
        "출구",
        "지구",
        "특구",
        "선거구",
        "화면",
        "측면",
        "방면",
        "서면",
        "도면",
        "수면",
        "국면",
        "전면",
        "반면",
        "하면",
        "되면",
        "으면",
        "이면",
        "라면",
        "다면",
        "보면",
        "대면",
        "면",
        "구",
        "군",
        "시",
        "도",
        "우리",
        "미리",
        "빨리",
        "멀리",
    ]
)
_TELLING = re.compile(
    r"주소|거주|사는|살고|소재|본적|전입|송달|배달|배송|자택|집|이사|등록기준지|건물|옮"
)
_NOT_ROAD = frozenset(
    [
        "으로",
        "별도로",
        "새로",
        "제로",
        "서로",
        "바로",
        "따로",
        "실제로",
        "스스로",
        "주로",
        "대로",
        "도로",
        "경로",
        "통로",
        "진로",
        "항로",
        "선로",
        "철로",
        "피로",
        "회로",
        "앞으로",
        "차로",
        "가로",
        "세로",
        "수로",
        "하수로",
        "보행로",
        "자전거도로",
        "고속도로",
        "국도로",
        "결과로",
        "기준으로",
        "이유로",
        "추가로",
        "최대로",
        "별로",
        "순서로",
        "날로",
        "홀로",
        "때로",
        "절대로",
        "그대로",
        "사실대로",
        "길",
        "산책길",
        "둘레길",
        "골목길",
        "등굣길",
        "제도로",
        "정도로",
        "용도로",
        "속도로",
    ]
)
_BUILDING = "아파트|빌라|맨션|마을|타운|하이츠|오피스텔|빌딩|파크|캐슬|자이|래미안|푸르지오|힐스테이트|주공|연립|빌|주택|단지"
_IN_BRACKETS = (
    r"(?:,? ?\((?=[^)\n]{0,30}(?:동|리|가|아파트|빌라)[ ,)])[가-힣A-Za-z0-9 ,.]{1,30}\))?"
)
# Block and flat behind the name of an estate: 무원마을 512동 803호.
_ESTATE = re.compile(
    rf"(?<![가-힣A-Za-z0-9Α-ωОо○●])(?:[가-힣]{{1,4}}동 )?(?P<estate>[가-힣A-Za-z0-9]{{1,10}}(?:{_BUILDING}|[가-힣]))(?: \d{{1,2}}단지)?[ ,]{{1,2}}\d{{1,4}}동[ ,-]{{0,2}}\d{{3,4}}호(?![가-힣]*선|기)"
)
_DETAIL = re.compile(
    rf"{_IN_BRACKETS}"
    rf"(?:[ ,\n]{{0,2}}(?:[가-힣A-Za-z0-9]{{1,10}}(?:{_BUILDING})|다세대|다가구|연립|원룸|반지하|옥탑)(?:주택)?(?! ?주민))?"
    r"(?:[ ,\n]{0,2}(?:\d{1,4}|[A-Za-z가-하])동(?![가-힣]))?(?:[ ,\n]{0,2}(?:지하 ?)?\d{1,3}층(?=[ ,\n]|$|[^가-힣]))?(?:[ ,\n]{0,2}(?:지하 ?)?[BＢ]?\d{1,4}호(?![가-힣]*선|기))?"
    rf"{_IN_BRACKETS}"
)
_INSTITUTION = re.compile(
    r" ?[,(]?(?:[가-힣0-9]{1,8} ?)?(?:시청|구청|군청|도청|시의회|청사|주민센터|행정복지센터|보건소|소방서|경찰서|우체국|세무서|공단|공사|대학교|초등학교|중학교|고등학교|박물관|도서관|문화회관|회관|체육관|복지관|사업소|센터|본관|별관|본부|위원회|협회|[가-힣]{2,6}부(?![가-힣])|(?:경찰|국세|관세|조달|통계|병무|방위사업|산림|특허|기상)청)"
)
_OF_INSTITUTION = re.compile(
    r"(?:센터|은행|본부|공단|공사|기관|[시구군도]청|병원|학교|회관|협회|사업소|재단|위원회|복지관|보건소|지사|지원|상담소|도서관)[가-힣]{0,3}[)]?"
    r"(?:은|는|의|이)?[ :(,]{0,3}(?:주소|위치|소재지|우편 ?접수)?(?:는|은)?[ :(]{0,3}(?:\d{5}[) ]{0,2})?$"
)
_SITUATED = re.compile(r"[가-힣0-9, ]{0,12}에 (?:위치|소재)(?:하고|한|해)")
_POSTCODE = re.compile(r"(?:우|\(우\)|우편번호)[ )]{0,2}\d{5}[ ,)]{0,2}$")


def addresses(text: str) -> Iterator[Found]:
    """Road and lot addresses, less those of public offices named right behind them."""
    last = 0
    for found in _anchors(text):
        numbered = found["number"] or found["plot"]
        if found.start() < last or (_UNIT.match(text, found.end()) and "-" not in numbered):
            continue
        start, regions = _gather(text, found.start())
        core = (found["road"] or found["lot"]).strip()
        detail = _DETAIL.match(text, found.end())
        end = detail.end() if detail else found.end()
        if not _plausible(text, found, core, start, regions, end > found.end()):
            continue
        if _public(text, start, end):
            continue
        yield start, end, "address", min(1.0, 0.6 + 0.2 * regions)
        last = end
    if "호" not in text:
        return
    for found in _ESTATE.finditer(text):
        start, regions = _gather(text, found.start())
        if labels(found["estate"]):
            start = found.end("estate") + 1
        yield start, found.end(), "address", min(1.0, 0.6 + 0.2 * regions)


def _anchors(text: str) -> Iterator[re.Match[str]]:
    """What looks like a road or a lot with its number, each once; read only around such places."""
    done = seen = 0
    for hint in _HINT.finditer(text):
        if hint.start() < seen:
            continue
        # Whatever has its own hint in the next forty characters ends inside the sixty.
        seen = hint.start() + 40
        for near in _ANCHOR.finditer(text, max(done, hint.start() - 20), hint.start() + 60):
            found = _ANCHOR.match(text, near.start())
            if found and found.end() > done:
                yield found
                done = found.end()


def _gather(text: str, anchor: int) -> tuple[int, int]:
    """Where the regions before the anchor begin, and how many there are."""
    start, regions = anchor, 0
    # The anchor's own word may begin before it, behind a digit or a bracket only.
    while regions < 5:
        end = start
        while end > 0 and end > start - 4 and text[end - 1] in " ,\n":
            end -= 1
        if end == start:
            break
        begin = end
        while begin > 0 and end - begin < 9 and "가" <= text[begin - 1] <= "힣":
            begin -= 1
        word = text[begin:end]
        if not word or word in _NO_REGION or (begin > 0 and text[begin - 1].isalnum()):
            break
        if word not in _PROVINCES and not (len(word) > 1 and _REGION.match(word)):
            break
        start, regions = begin, regions + 1
    return start, regions


def _plausible(
    text: str, found: re.Match[str], core: str, start: int, regions: int, flat: bool
) -> bool:
    before = text[max(0, start - 16) : start]
    told = bool(_TELLING.search(before)) or bool(
        re.match(r"[ )]{0,2}에? ?(?:사는|거주|살)", text[found.end() : found.end() + 8])
    )
    if found["road"]:
        if core in _NOT_ROAD or len(core) < 2 or core.endswith("으로"):
            return False
        if regions:
            return True
        known = core.endswith(("대로", "길")) or bool(found["branch"]) or "-" in found["number"]
        certain = known or len(found["number"]) > 1
        if len(core) < 3:
            return False
        return bool(found["branch"]) or (flat and (told or certain)) or (told and certain)
    if core in _NO_REGION or core[-2:] in _NO_REGION:
        return regions > 1
    if found["hill"] or found["bunji"]:
        return regions > 0 or told or len(core) > 2
    if "-" in found["plot"]:
        return regions > 0 or told or (len(core) >= 3 and not re.match(r"제", core))
    return regions >= 2 or (regions == 1 and told)


def _public(text: str, start: int, end: int) -> bool:
    """Whether the words around say that an office is there."""
    before = text[max(0, start - 28) : start]
    return bool(
        _INSTITUTION.match(text, end)
        or _SITUATED.match(text, end)
        or _POSTCODE.search(before)
        or _OF_INSTITUTION.search(before)
    )
