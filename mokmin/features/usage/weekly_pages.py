"""Weekly reports: the list for its readers, the schedule for those who may set limits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import InvalidInput
from mokmin.base.web.kit import PageKit
from mokmin.features.usage.weekly import WEEKDAYS, Schedule, WeeklyReports
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of

MEDIA = {"hwpx": "application/hwp+zip", "pdf": "application/pdf"}


def routers(kit: PageKit, reports: WeeklyReports) -> list[APIRouter]:
    """Routes of readers, and of those who keep the schedule."""
    routes = APIRouter(prefix="/reports", dependencies=[Depends(Needs())])
    keeping = APIRouter(prefix="/reports", dependencies=[Depends(Needs(Permission.SET_LIMITS))])

    def page(request: Request, *, error: str = "", done: bool = False) -> HTMLResponse:
        who = principal_of(request)
        keeps = who.may(Permission.SET_LIMITS)
        return kit.page(
            request,
            "usage/weekly.html",
            status=400 if error else 200,
            title="주간 보고서",
            nav="usage" if keeps else "",
            reports=reports.all(who),
            keeps=keeps,
            schedule=reports.schedule(who) if keeps else None,
            groups=reports.choices(who) if keeps else [],
            weekdays=WEEKDAYS,
            error=error,
            flash={"text": "저장했습니다.", "undo": None} if done else None,
        )

    @routes.get("")
    def front(request: Request, done: str = "") -> HTMLResponse:
        return page(request, done=done == "saved")

    @routes.get("/{report_id:int}/file")
    def download(request: Request, report_id: int, format: str = "hwpx") -> Response:
        report, content = reports.file(principal_of(request), report_id, format)
        name = f"usage-{report.week:%Y%m%d}-{report.last:%Y%m%d}.{format}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type=MEDIA[format], headers=headers)

    @keeping.post("/schedule")
    def schedule(
        request: Request,
        weekday: Annotated[int, Form()] = 0,
        hour: Annotated[int, Form()] = 7,
        group: Annotated[int, Form()] = 0,
        is_on: Annotated[str, Form()] = "",
    ) -> Response:
        try:
            reports.set(principal_of(request), Schedule(bool(is_on), weekday, hour, group))
        except InvalidInput as error:
            return page(request, error=error.message)
        return RedirectResponse("/reports?done=saved", status_code=303)

    return [routes, keeping]
