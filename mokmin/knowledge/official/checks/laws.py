"""Cited laws: 「」, 제9조제1항제6호, and whether the library holds such an article in force.

Sources: 법제처 「법령 입안·심사 기준」 (how laws are named and their articles cited).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mokmin.base.korean.amounts import official_date
from mokmin.base.korean.josa import with_josa
from mokmin.knowledge.official.checks.model import Context, Finding
from mokmin.knowledge.official.checks.parts import Part, Reading

_LAW_END = r"(?:법률|법|시행령|시행규칙|조례|규정|규칙|임용령|강령|훈령|예규)"
_ARTICLE = (
    r"제?\s?\d+\s?조(?:\s?의\s?\d+)?(?:\s?제?\s?\d+\s?항)?(?:\s?제?\s?\d+\s?호)?(?:\s?[가-하]목)?"
)
_NAMED = re.compile(r"「(?P<law>[^」]{2,80})」\s*(?P<act>시행령|시행규칙)?")
_OF = re.compile(rf"^\s*(?P<rest>{_ARTICLE})")
_SAME = re.compile(
    r"(?<![가-힣])(?P<same>같은\s?(?:법\s?시행령|법\s?시행규칙|법률|법|영|규정|규칙|조례)|동법|동\s?법\s?시행령)\s*(?=제?\s?\d+\s?조)"
)
_OTHER_MARKS = re.compile(
    rf"[『《<〈\[\"“'‘](?P<law>[가-힣][가-힣\sㆍ·,0-9]{{1,60}}{_LAW_END})[』》>〉\]\"”'’](?=\s*(?:제\s?\d+\s?조|시행령|에\s|의\s|을\s|를\s|에서|상\s))"
)
_BARE = re.compile(
    r"(?<![「가-힣])(?P<law>[가-힣]{2,20}(?:법|법률|조례|규정|규칙)(?:\s(?:시행령|시행규칙))?)\s?(?=제\s?\d+\s?조)"
)
_NOT_NAMES = re.compile(
    r"^(?:같은|이|동|위|해당|관련|본|각|그|현행|개정|종전|상위|아래)\s?(?:법|규정|조례|규칙)|방법$|^(?:법률|규정|조례|규칙|시행령|시행규칙)$|(?:위법|불법|적법|합법|문법|편법|탈법)$"
)
_LOOSE = re.compile(
    r"(?<![\d가-힣])(?P<a>제?\s?\d+\s?조(?:\s?의\s?\d+)?)(?P<b>\s?제?\s?\d+\s?항)?(?P<c>\s?제?\s?\d+\s?호)?(?!\s?(?:원|개|건|\d))"
)
_NUMBERS = re.compile(r"제?\s?(?P<n>\d+)\s?(?P<unit>조|항|호)(?:\s?의\s?(?P<sub>\d+))?")
SHORT = {
    "정보공개법": "공공기관의 정보공개에 관한 법률", "공유재산법": "공유재산 및 물품 관리법",
    "지방계약법": "지방자치단체를 당사자로 하는 계약에 관한 법률", "국가계약법": "국가를 당사자로 하는 계약에 관한 법률",
    "청탁금지법": "부정청탁 및 금품등 수수의 금지에 관한 법률", "민원처리법": "민원 처리에 관한 법률",
    "재난안전법": "재난 및 안전관리 기본법", "이해충돌방지법": "공직자의 이해충돌 방지법",
    "공공기록물법": "공공기록물 관리에 관한 법률", "개인정보보호법": "개인정보 보호법",
    "기초생활보장법": "국민기초생활 보장법", "인공지능기본법": "인공지능 발전과 신뢰 기반 조성 등에 관한 기본법",
    "부패방지권익위법": "부패방지 및 국민권익위원회의 설치와 운영에 관한 법률", "소방시설법": "소방시설 설치 및 관리에 관한 법률",
    "화재예방법": "화재의 예방 및 안전관리에 관한 법률", "공공데이터법": "공공데이터의 제공 및 이용 활성화에 관한 법률",
    "응급의료법": "응급의료에 관한 법률", "가족관계등록법": "가족관계의 등록 등에 관한 법률",
}  # fmt: skip
_DECREES = {"시행령": " 시행령", "시행규칙": " 시행규칙"}


def check_laws(reading: Reading, context: Context) -> Iterator[Finding]:
    """Marks, form and existence of what is cited."""
    last = ""
    later: set[str] = set()
    for part in reading.prose:
        if "조" not in part.text and "법" not in part.text:
            continue
        yield from _marks(part)
        yield from _form(part)
        if context.laws is not None:
            findings, last = _citations(part, context, last)
            for one in findings:
                # That a law begins later is said once for each law.
                name = one.message.partition("」")[0]
                if one.severity != "advice" or name not in later:
                    yield one
                if one.severity == "advice":
                    later.add(name)


def _marks(part: Part) -> Iterator[Finding]:
    for match in _OTHER_MARKS.finditer(part.text):
        right = f"「{match['law']}」"
        yield part.finding(
            "law.marks", f"법령의 이름은 낫표로 묶어 '{right}'로 씁니다.", *match.span(), right
        )
    for match in _BARE.finditer(part.text):
        name = match["law"]
        if _NOT_NAMES.search(name):
            continue
        before = part.text[: match.start()].rstrip()
        # "공유재산 및 물품 관리법 제2조": the name may begin earlier.
        alone = not re.search(
            r"(?:및|의|와|과|에|을|를|등|대한|관한|위한|당사자로 하는|[가-힣]{2,12})$", before
        ) or re.search(r"(?:은|는|이|가|하여|에|으로|로|및|,|\(|:|따라|와|과|단,|한|된)$", before)
        fix = f"「{name}」 " if alone and "관한" not in before[-6:] else None
        yield part.finding(
            "law.marks",
            f"법령의 이름은 낫표로 묶어 '「{name}」'로 씁니다.",
            match.start(),
            match.end(),
            fix,
        )


def _official(text: str) -> str:
    said = ""
    for n, unit, sub in _NUMBERS.findall(text):
        said += f"제{n}{unit}" + (f"의{sub}" if sub else "")
    return said


def _form(part: Part) -> Iterator[Finding]:
    for match in _LOOSE.finditer(part.text):
        before = part.text[: match.start()].rstrip()
        named = before.endswith("」") or re.search(r"(?:법|령|규칙|조례|규정|법률|영)$", before)
        if not match["a"].startswith("제") and not (named or match["b"]):
            continue
        if not match["b"] and not named and match["a"].startswith("제") and " " not in match["a"]:
            continue
        right = _official(match[0])
        if match[0].rstrip() != right and right:
            end = match.start() + len(match[0].rstrip())
            message = f"조·항·호는 '제'를 붙이고 이어서 '{right}'처럼 씁니다."
            yield part.finding("law.format", message, match.start(), end, right)


def _citations(part: Part, context: Context, last: str) -> tuple[list[Finding], str]:
    found: list[Finding] = []
    spots: list[tuple[int, int, int, str, bool]] = []
    for match in _NAMED.finditer(part.text):
        name = " ".join(match["law"].split()) + _DECREES.get(match["act"] or "", "")
        spots.append((match.start("law"), match.end("law"), match.end(), name, False))
    for match in _SAME.finditer(part.text):
        spots.append((match.start("same"), match.end("same"), match.end(), match["same"], True))
    for match in _BARE.finditer(part.text):
        if not _NOT_NAMES.search(match["law"]):
            spots.append((match.start("law"), match.end("law"), match.end(), match["law"], False))
    for start, end, stop, name, same in sorted(spots):
        if same:
            kind = re.search(r"시행령|시행규칙|영$", name)
            base = re.sub(r" 시행(?:령|규칙)$", "", last)
            name = (
                base + (_DECREES["시행령" if kind[0] == "영" else kind[0]] if kind else "")
                if last
                else ""
            )
        if not name or not (re.search(rf"{_LAW_END}$", name) or _OF.match(part.text[stop:])):
            continue
        last = name
        found += _cited(
            part, context, SHORT.get(name.replace(" ", ""), name), (start, end), stop, same=same
        )
    return found, last


def _cited(
    part: Part, context: Context, law: str, at: tuple[int, int], stop: int, *, same: bool
) -> Iterator[Finding]:
    if context.laws is None:
        return
    rest = _OF.match(part.text[stop:])
    numbers = _NUMBERS.findall(rest["rest"]) if rest else []
    article = next(
        (f"제{n}조" + (f"의{s}" if s else "") for n, unit, s in numbers if unit == "조"), ""
    )
    paragraph = next((int(n) for n, unit, _ in numbers if unit == "항"), 0)
    state = context.laws(law, article, context.today)
    if state is None:
        return
    if not state.known:
        if state.similar and not same:
            message = f"'{law}'(이)라는 법령은 자료실에 없습니다. 「{state.similar}」을(를) 뜻하는지 확인하십시오."
            message = message.replace(
                f"「{state.similar}」을(를)", with_josa(f"「{state.similar}」", "을/를")
            )
            yield part.finding(
                "law.unknown",
                message.replace("'(이)라는", "'이라는"),
                *at,
                state.similar,
                severity="error",
            )
        return
    where = (stop + rest.start("rest"), stop + rest.end("rest")) if rest else at
    if article and not state.article:
        yield part.finding("law.article", f"「{law}」에는 {article}가 없습니다.", *where)
    elif state.deleted:
        yield part.finding("law.article", f"「{law}」 {article}는 삭제된 조문입니다.", *where)
    elif paragraph and state.paragraphs and paragraph > state.paragraphs:
        message = f"「{law}」 {article}에는 제{paragraph}항이 없습니다. {state.paragraphs}개 항까지 있습니다."
        yield part.finding("law.article", message, *where)
    elif not state.in_force:
        yield part.finding(
            "law.force",
            f"「{law}」 {article}는 지금 시행 중이 아닙니다.".replace("  ", " "),
            *where,
        )
    elif state.effective_on and state.effective_on > context.today:
        message = f"「{law}」: 자료실에는 {official_date(state.effective_on)}부터 시행하는 조문이 있습니다. 지금 시행 중인 조문과 같은지 확인하십시오."
        yield part.finding("law.force", message, *where, severity="advice")
