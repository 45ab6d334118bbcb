"""Pages of use: one's own at /usage, the city's at /admin/usage, limits at /admin/limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import InvalidInput
from mokmin.base.web.kit import PageKit
from mokmin.features.usage import present
from mokmin.features.usage.report import report_document
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of
from mokmin.governance.usage.limits import PERIODS, SCOPES, UNITS, Limits
from mokmin.governance.usage.metering import today
from mokmin.governance.usage.places import Places
from mokmin.governance.usage.reading import UsageReader
from mokmin.knowledge.official.drafting import written
from mokmin.knowledge.official.handover import written_pdf
from mokmin.knowledge.official.kinds.model import Office
from mokmin.knowledge.official.model import OfficialDocument


def routers(
    kit: PageKit,
    usage: UsageReader,
    limits: Limits,
    places: Places,
    features: Mapping[str, str],
    office: Callable[[Principal], Office],
) -> tuple[APIRouter, APIRouter]:
    """Routes of everybody's own use, and of those who may set limits. ``features``: names by key."""
    return _own(kit, usage, limits, features), _all(kit, usage, limits, places, features, office)


def _own(
    kit: PageKit, usage: UsageReader, limits: Limits, features: Mapping[str, str]
) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(Needs())])

    @routes.get("/usage")
    def own(request: Request) -> HTMLResponse:
        principal = principal_of(request)
        since, until = present.span_of("month", today())
        days = usage.days(principal, since, until, mine=True)
        parts = usage.shares(principal, "feature", since, until, mine=True)
        return kit.page(
            request,
            "usage/own.html",
            title="내 AI 사용량",
            nav="preferences",
            tiles=present.tiles(present.total(days), None),
            chart=present.chart(days),
            features=present.shares(parts, features),
            standings=present.standings(limits, limits.standings(principal)),
        )

    return routes


def _all(
    kit: PageKit,
    usage: UsageReader,
    limits: Limits,
    places: Places,
    features: Mapping[str, str],
    office: Callable[[Principal], Office],
) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(Needs(Permission.SET_LIMITS))])

    @routes.get("/admin/usage")
    def overview(request: Request, span: str = "month", department: str = "") -> HTMLResponse:
        principal = principal_of(request)
        span = span if span in present.SPANS else "month"
        chosen = _department(places, department)
        since, until = present.span_of(span, today())
        days = usage.days(principal, since, until, department_id=chosen)
        forecast = (
            usage.forecast(principal, today()) if chosen is None and span == "month" else None
        )

        def part(key: Any, most: int = 20, names: Mapping[str, str] | None = None) -> Any:
            found = usage.shares(principal, key, since, until, department_id=chosen, most=most)
            return present.shares(found, names)

        return kit.page(
            request,
            "usage/overview.html",
            title="사용량과 비용",
            nav="usage",
            spans=list(present.SPANS.items()),
            span=span,
            department=department if chosen is not None else "",
            departments=sorted(places.names().items(), key=lambda pair: pair[1]),
            tiles=present.tiles(present.total(days), forecast),
            chart=present.chart(days),
            parts=[
                ("부서", part("department")),
                ("기능", part("feature", names=features)),
                ("모델", part("model")),
                ("들어온 길", part("channel", names=present.CHANNEL_NAMES)),
                # Sums by person over many months would keep the page waiting.
                ("사람", part("person") if span != "quarter" else []),
            ],
        )

    @routes.get("/admin/usage.csv")
    def download(request: Request, span: str = "month", department: str = "") -> Response:
        since, until = present.span_of(span, today())
        chosen = _department(places, department)
        days = usage.days(principal_of(request), since, until, department_id=chosen)
        name = f"usage-{since:%Y%m%d}-{until:%Y%m%d}.csv"
        return Response(
            present.table(days),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def made(request: Request, span: str) -> tuple[OfficialDocument, str]:
        principal = principal_of(request)
        since, until = present.span_of(span, today())
        document = report_document(usage, principal, since, until, features, office(principal))
        return document, f"usage-{since:%Y%m%d}-{until:%Y%m%d}"

    @routes.get("/admin/usage.hwpx")
    def report(request: Request, span: str = "week") -> Response:
        document, name = made(request, span)
        return _file(written(document)[0], "application/hwp+zip", f"{name}.hwpx")

    @routes.get("/admin/usage.pdf")
    def report_pdf(request: Request, span: str = "week") -> Response:
        document, name = made(request, span)
        return _file(written_pdf(document)[0], "application/pdf", f"{name}.pdf")

    def page(request: Request, status: int = 200, **more: Any) -> HTMLResponse:
        empty = {"scope": "people", "unit": "requests", "period": "day", "warn": "80"}
        return kit.page(
            request,
            "usage/limits.html",
            status=status,
            title="사용 한도",
            nav="usage",
            limits=[
                {"limit": limit, "whom": whom, "what": limits.what(limit)}
                for limit, whom in limits.all(principal_of(request))
            ],
            scopes=list(SCOPES.items()),
            units=UNITS,
            periods=PERIODS,
            features=list(features.items()),
            departments=sorted(places.names().items(), key=lambda pair: pair[1]),
            **({"form": empty, "error": "", "flash": None} | more),
        )

    @routes.get("/admin/limits")
    def show(request: Request, done: str = "") -> HTMLResponse:
        said = {
            "set": "한도를 정했습니다. 다음 요청부터 적용됩니다.",
            "lifted": "한도를 없앴습니다.",
        }
        return page(request, flash={"text": said[done], "undo": None} if done in said else None)

    @routes.post("/admin/limits")
    def change(
        request: Request,
        action: Annotated[str, Form()] = "set",
        limit: Annotated[str, Form()] = "",
        scope: Annotated[str, Form()] = "",
        person: Annotated[str, Form()] = "",
        department: Annotated[str, Form()] = "",
        feature: Annotated[str, Form()] = "",
        unit: Annotated[str, Form()] = "",
        period: Annotated[str, Form()] = "",
        hard: Annotated[str, Form()] = "",
        warn: Annotated[str, Form()] = "80",
    ) -> Response:
        principal = principal_of(request)
        if action == "lift":
            limits.remove(principal, _number(limit, "없앨 한도를 고르지 않았습니다."))
            return RedirectResponse("/admin/limits?done=lifted", status_code=303)
        try:
            limits.put(
                principal,
                scope=scope,
                whom=person if scope == "person" else department,
                feature=feature,
                unit=unit,
                period=period,
                hard=_number(hard, "한도를 수로 적어 주세요. 예: 200"),
                warn_percent=_number(warn, "알릴 때를 %로 적어 주세요. 예: 80"),
            )
        except InvalidInput as error:
            form = {
                "scope": scope,
                "person": person,
                "department": department,
                "feature": feature,
                "unit": unit,
                "period": period,
                "hard": hard,
                "warn": warn,
            }
            return page(request, error.status, form=form, error=error.message)
        return RedirectResponse(f"/admin/limits?{urlencode({'done': 'set'})}", status_code=303)

    return routes


def _department(places: Places, text: str) -> int | None:
    return (
        int(text) if text.isdecimal() and len(text) < 10 and int(text) in places.names() else None
    )


def _number(text: str, sentence: str) -> int:
    """A whole number of a form. Raises InvalidInput."""
    plain = text.replace(",", "").strip()
    if not plain.isascii() or not plain.isdecimal() or len(plain) > 15:
        raise InvalidInput(sentence)
    return int(plain)


def _file(content: bytes, media: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media, headers=headers)
