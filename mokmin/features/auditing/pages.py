"""The audit log for auditors, and everybody's own record of what they did with AI."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from mokmin.base.errors import InvalidInput
from mokmin.base.web.kit import PageKit
from mokmin.features.auditing import present
from mokmin.features.auditing.activity import ActivityService
from mokmin.features.auditing.model import Asked, Told
from mokmin.features.auditing.service import AuditingService
from mokmin.governance.access.model import Permission
from mokmin.governance.audit.actions import CATEGORIES
from mokmin.governance.people.web import Needs, principal_of

Lines = Callable[[Iterator[Told]], Iterator[str]]
FORMS: dict[str, tuple[Lines, str]] = {
    "csv": (present.csv_lines, "text/csv; charset=utf-8"),
    "json": (present.json_lines, "application/json"),
}


def routers(kit: PageKit, auditing: AuditingService, activity: ActivityService) -> list[APIRouter]:
    """Routes below /audit and /my-ai."""
    reading = APIRouter(dependencies=[Depends(Needs(Permission.READ_AUDIT))])
    taking = APIRouter(dependencies=[Depends(Needs(Permission.EXPORT_AUDIT, bearer=False))])
    own = APIRouter(dependencies=[Depends(Needs())])
    _taking(taking, auditing)
    _reading(reading, kit, auditing)
    _own(own, kit, activity)
    return [taking, reading, own]


def _asked(
    person: str = "", category: str = "", thing: str = "", since: str = "", until: str = ""
) -> Asked:
    return Asked(person[:80], category[:40], thing[:120], since[:10], until[:10])


def _reading(routes: APIRouter, kit: PageKit, auditing: AuditingService) -> None:
    @routes.get("/audit")
    def log(
        request: Request, asked: Annotated[Asked, Depends(_asked)], before: int | None = None
    ) -> HTMLResponse:
        principal = principal_of(request)
        given = {key: value for key, value in asdict(asked).items() if value}
        context: dict[str, Any] = {
            "form": asked,
            "query": urlencode(given),
            "filtered": bool(given),
            "categories": list(CATEGORIES.items()),
            "oldest": auditing.oldest(),
            "may_export": principal.may(Permission.EXPORT_AUDIT),
            "later": before is not None,
            "days": [],
            "before": None,
            "files": 0,
            "error": "",
        }
        status = 200
        try:
            told, found = auditing.page(principal, asked, before)
            context |= {"days": present.by_day(told), "before": found.before, "files": found.files}
        except InvalidInput as error:
            status = error.status
            context["error"] = error.message
        return kit.page(
            request, "auditing/log.html", status=status, nav="audit", title="감사 기록", **context
        )

    @routes.get("/audit/{seq}")
    def entry(request: Request, seq: int) -> HTMLResponse:
        told = auditing.entry(principal_of(request), seq)
        return kit.page(
            request,
            "auditing/entry.html",
            nav="audit",
            title=f"감사 기록 {seq:,}번",
            e=present.entry(told),
        )


def _taking(routes: APIRouter, auditing: AuditingService) -> None:
    @routes.get("/audit/export.{form}")
    def export(request: Request, form: str, asked: Annotated[Asked, Depends(_asked)]) -> Response:
        if form not in FORMS:
            raise InvalidInput("CSV와 JSON으로만 내보낼 수 있습니다. 내보낸 것은 없습니다.")
        lines, kind = FORMS[form]
        entries = auditing.export(principal_of(request), asked, form)
        return StreamingResponse(
            lines(entries),
            media_type=kind,
            headers={
                "Content-Disposition": f'attachment; filename="audit-log.{form}"',
                "Cache-Control": "no-store",
            },
        )


def _own(routes: APIRouter, kit: PageKit, activity: ActivityService) -> None:
    @routes.get("/my-ai")
    def mine(request: Request, month: str = "") -> HTMLResponse:
        found = activity.month(principal_of(request), month[:7])
        return kit.page(
            request,
            "auditing/activity.html",
            nav="",
            title="AI로 한 일",
            m=present.month(found),
        )

    @routes.get("/my-ai/export.csv")
    def own_csv(request: Request, month: str = "") -> Response:
        found = activity.export(principal_of(request), month[:7])
        return Response(
            present.own_csv(found),
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": 'attachment; filename="my-ai.csv"',
                "Cache-Control": "no-store",
            },
        )
