"""The report of a week or month on the use of AI, as an official document from figures alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from mokmin.base.errors import InvalidInput
from mokmin.base.korean.amounts import official_date
from mokmin.features.usage.present import short, total, won
from mokmin.governance.access.model import Principal
from mokmin.governance.usage.metering import Counts
from mokmin.governance.usage.reading import Share, UsageReader
from mokmin.knowledge.official.drafting import compose
from mokmin.knowledge.official.kinds.model import Office
from mokmin.knowledge.official.model import OfficialDocument

TOP = 5


def report_document(
    usage: UsageReader,
    principal: Principal,
    since: date,
    until: date,
    features: Mapping[str, str],
    office: Office,
) -> OfficialDocument:
    """Every figure is a sum of the log; nothing is said that no figure says. Raises NotAllowed, and
    InvalidInput when nothing was used."""
    days = usage.days(principal, since, until)
    now = total(days)
    if not now.requests and not now.calls:
        raise InvalidInput("이 기간에는 사용이 없어 보고서를 만들지 않았습니다.")
    length = until - since
    before = total(usage.days(principal, since - length, since)[:-1])
    departments = usage.shares(principal, "department", since, until, most=TOP)
    kinds = usage.shares(principal, "feature", since, until, most=TOP)
    facts = {
        "공개구분": "비공개",
        "제목": "인공지능 사용 현황 보고",
        "부서": principal.department or "인공지능 담당 부서",
        "보고일": official_date(until),
        "요약": _summary(now, before, since, until),
        "현황": _state(now, kinds, features),
        "표": _table(departments),
    }
    return compose("report", facts, office).document


def _summary(now: Counts, before: Counts, since: date, until: date) -> list[str]:
    span = f"{official_date(since)} ~ {official_date(until)}"
    lines = [f"{span} 요청 {now.requests:,}건, 언어모델 비용 {won(now)}원"]
    if before.requests:
        change = (now.requests - before.requests) / before.requests
        word = "늘었음" if change >= 0 else "줄었음"
        lines.append(f"앞선 같은 기간 {before.requests:,}건보다 {abs(change):.0%} {word}")
    return lines


def _state(now: Counts, kinds: Sequence[Share], features: Mapping[str, str]) -> str:
    lines = [f"□ 요청 {now.requests:,}건 가운데 근거가 없어 답하지 않은 것 {now.refused:,}건"]
    lines += [
        f" ○ {features.get(str(share.value), share.name)} {share.counts.requests:,}건"
        for share in kinds
        if share.counts.requests
    ]
    lines.append(f"□ 언어모델 호출 {now.calls:,}건, 토큰 {short(now.tokens)}개")
    if now.failures:
        lines.append(f" ○ 실패한 호출 {now.failures:,}건")
    return "\n".join(lines)


def _table(departments: Sequence[Share]) -> list[list[str]]:
    rows = [
        [s.name, f"{s.counts.requests:,}", f"{s.counts.tokens:,}", won(s.counts)]
        for s in departments
    ]
    return [["부서", "요청(건)", "토큰", "비용(원)"], *rows]
