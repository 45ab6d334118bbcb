"""Numbered types in every separator, script and surrounding, by rule: what hand-written sentences
hold too few of. Values are made up; check digits are right or, where none holds, wrong."""

from __future__ import annotations

import random
import unicodedata

from labelled import ACCOUNTS, MAKERS, Sentence, form

# Around any value: prose, brackets, fields of logs, tables and lists.
AROUND = (
    "{label} {value}",
    "{label}: {value}",
    "{label}:{value}",
    "{label}는 {value}입니다.",
    "{label}({value})",
    "{label} : {value} / 비고 없음",
    "○ {label} - {value}",
    "| {label} | {value} |",
    "{label}\t{value}\t확인",
    '"{label}": "{value}",',
    "{label}={value}",
    "1. {label} {value}, 2. 처리 완료",
    "{label}이 {value}로 바뀌어 알려 드립니다",
    "제 {label}는\r\n{value} 이고요",
    "접수 12번,{label} {value},2026-11-03",
)
# Where the form alone must do.
BARE = (
    "{value}",
    "{value} 확인 부탁드립니다",
    "문의하신 {value} 건",
    "a,{value},b",
    "value={value};",
    "({value})",
    "[{value}]",
    "자세히 {value}.",
)
LABELS = {
    "rrn": ("주민등록번호", "주민번호", "주민(등록)번호"),
    "foreigner": ("외국인등록번호", "등록번호", "거소신고번호"),
    "passport": ("여권번호", "여권", "Passport No"),
    "licence": ("운전면허번호", "면허번호", "운전면허증"),
    "mobile": ("휴대전화", "연락처", "HP"),
    "phone": ("자택 전화", "집 전화번호", "신청인 전화"),
    "email": ("전자우편", "이메일", "E-mail"),
    "card": ("카드번호", "신용카드", "결제 카드"),
    "account": ("계좌번호", "입금 계좌", "환급계좌"),
    "health": ("건강보험증번호", "보험증 번호", "증번호"),
    "plate": ("차량번호", "자동차등록번호", "차량"),
    "birth": ("생년월일", "출생일", "생년월일(양력)"),
    "ip": ("IP", "접속 IP", "아이피 주소"),
    "user": ("아이디", "로그인 ID", "계정"),
    "number": ("학번", "사번", "군번"),
    "gps": ("좌표", "위치", "GPS"),
}
FORMS = {
    "rrn": ("", "new", "joined", "spaced", "dotted", "full", "zero", "dashed", "broken"),
    "foreigner": ("", "joined", "spaced", "dotted", "full"),
    "passport": ("", "new", "lower", "spaced"),
    "licence": ("", "old", "joined", "spaced", "dotted"),
    "mobile": (
        "",
        "joined",
        "spaced",
        "dotted",
        "full",
        "hangul",
        "plus",
        "paren",
        "wide",
        "zero",
        "ocr",
        "mixed",
        "broken",
    ),
    "phone": ("", "seoul", "safe", "voip", "paren", "dotted", "spaced"),
    "email": ("", "dots", "at", "plus"),
    "card": ("", "amex", "joined", "spaced", "dotted"),
    "account": tuple(ACCOUNTS),
    "health": ("", "spaced", "joined"),
    "plate": ("", "three", "region", "spaced"),
    "birth": ("", "dots", "iso", "short", "joined"),
    "ip": ("", "six"),
    "user": ("", "at"),
    "number": ("student", "army", "staff"),
    "gps": ("",),
}
# Types whose form says enough without any word.
TELLING = ("rrn", "foreigner", "mobile", "email", "card", "plate", "ip", "gps")
BY_BANK = (
    "{bank} {value}",
    "{bank}은행 {value} 예금주",
    "{value} ({bank})",
    "{value} {bank}은행",
    "{bank},{value},30000",
    "{bank} / {value}",
    "{bank}: {value}",
    "{bank}은행\n{value}",
)
BANKS = (
    "국민",
    "신한",
    "우리",
    "하나",
    "농협",
    "기업",
    "우체국",
    "새마을금고",
    "신협",
    "카카오뱅크",
    "토스뱅크",
    "수협",
    "케이뱅크",
)


def values(per_form: int) -> list[Sentence]:
    """Every type in every form and surrounding."""
    maker = random.Random("generated")
    found = []
    for kind, forms in FORMS.items():
        for shape in forms:
            telling = kind in TELLING and shape not in ("joined", "lower", "broken", "spaced")
            for _ in range(per_form):
                value = form(MAKERS[kind](maker, shape), shape, maker)
                found.append(_set(maker.choice(AROUND), maker.choice(LABELS[kind]), kind, value))
                if telling:
                    found.append(_set(maker.choice(BARE), "", kind, value))
                if kind == "account":
                    around = maker.choice(BY_BANK).replace("{bank}", maker.choice(BANKS))
                    found.append(_set(around, "", kind, value))
    return found


def wrong(count: int) -> list[Sentence]:
    """Rows of digits in the shapes of personal numbers that cannot be any."""
    maker = random.Random("wrong")

    def digits(size: int) -> str:
        return "".join(str(maker.randrange(10)) for _ in range(size))

    shapes = (
        lambda: f"관리번호 {digits(2)}{maker.randint(13, 99)}{digits(2)}-{digits(7)}",
        lambda: f"관리번호 {digits(6)}-9{digits(6)}",
        lambda: f"일련번호 4{digits(14)}{'1' if digits(1) else ''}"[:-1],
        lambda: f"{maker.randint(256, 999)}.{digits(3)}.12.7 항목",
        lambda: f"법인등록번호 {maker.choice(('110111', '134511', '180111'))}-{digits(7)}",
        lambda: f"사업자등록번호 {maker.randint(101, 999)}-{maker.randint(10, 99)}-{digits(5)}",
        lambda: f"공고 제{maker.randint(2020, 2026)}-{maker.randint(1, 2000)}호",
        lambda: (
            f"예산 {maker.randint(1, 999)},{maker.randint(100, 999)},{maker.randint(100, 999)}천원"
        ),
        lambda: (
            f"{maker.choice(('건축', '세정', '도시'))}과-{maker.randint(1, 50000)}(2026. {maker.randint(1, 12)}. {maker.randint(1, 28)}.)"
        ),
        lambda: f"송장번호 {digits(4)}-{digits(4)}-{digits(4)}",
        lambda: f"전자납부번호 {digits(5)}-1-{digits(2)}-26-1-{digits(7)}-{digits(1)}",
        lambda: (
            f"민원실 전화 0{maker.choice(('2', '31', '51', '62'))}-{maker.randint(200, 899)}-{digits(4)}"
        ),
        lambda: (
            f"{maker.randint(1, 12)}월 {maker.randint(1, 28)}일부터 {maker.randint(10, 99)}일간"
        ),
        lambda: f"면적 {digits(3)}.{digits(2)}㎡, 연장 {maker.randint(1, 9)},{digits(3)}m",
        lambda: (
            f"대법원 20{maker.randint(10, 24)}. {maker.randint(1, 12)}. {maker.randint(1, 28)}. 선고 20{maker.randint(10, 24)}{maker.choice('두다구누')}{digits(5)} 판결"
        ),
        lambda: f"물품식별번호 {digits(8)}-{digits(8)}",
    )
    return [Sentence(maker.choice(shapes)(), ()) for _ in range(count)]


def decomposed(items: list[Sentence]) -> list[Sentence]:
    """The same with every Hangul syllable taken apart (NFD), offsets moved along."""
    moved = []
    for item in items:
        places = [0]
        for character in item.text:
            places.append(places[-1] + len(unicodedata.normalize("NFD", character)))
        spans = tuple((places[a], places[b], kind) for a, b, kind in item.spans)
        moved.append(Sentence(unicodedata.normalize("NFD", item.text), spans))
    return moved


def _set(around: str, label: str, kind: str, value: str) -> Sentence:
    text = around.replace("{label}", label)
    start = text.index("{value}")
    return Sentence(text.replace("{value}", value), ((start, start + len(value), kind),))
