"""Verification: what a sentence may say of its source and still count as borne out."""

from __future__ import annotations

from datetime import date

import pytest

from mokmin.base.korean.kiwi import KiwiAnalyser
from mokmin.knowledge.answering.figures import figures, plain
from mokmin.knowledge.answering.verification import Source, Verifier

REPORT = (
    "제5조(신고) ① 시장은 도지사에게 30일 이내에 신고하여야 한다. 다만, 긴급한 경우에는 그러하지 아니하다.\n"
    "② 위반한 자에게는 3천만원 이하의 과태료를 부과할 수 있다.\n"
    "③ 담당자는 비밀을 누설하여서는 아니 된다.\n"
    "④ 시장은 모든 자료를 5년 이상 보존하여야 한다.\n"
    "⑤ 보조율은 100분의 50으로 하고, 제12조제3항에 따른 심사는 매년 한다."
)
EXCEPTION = "다만, 긴급한 경우에는 신고하지 않아도 됩니다."


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier(KiwiAnalyser())


def support(verifier: Verifier, claim: str, *beside: str) -> str:
    """The support of a claim by the one source."""
    return verifier.check(claim, [Source(REPORT, "보고 조례 제5조")], beside=beside).support


@pytest.mark.parametrize(
    "claim",
    [
        "위반한 자에게는 3천만원 이하의 과태료를 부과할 수 있다.",
        "위반한 자에게는 3,000만 원 이하의 과태료를 부과할 수 있습니다.",
        "위반한 자에게는 최대 30,000,000원의 과태료를 부과할 수 있습니다.",
        "담당자는 비밀을 누설해서는 안 됩니다.",
        "시장은 모든 자료를 60개월 이상 보존해야 합니다.",
        "보조율은 50%로 합니다.",
        "긴급한 경우에는 신고하지 않아도 됩니다.",
        "제12조제3항에 따른 심사는 매년 합니다.",
    ],
)
def test_official_and_everyday_wording_is_verified(verifier: Verifier, claim: str) -> None:
    assert support(verifier, claim) == "verified"


@pytest.mark.parametrize(
    "claim",
    [
        "위반한 자에게는 3천만원 이상의 과태료를 부과할 수 있다.",
        "위반한 자에게는 5천만원 이하의 과태료를 부과할 수 있다.",
        "위반한 자에게는 3천만원 이하의 과태료를 부과하여야 한다.",
        "위반한 자에게는 3천만원 이하의 과태료를 부과할 수 없다.",
        "도지사는 비밀을 누설하여서는 아니 된다.",
        "담당자는 비밀을 누설할 수 있다.",
        "도지사는 시장에게 30일 이내에 신고하여야 한다.",
        "시장은 모든 자료를 5년 미만 보존하여야 한다.",
        "제12조제2항에 따른 심사는 매년 합니다.",
        "「지방세법」에 따라 보조율은 50%로 합니다.",
        "긴급한 경우에도 신고하여야 합니다.",
    ],
)
def test_a_changed_claim_is_not_verified(verifier: Verifier, claim: str) -> None:
    assert support(verifier, claim) != "verified"


def test_an_exception_must_be_told_somewhere_in_the_answer(verifier: Verifier) -> None:
    claim = "시장은 도지사에게 30일 안에 신고해야 합니다."
    verdict = verifier.check(claim, [Source(REPORT)])
    assert (verdict.support, verdict.reason) == ("partial", "예외(단서)가 빠졌습니다.")
    assert support(verifier, claim, EXCEPTION) == "verified"


def test_the_span_is_verbatim_and_names_its_source(verifier: Verifier) -> None:
    sources = [Source("제1조 이 조례는 시민의 안전을 목적으로 한다."), Source(REPORT)]
    (span,) = verifier.check("담당자는 비밀을 누설해서는 안 됩니다.", sources).span
    assert span.source == 1
    assert REPORT[span.start : span.end] == span.text == "③ 담당자는 비밀을 누설하여서는 아니 된다."


def test_nothing_cited_or_nothing_said_is_unverified(verifier: Verifier) -> None:
    assert verifier.check("과태료를 부과할 수 있다.", []).reason == "근거를 달지 않은 문장입니다."
    assert support(verifier, "...") == "unverified"
    assert support(verifier, "오늘 점심은 라면이 맛있습니다.") == "unverified"


def test_the_effective_date_of_the_source_may_be_told(verifier: Verifier) -> None:
    claim = "담당자는 2026년 3월 1일부터 비밀을 누설해서는 안 됩니다."
    in_force = Source(REPORT, effective_on=date(2026, 3, 1))
    assert verifier.check(claim, [in_force]).support == "verified"
    assert verifier.check(claim, [Source(REPORT)]).support == "unverified"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3천만원", "30,000,000원"),
        ("1억 5천만원", "150,000,000원"),
        ("1년", "12개월"),
        ("한 달 이내", "1개월 안에"),
        ("100분의 50", "50퍼센트"),
        ("2026. 3. 1.", "2026년 3월 1일"),
        ("제12조의2제3항", "제12조의2 제3항"),
        ("두 번", "2회"),
    ],
)
def test_figures_in_different_writing_are_one(one: str, other: str) -> None:
    first, second = figures(plain(one)), figures(plain(other))
    assert [(f.kind, f.value, f.bound) for f in first] == [
        (f.kind, f.value, f.bound) for f in second
    ]
    assert first
