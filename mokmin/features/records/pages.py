"""Pages of the records officer (/records) and of those who approve disposals (/disposals)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import InvalidInput
from mokmin.base.web.kit import PageKit
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of
from mokmin.governance.records.disposal import DisposalService
from mokmin.governance.records.holds import RecordsSchedule
from mokmin.governance.records.model import ITEM_STATES, KINDS, PERIODS, SCOPES, STATES

SHOWN = 500
_NAMES: dict[str, Any] = {
    "kinds": KINDS,
    "periods": PERIODS,
    "states": STATES,
    "item_states": ITEM_STATES,
}
Text = Annotated[str, Form()]


def routers(kit: PageKit, records: RecordsSchedule, disposals: DisposalService) -> list[APIRouter]:
    """Both desks; neither shows contents."""
    return [_keeping(kit, records, disposals), _approving(kit, disposals)]


def _keeping(kit: PageKit, records: RecordsSchedule, disposals: DisposalService) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(Needs(Permission.KEEP_RECORDS))])

    def page(request: Request, status: int = 200, error: str = "") -> HTMLResponse:
        principal = principal_of(request)
        return kit.page(
            request,
            "records/index.html",
            status=status,
            nav="records",
            title="기록 관리",
            rules=records.rules(),
            holds=records.holds(principal),
            due=disposals.due(principal),
            lists=disposals.all(principal),
            scopes=SCOPES,
            error=error,
            **_NAMES,
        )

    @routes.get("/records")
    def overview(request: Request) -> HTMLResponse:
        return page(request)

    @routes.post("/records/periods")
    def change(request: Request, kind: Text = "", period: Text = "", reason: Text = "") -> Response:
        try:
            records.change(principal_of(request), kind, period, reason)
        except InvalidInput as error:
            return page(request, error.status, error.message)
        return RedirectResponse("/records", status_code=303)

    @routes.post("/records/holds")
    def place(
        request: Request,
        scope: Text = "",
        target: Text = "",
        reason: Text = "",
        begin: Text = "",
        end: Text = "",
    ) -> Response:
        try:
            records.place(principal_of(request), scope, target, reason, _day(begin), _day(end))
        except InvalidInput as error:
            return page(request, error.status, error.message)
        return RedirectResponse("/records#holds", status_code=303)

    @routes.post("/records/holds/{hold_id}/lift")
    def lift(request: Request, hold_id: int) -> Response:
        records.lift(principal_of(request), hold_id)
        return RedirectResponse("/records#holds", status_code=303)

    @routes.post("/records/disposals")
    def propose(request: Request, reason: Text = "") -> Response:
        try:
            key = disposals.propose(principal_of(request), reason)
        except InvalidInput as error:
            return page(request, error.status, error.message)
        return RedirectResponse(f"/records/disposals/{key}", status_code=303)

    @routes.get("/records/disposals/{disposal_id}")
    def one(request: Request, disposal_id: int) -> HTMLResponse:
        return _list_page(kit, request, disposals, disposal_id, "records")

    @routes.get("/records/disposals/{disposal_id}/certificate.csv")
    def certificate(request: Request, disposal_id: int) -> Response:
        text = disposals.certificate(principal_of(request), disposal_id)
        name = f"disposal-{disposal_id}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response("\ufeff" + text, media_type="text/csv; charset=utf-8", headers=headers)

    return routes


def _approving(kit: PageKit, disposals: DisposalService) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(Needs(Permission.APPROVE_DISPOSAL))])

    @routes.get("/disposals")
    def overview(request: Request) -> HTMLResponse:
        return kit.page(
            request,
            "records/approvals.html",
            nav="disposals",
            title="처분 승인",
            lists=disposals.all(principal_of(request)),
            **_NAMES,
        )

    @routes.get("/disposals/{disposal_id}")
    def one(request: Request, disposal_id: int) -> HTMLResponse:
        return _list_page(kit, request, disposals, disposal_id, "disposals")

    @routes.post("/disposals/{disposal_id}")
    def decide(
        request: Request, disposal_id: int, decision: Text = "", note: Text = "", sure: Text = ""
    ) -> Response:
        try:
            if decision not in ("approve", "reject"):
                raise InvalidInput("승인할지 돌려보낼지 골라 주세요.")
            if decision == "approve" and not sure:
                raise InvalidInput(
                    "되살릴 수 없음을 안다는 칸에 표시해 주세요. 아무것도 지우지 않았습니다."
                )
            disposals.decide(
                principal_of(request), disposal_id, approve=decision == "approve", note=note
            )
        except InvalidInput as error:
            return _list_page(
                kit, request, disposals, disposal_id, "disposals", error.status, error.message
            )
        return RedirectResponse(f"/disposals/{disposal_id}", status_code=303)

    return routes


def _list_page(
    kit: PageKit,
    request: Request,
    disposals: DisposalService,
    disposal_id: int,
    nav: str,
    status: int = 200,
    error: str = "",
) -> HTMLResponse:
    principal = principal_of(request)
    found = disposals.one(principal, disposal_id)
    deciding: dict[str, Any] = {
        "may_decide": nav == "disposals"
        and found.state == "proposed"
        and found.made_by != principal.login,
        "own": found.made_by == principal.login,
    }
    return kit.page(
        request,
        "records/disposal.html",
        status=status,
        nav=nav,
        title=f"처분 목록 {disposal_id}",
        found=found,
        lines=disposals.lines(principal, disposal_id, SHOWN),
        shown=SHOWN,
        error=error,
        **deciding,
        **_NAMES,
    )


def _day(text: str) -> date | None:
    """A day of a form, None when it is empty. Raises InvalidInput."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidInput("날짜를 다시 적어 주세요. 아무것도 바꾸지 않았습니다.") from error
