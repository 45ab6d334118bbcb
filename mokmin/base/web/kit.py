"""Rendering of pages: one template environment, one set of filters, addresses of static files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from mokmin.base.web.language import language, spoken, words

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"
KST = timezone(timedelta(hours=9))
ShellContext = Callable[[Request], Mapping[str, Any]]


def local(moment: datetime) -> datetime:
    """A stored UTC timestamp in Korean time."""
    return moment.replace(tzinfo=UTC).astimezone(KST)


def ago(moment: datetime) -> str:
    """How long ago, in words; the date when it is over a week."""
    seconds = (datetime.now(UTC) - moment.replace(tzinfo=UTC)).total_seconds()
    english = language() == "en"
    for size, unit, short in ((86_400, "일", "d"), (3_600, "시간", "h"), (60, "분", "min")):
        if seconds >= size:
            count = int(seconds // size)
            if size == 86_400 and count >= 8:
                return f"{local(moment):%Y. %-m. %-d.}"
            return f"{count} {short} ago" if english else f"{count}{unit} 전"
    return "just now" if english else "방금"


def day(value: date | datetime | str | None) -> str:
    """``2026. 11. 22.`` as official documents write it (행정업무규정 시행규칙 제2조)."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        value = (
            local(value).date()
            if value.tzinfo is None and value.hour + value.minute
            else value.date()
        )
    return f"{value.year}. {value.month}. {value.day}."


def size(count: int) -> str:
    """Bytes for people."""
    for limit, unit in ((2**30, "GB"), (2**20, "MB"), (2**10, "KB")):
        if count >= limit:
            return f"{count / limit:,.1f} {unit}"
    return f"{count:,} B"


class PageKit:
    """Renders templates of the shell and of all features."""

    def __init__(
        self, folders: Sequence[Path], shell: ShellContext, *, strict: bool = False
    ) -> None:
        self._shell = shell
        self._assets = _asset_versions()
        self.env = Environment(
            loader=FileSystemLoader([TEMPLATES, *folders]),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined if strict else Undefined,
        )
        self.env.globals["asset"] = self.asset
        self.env.globals["language"] = "ko"
        self.env.filters.update({"ago": ago, "day": day, "size": size, "said": str})
        self._english = spoken(self.env, "en")

    def asset(self, path: str) -> str:
        """The address of a static file with its content's hash."""
        return f"/static/{path}?v={self._assets.get(path, '0')}"

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        bare: bool = False,
        **context: Any,
    ) -> HTMLResponse:
        """A page inside the shell; ``bare`` asks nothing of the database (for errors)."""
        around = {"city_name": "", "csrf_token": ""} if bare else self._shell(request)
        everything = {**around, "request": request, **context}
        if isinstance(everything.get("title"), str):
            everything["title"] = words(language()).of(everything["title"])
        html = self._spoken.get_template(template).render(everything)
        return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})

    def fragment(self, template: str, **context: Any) -> str:
        """A piece of a page as text."""
        return self._spoken.get_template(template).render(context)

    @property
    def _spoken(self) -> Environment:
        """The environment in the language of the request."""
        return self._english if language() == "en" else self.env


def _asset_versions() -> dict[str, str]:
    return {
        str(file.relative_to(STATIC)): hashlib.sha256(file.read_bytes()).hexdigest()[:10]
        for file in STATIC.rglob("*")
        if file.is_file()
    }
