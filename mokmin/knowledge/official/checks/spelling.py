"""Spelling, spacing and punctuation: a maintained list (misspellings.tsv) and rules that are near-certain.

No analyser: what needs one to be sure (만큼, 대로, 뿐 …) is left alone. Source: 국립국어원 「한글 맞춤법」.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from mokmin.base.korean.josa import final_consonant, with_josa
from mokmin.knowledge.official.checks.model import Finding
from mokmin.knowledge.official.checks.parts import Part, Reading

WORDS = Path(__file__).parent / "misspellings.tsv"
Replace = Callable[[re.Match[str]], str | None]
_STEMS = (
    "체납|집행|진척|달성|참석|출석|합격|취업|실업|가입|보급|경쟁|성장|상승|하락|공실|응답|충족|만족|접종|활용|이용|사용|부담|적용|발생|사망|생존|낙찰|"
    "유찰|수납|재활용|완성|공정|이행|진행|시행|공급|소각|매립|경감|할증|지급|환급|수급|해결|처벌|폐업|창업|회복|정답|오답|적중|명중|성공|확충|감축|절감|도입|가동|노동|입원|입학|진학|탈락|정착|설립|상담"
)


def _rate(match: re.Match[str]) -> str | None:
    """률 after a consonant other than ㄴ, 율 after a vowel or ㄴ (「한글 맞춤법」 제11항)."""
    before = match["before"]
    final = final_consonant(before)
    soft = final == 0 or final == 4
    right = "율" if soft else "률"
    return None if match["rate"] == right else f"{before}{right}"


_SPELLING: tuple[tuple[re.Pattern[str], str | Replace, str], ...] = (
    (re.compile(r"(?P<before>[가-힣]{0,12}[가-힣])(?P<rate>률)(?=$|[^가-힣]|[은이을의에로과도])"), _rate, "모음이나 ㄴ 다음에는 '율'을 씁니다."),
    (re.compile(rf"(?P<before>{_STEMS})(?P<rate>율)(?=$|[^가-힣]|[은이을의에로과도])"), _rate, "ㄴ이 아닌 받침 다음에는 '률'을 씁니다."),
    (re.compile(r"(?<=[가-힣])던지\s(?=[가-힣]{1,12}던지)|(?<=[가-힣])던지(?=간에| 상관)"), lambda m: m[0].replace("던지", "든지"), "가리지 않음을 뜻하면 '든지'를 씁니다."),
)  # fmt: skip
_CAN = "할|될|알|볼|갈|올|줄|쓸|낼|릴|칠|킬|둘|설|열|받을|있을|없을|얻을|찾을|막을|않을|적을|읽을|믿을|맡을|높을|많을|같을|늦을|넣을|입을|먹을|맞을|참을|들을|물을|돌릴|줄일|높일|늘릴|맡길|바꿀|고칠|마칠|거칠|미칠|지킬|시킬|보낼|나눌|따를|오를|이룰|다룰|세울|배울|채울|치를|누릴|살릴|알릴|올릴|내릴|열릴|걸릴"
_ACTS = (
    "신청|방문|제출|발생|위반|접수|이용|사용|필요|결재|작성|변경|해지|취소|부재|미제출|초과|요청|지연|누락|도착|이동|출장|참석|불참|등록|해제|종료|시작|계약|체결|납부|미납|"
    "체납|입찰|낙찰|응시|합격|채용|임용|퇴직|복귀|점검|운영|설치|철거|훼손|고장|화재|사고|긴급|검토|평가|심사|선정|탈락|교체|반납|대여|임차|구입|배부|배포|공개|비공개|열람|출력|인쇄|저장|전송|회신|통보|개최|외출|귀가|대피|승인|반려|이의신청|상담|문의|예약|주차|진입|통행"
)
_ONGOING = "회의|진행|공사|시행|운영|추진|검토|근무|출장|수리|점검|협의|처리|조사|심의|이용|사용|교육|작업|모집|접수|준비|계획|논의|방송|통화|휴직|재직|재학|임신|훈련|상담|촬영|방문|신청|판매|개발|건설|설치|수사|재판"
_SPACING: tuple[tuple[re.Pattern[str], str | Replace, str], ...] = (
    (re.compile(rf"(?<![가-힣])(?P<a>(?:[가-힣]{{1,12}})?(?:{_CAN}))수(?P<b>\s?(?:있|없|밖에))"), lambda m: f"{m['a']} 수 {m['b'].lstrip()}" if not m["b"].startswith("밖") else f"{m['a']} 수밖에", "'수'는 띄어 씁니다."),
    (re.compile(rf"(?P<a>[가-힣]{{0,12}}(?:{_CAN}|한|된|할|될|[하되있없않]는|받은|아닌|않은|같은|[가-힣]던))것(?=$|[^가-힣]|[은이을의과도만]|으로|이다|입니다|에)"), r"\g<a> 것", "'것'은 띄어 씁니다."),
    (re.compile(r"(?P<a>[가-힣]{2,12})때문(?=에|이|입|$|\s)"), r"\g<a> 때문", "'때문'은 띄어 씁니다."),
    (re.compile(r"(?P<a>[가-힣]{0,12}(?:한|된|난|온|간|받은|지난|끝난|시작한|바뀐))지(?=\s(?:\d|[일이삼사오육칠팔구십]{1,2}\s?[년개일]|오래|얼마))"), r"\g<a> 지", "시간의 흐름을 뜻하는 '지'는 띄어 씁니다."),
    (re.compile(rf"(?<![가-힣])(?P<a>{_ACTS})시(?=$|[\s,.)]|에는|에도|에만|마다|부터|까지|에(?=\s))"), r"\g<a> 시", "'때'를 뜻하는 '시'는 띄어 씁니다."),
    (re.compile(rf"(?<![가-힣])(?P<a>{_ONGOING})중(?=$|[\s,.)]|에는|에도|에|인|이며|이다|입니다|이고|이던)"), r"\g<a> 중", "'동안'을 뜻하는 '중'은 띄어 씁니다."),
    (re.compile(r"(?P<a>[가-힣]{2,12})및(?=\s|[가-힣])\s?"), r"\g<a> 및 ", "'및'의 앞뒤는 띄어 씁니다."),
    (re.compile(r"(?<=[가-힣)])\s및(?=[가-힣](?!\s))"), " 및 ", "'및'의 앞뒤는 띄어 씁니다."),
    (re.compile(r"(?P<a>[가-힣]{2,12})(?P<b>또는|혹은)(?=\s)"), r"\g<a> \g<b>", "'또는' 앞은 띄어 씁니다."),
    (re.compile(r"(?<![가-힣])제\s(?P<n>\d{1,9})(?=\s?(?:조|항|호|차|회|기|장|절|[가-힣]))"), r"제\g<n>", "'제'는 뒤의 숫자에 붙여 씁니다."),
    (re.compile(r"(?P<a>[가-힣)」\]])\s(?P<j>을|를|에서|에게|으로|에서는|에게는|으로써|으로서|께서|에서의|으로부터|이라는|라는)(?=\s)"), r"\g<a>\g<j>", "조사는 앞말에 붙여 씁니다."),
    (re.compile(r"(?P<a>\d[일월년원명개]|[가-힣](?:일|월|년|시))\s(?P<j>까지|부터)(?=$|\s|[는의도])"), r"\g<a>\g<j>", "조사는 앞말에 붙여 씁니다."),
    (re.compile(r"(?P<a>[가-힣]{1,12}기)위(?P<b>하여|해|한|함)"), r"\g<a> 위\g<b>", "'위하다'는 앞말과 띄어 씁니다."),
    (re.compile(r"(?P<a>[가-힣]{2,12}[을를])(?P<b>위하여|위해|위한|통하여|통해|통한|포함한|포함하여)"), r"\g<a> \g<b>", "앞말과 띄어 씁니다."),
    (re.compile(r"(?P<a>[가-힣]{2,12}에)(?P<b>대하여|대한|관하여|관한|따라|따른|의하여|의한)(?=\s|$)"), r"\g<a> \g<b>", "앞말과 띄어 씁니다."),
    (re.compile(r"(?<=[가-힣])(?P<a>고)(?P<b>있(?:는|음|습니다|으며|었|다(?![가-힣])))"), r"\g<a> \g<b>", "'있다'는 앞말과 띄어 씁니다."),
    (re.compile(r"(?P<a>[가-힣]{1,12}(?:하지|되지|있지|하지는))(?P<b>않|못)(?=[가-힣])"), r"\g<a> \g<b>", "'않다', '못하다'는 앞말과 띄어 씁니다."),
    (re.compile(r"(?<=[가-힣])(?P<a>하여|해)(?P<b>주시기|주십시오|주시면|주시고)"), r"\g<a> \g<b>", "'주다'는 앞말과 띄어 씁니다."),
    (re.compile(r"(?P<a>[가-힣]{1,12}(?:[한할된될는]))(?P<b>경우)(?=$|[^가-힣]|[에는가를]|에는|에도)"), r"\g<a> \g<b>", "'경우'는 띄어 씁니다."),
    (re.compile(r"(?P<a>[가-힣]{1,12}(?:[한할된될는인]))(?P<b>바)(?=\s(?:있|없|와)|에\s따)"), r"\g<a> \g<b>", "의존 명사 '바'는 띄어 씁니다."),
    (re.compile(r"(?P<a>\d{1,9}(?:일|개월|년|시간|분))(?P<b>이내|이상|이하|미만|이전|이후)(?=$|[^가-힣]|[에의로])"), r"\g<a> \g<b>", "'이내', '이상', '이후'는 띄어 씁니다."),
    (re.compile(r"(?<=[가-힣])  +(?=[가-힣])"), " ", "빈칸이 둘 이상 이어져 있습니다."),
)  # fmt: skip
_MARKS: tuple[tuple[re.Pattern[str], str | Replace, str], ...] = (
    (re.compile(r"(?<=[가-힣)\]」])\s+(?=[,.](?:\s|$))"), "", "쉼표와 온점은 앞말에 붙여 씁니다."),
    (re.compile(r"(?<=[가-힣)]),(?=[가-힣])"), ", ", "쉼표 다음은 띄어 씁니다."),
    (re.compile(r",,+"), ",", "쉼표가 겹쳤습니다."),
    (re.compile(r"(?<=[가-힣])\.\.(?!\.)"), ".", "온점이 겹쳤습니다."),
    (re.compile(r"(?<=[가-힣][다요])\.(?=[가-힣])"), ". ", "온점 다음은 띄어 씁니다."),
    (re.compile(r"\(\s+(?=[가-힣\d])"), "(", "괄호 안쪽은 붙여 씁니다."),
    (re.compile(r"(?<=[가-힣\d])\s+\)"), ")", "괄호 안쪽은 붙여 씁니다."),
    (re.compile(r"[?!]{2,}"), lambda m: m[0][0], "물음표와 느낌표는 하나만 씁니다."),
)  # fmt: skip
_LIST_MARK = re.compile(r"(?:^|(?<=\s))(?:\d{1,2}|[가-하])\)", re.M)
_PAIRED = (("(", ")"), ("「", "」"), ("『", "』"), ("“", "”"), ("[", "]"))


@lru_cache(maxsize=1)
def _words() -> tuple[dict[str, str], re.Pattern[str]]:
    right: dict[str, str] = {}
    starts: list[str] = []
    anywhere: list[str] = []
    for line in WORDS.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            wrong, plain, where = line.split("\t")
            right[wrong] = plain
            (anywhere if where == "a" else starts).append(re.escape(wrong))
    by_length = {"key": len, "reverse": True}
    first = "|".join(sorted(starts, **by_length))  # type: ignore[call-overload]
    other = "|".join(sorted(anywhere, **by_length))  # type: ignore[call-overload]
    return right, re.compile(rf"(?<![가-힣A-Za-z\d])(?:{first})|(?:{other})")


def check_spelling(reading: Reading) -> Iterator[Finding]:
    """Misspelt words, spacing, punctuation."""
    right, pattern = _words()
    for part in reading.prose:
        if part.place.key == "공개구분":
            continue
        for match in pattern.finditer(part.text):
            plain = right[match[0]]
            wrong = with_josa(f"'{match[0]}'", "이/가")
            message = f"맞춤법에 맞지 않습니다. {wrong} 아니라 '{plain}'입니다."
            yield part.finding("spelling.word", message, *match.span(), plain)
        yield from _rules(part, "spelling.word", _SPELLING)
        yield from _rules(part, "spelling.spacing", _SPACING)
        yield from _rules(part, "spelling.marks", _MARKS)
        yield from _pairs(part)


def _rules(
    part: Part, rule: str, table: tuple[tuple[re.Pattern[str], str | Replace, str], ...]
) -> Iterator[Finding]:
    for pattern, replacement, why in table:
        for match in pattern.finditer(part.text):
            fix = replacement(match) if callable(replacement) else match.expand(replacement)
            if fix is None or fix == match[0]:
                continue
            said = f"('{match[0].strip()}' → '{fix.strip()}')" if re.search(r"[가-힣]", fix) else ""
            yield part.finding(rule, f"{why.rstrip('.')}{said}.", *match.span(), fix)


def _pairs(part: Part) -> Iterator[Finding]:
    if part.style == "unit" or "\n" in part.text or len(part.text) > 600:
        return
    text = part.text
    for opening, closing in _PAIRED:
        # 1) and 가) are marks of items.
        bare = _LIST_MARK.sub("", text) if closing == ")" else text
        if bare.count(opening) != bare.count(closing) and text.count(opening) != text.count(
            closing
        ):
            at = (
                text.rfind(opening)
                if text.count(opening) > text.count(closing)
                else text.find(closing)
            )
            message = f"'{opening}'와 '{closing}'의 짝이 맞지 않습니다."
            yield part.finding("spelling.marks", message, at, at + 1)
