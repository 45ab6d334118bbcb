"""Detection and masking of personal information."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from mokmin.governance.privacy.detection import detect
from mokmin.governance.privacy.masking import mask, masked
from mokmin.governance.privacy.model import NUMBERED, TYPES
from mokmin.governance.privacy.redaction import (
    Action,
    Policy,
    Purpose,
    Redactor,
    redact_for_model,
)

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "privacy"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    """The benchmark's module, which scores the labelled halves."""
    spec = importlib.util.spec_from_file_location("privacy_benchmark", BENCHMARK / "detection.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


@pytest.mark.parametrize("half", ["development", "blind"])
def test_bars_on_the_labelled_halves(benchmark: ModuleType, half: str) -> None:
    """Recall .97 on numbered types, .85 on names and addresses; precision .97."""
    items = benchmark.sentences(half)
    table = benchmark.score(items, False)

    def total(kinds: tuple[str, ...], column: int) -> int:
        return sum(table[kind][column] for kind in kinds)

    assert total(tuple(TYPES), 0) >= 190
    assert total(NUMBERED, 1) / total(NUMBERED, 0) >= 0.97
    for kind in ("name", "address"):
        assert table[kind][1] / table[kind][0] >= 0.85
    assert total(tuple(TYPES), 3) / total(tuple(TYPES), 2) >= 0.97


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("신청인 김민수 님", "신청인 김○○ 님"),
        ("번호 900101-1234568 확인", "번호 900101-1****** 확인"),
        ("010-1234-5678로 전화", "010-****-5678로 전화"),
        ("+82 10-1234-5678", "+82 10-****-5678"),
        ("주소 서울 강남구 테헤란로 123, 405호", "주소 서울 ○○구 ○○○"),
        ("메일 kim@example.com", "메일 k***@example.com"),
        ("생년월일 1990년 1월 2일생", "생년월일 1990년 *월 *일생"),
        ("12가3456 차량", "12가**** 차량"),
        ("공일공-일이삼사-오육칠팔", "공일공-****-오육칠팔"),
        ("예금주 남궁민수", "예금주 남궁○○"),
    ],
)
def test_masked_sentence_reads(text: str, expected: str) -> None:
    assert mask(text, detect(text)) == expected


def test_offsets_are_those_of_the_text_as_given() -> None:
    """Invisible characters and full-width digits shift nothing."""
    text = "연락처\u200b는 ０１０-12\u200b34-5678, 이메일 a1@example.com"
    for span in detect(text):
        assert text[span.start : span.end] == span.text
    assert [s.type for s in detect(text)] == ["mobile", "email"]


def test_masking_twice_changes_nothing(benchmark: ModuleType) -> None:
    """What is masked is found no more."""
    for item in benchmark.sentences("development"):
        once = mask(item.text, detect(item.text))
        left = [s for s in detect(once) if s.type in ("rrn", "foreigner", "mobile", "card", "name")]
        assert not left, (item.text, once, left)


def test_resident_number_without_check_digit_since_october_2020() -> None:
    """Unbroken rows: the birth date decides whether the check digit must be right."""
    assert [s.type for s in detect("2111053123456")] == ["rrn"]
    assert detect("9001011234567") == ()
    assert [s.type for s in detect("9001011234568")] == ["rrn"]
    assert detect("900231-1234567") == ()
    assert detect("법인등록번호 110111-1234567") == ()


@pytest.mark.parametrize(
    "unit",
    [
        "1 ",
        "1-",
        "a.",
        "a@",
        "가로1 ",
        "서울시 ",
        "공일공",
        "김민수, ",
        "900101-",
        "\u200b0",
        "성명: ",
        "1.",
        " ",
        "이",
    ],
)
def test_time_is_linear_in_adversarial_text(unit: str) -> None:
    """A megabyte of what patterns love to try again and again."""
    text = (unit * 1_000_000)[: 1_000_000 // len("가".encode() if ord(unit[0]) > 127 else "a")]
    begin = time.process_time()
    detect(text)
    assert time.process_time() - begin < 12


def test_policies_by_purpose() -> None:
    """Allowed types stay, masked ones go, blocked ones are told apart."""
    policies = {
        Purpose.EXPORT: Policy(actions={"name": Action.ALLOW, "rrn": Action.BLOCK}),
    }
    redactor = Redactor(policies)
    text = "신청인 김민수 님, 900101-1234568, 010-1234-5678"
    done = redactor.apply(text, Purpose.EXPORT)
    assert "김민수" in done.text
    assert [s.type for s in done.blocked] == ["rrn"]
    assert [s.type for s in done.masked] == ["mobile"]
    assert done.sentence() == "휴대전화번호 1건, 주민등록번호 1건"
    assert "김민수" not in redactor.masker(Purpose.MODEL)(text)


def test_official_numbers_of_the_installation() -> None:
    """A listed beginning is no personal information."""
    text = "신청인 문의 051-200-1234"
    assert [s.type for s in detect(text)] == ["phone"]
    assert Redactor(official_phones=("051-200-",)).apply(text, Purpose.MODEL).text == text


def test_for_the_model() -> None:
    """Masked text and the number of spans."""
    assert redact_for_model("홍길동 님 010-1234-5678") == ("홍○○ 님 010-****-5678", 2)
    assert redact_for_model("건축과-1234(2026. 1. 2.)호") == ("건축과-1234(2026. 1. 2.)호", 0)


def test_every_type_can_be_masked(benchmark: ModuleType) -> None:
    """No type's mask leaves the value as it was."""
    seen = set()
    for item in benchmark.sentences("development"):
        for span in detect(item.text):
            seen.add(span.type)
            assert masked(span.type, span.text) != span.text
    assert seen == set(TYPES)
