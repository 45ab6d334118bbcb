"""What an administrator enters of an endpoint, checked before it is kept."""

from __future__ import annotations

import math
import re
from urllib.parse import urlsplit

from mokmin.base.errors import Conflict, InvalidInput
from mokmin.base.llm.endpoints import LEAST_CONTEXT
from mokmin.governance.access.model import GRADE_RANK
from mokmin.governance.endpoints.model import KINDS, Form

MOST_KEY = 4096
LONGEST_SECONDS, MOST_CONTEXT, MOST_COST = 3600.0, 10_000_000, 1e9
_NAME = re.compile(r"[0-9A-Za-z가-힣](?:[0-9A-Za-z가-힣 ._/()+-]{0,58}[0-9A-Za-z가-힣)+])?")
_MODEL = re.compile(r"[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,199}")
_KEY = re.compile(r"[\x21-\x7e]*")
_COSTS = ("won_in", "won_out", "won_per_hour", "watts")


def check_form(form: Form) -> None:
    """Raises InvalidInput that tells what to change."""
    if form.kind not in KINDS:
        raise InvalidInput("모델의 종류를 목록에서 골라 주세요.")
    if not _NAME.fullmatch(form.name):
        raise InvalidInput("이름은 한글, 영문, 숫자와 . _ / ( ) + - 로 60자까지 적어 주세요.")
    if not _MODEL.fullmatch(form.model):
        raise InvalidInput("그 기기가 부르는 모델 이름을 200자까지 적어 주세요.")
    _check_numbers(form)


def _check_numbers(form: Form) -> None:
    """Raises InvalidInput."""
    profile = form.profile
    if form.grade not in GRADE_RANK:
        raise InvalidInput("등급은 O, S, C 가운데 하나입니다.")
    if not 1 <= form.timeout_seconds <= LONGEST_SECONDS:
        raise InvalidInput(f"기다리는 시간은 1초에서 {LONGEST_SECONDS:,.0f}초까지 적어 주세요.")
    if not 1 <= form.fallback_order <= 999:
        raise InvalidInput("묻는 차례는 1에서 999까지 적어 주세요.")
    if not 0 <= form.weight <= 1000:
        raise InvalidInput("비중은 0에서 1,000까지 적어 주세요.")
    if not LEAST_CONTEXT <= profile.context_tokens <= MOST_CONTEXT:
        raise InvalidInput(
            f"문맥 길이는 {LEAST_CONTEXT:,}에서 {MOST_CONTEXT:,} 토큰까지 적어 주세요."
        )
    for name in _COSTS:
        cost = getattr(profile, name)
        if not math.isfinite(cost) or not 0 <= cost <= MOST_COST:
            raise InvalidInput("값과 전력은 0 이상의 수로 적어 주세요.")


def check_key(key: str) -> None:
    """Raises InvalidInput for what cannot stand in a header."""
    if len(key) > MOST_KEY or not _KEY.fullmatch(key):
        raise InvalidInput("키에는 빈칸과 한글이 들어갈 수 없습니다. 그대로 붙여 넣었는지 보세요.")


def origin_of(url: str) -> tuple[str, str, int | None]:
    """The machine and the port that an address leads to."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def same_name(name: str) -> Conflict:
    """The name is in use."""
    return Conflict(f"‘{name}’: 이미 쓰고 있는 이름입니다. 다르게 적어 주세요.")
