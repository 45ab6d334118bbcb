"""What the pages of the organisation share: choices of forms, dates, what a redirect says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse

from mokmin.base.errors import InvalidInput
from mokmin.governance.access.model import ROLE_NAMES
from mokmin.governance.people.csv_table import day_of
from mokmin.governance.people.organisation import Department
from mokmin.governance.people.posts import POST_KINDS

SAID: dict[str, str] = {
    "made": "만들었습니다.",
    "saved": "저장했습니다.",
    "planned": "예약했습니다. 그날 적용됩니다.",
    "cancelled": "예약을 취소했습니다.",
    "disabled": "계정을 껐습니다. 열려 있던 화면은 다음 요청부터 쓸 수 없습니다.",
    "enabled": "계정을 다시 켰습니다.",
    "ended": "끝냈습니다.",
    "imported": "파일의 내용을 모두 넣었습니다.",
    "loaded": "파일의 사람을 모두 넣었습니다.",
    "applied": "시행했습니다. 열람 권한이 바로 바뀌었습니다.",
    "suggested": "오는 사람이 있는 자리에 인계받을 사람을 채웠습니다.",
    "none": "채울 자리가 없습니다. 그 부서로 오는 사람이 없습니다.",
    "dropped": "지웠습니다.",
}
ROLES = [(key, name) for key, name in ROLE_NAMES.items() if key != "citizen"]
KINDS = list(POST_KINDS.items())


def flash(request: Request) -> dict[str, object] | None:
    """What the address says was done, when it says something known."""
    text = SAID.get(request.query_params.get("said", ""))
    return {"text": text, "undo": None} if text else None


def back(path: str, said: str) -> RedirectResponse:
    """To a page that says what was done."""
    return RedirectResponse(f"{path}?said={quote(said)}", status_code=303)


def choices(tree: Sequence[Department]) -> list[tuple[int, str]]:
    """Departments for a select, each set in by its depth."""
    return [(d.id, "\u3000" * d.depth + d.name) for d in tree]


def number(text: str) -> int | None:
    """An id of a form; None for empty. Raises InvalidInput."""
    if not text.strip():
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput("고른 것을 알 수 없습니다. 목록에서 다시 골라 주세요.")
    return int(text)


def needed(text: str) -> int:
    """An id of a form that must be there. Raises InvalidInput."""
    found = number(text)
    if found is None:
        raise InvalidInput("목록에서 하나를 골라 주세요. 아무것도 바꾸지 않았습니다.")
    return found


def day(text: str) -> date | None:
    """A date of a form; None for empty. Raises InvalidInput."""
    return day_of(text)
