"""Disclosure packs in the browser: /disclosures for the records officer and the one who decides."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import InvalidInput
from mokmin.base.web.kit import PageKit
from mokmin.features.records.service import DisclosureService
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of
from mokmin.governance.records.model import DECISION_NAMES, DECISIONS, DISCLOSURE_STATES
from mokmin.knowledge.documents.rights_model import GROUNDS

Text = Annotated[str, Form()]
SHOWN = 200


def routers(kit: PageKit, packs: DisclosureService) -> list[APIRouter]:
    """The officer's routes and the second person's."""
    return [_keeping(kit, packs), _deciding(kit, packs)]


def _keeping(kit: PageKit, packs: DisclosureService) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(Needs(Permission.KEEP_RECORDS))])

    def page(request: Request, status: int = 200, error: str = "") -> HTMLResponse:
        return kit.page(
            request,
            "records/disclosures.html",
            status=status,
            nav="records",
            title="정보공개 자료",
            packs=packs.all(principal_of(request)),
            kinds=packs.kinds,
            states=DISCLOSURE_STATES,
            base="/records/disclosures",
            may_make=True,
            error=error,
        )

    @routes.get("/records/disclosures")
    def overview(request: Request) -> HTMLResponse:
        return page(request)

    @routes.post("/records/disclosures")
    def propose(
        request: Request,
        matter: Text = "",
        person: Text = "",
        begin: Text = "",
        end: Text = "",
        kinds: Annotated[list[str] | None, Form()] = None,
    ) -> Response:
        try:
            days = [date.fromisoformat(day) if day else None for day in (begin, end)]
        except ValueError:
            return page(request, 422, "날짜를 다시 적어 주세요. 아무것도 만들지 않았습니다.")
        try:
            key = packs.propose(
                principal_of(request), matter, person, days[0], days[1], kinds or []
            )
        except InvalidInput as error:
            return page(request, error.status, error.message)
        return RedirectResponse(f"/records/disclosures/{key}", status_code=303)

    @routes.get("/records/disclosures/{disclosure_id}")
    def one(request: Request, disclosure_id: int) -> HTMLResponse:
        return _one(kit, packs, request, disclosure_id, "/records/disclosures")

    @routes.get("/records/disclosures/{disclosure_id}/pack.zip")
    def pack(request: Request, disclosure_id: int) -> Response:
        path = packs.file(principal_of(request), disclosure_id)
        name = f"disclosure-{disclosure_id}.zip"
        return FileResponse(path, media_type="application/zip", filename=name)

    return routes


def _deciding(kit: PageKit, packs: DisclosureService) -> APIRouter:
    routes = APIRouter(dependencies=[Depends(Needs(Permission.APPROVE_DISPOSAL))])

    @routes.get("/disclosures")
    def overview(request: Request) -> HTMLResponse:
        return kit.page(
            request,
            "records/disclosures.html",
            nav="disposals",
            title="정보공개 결정",
            packs=packs.all(principal_of(request)),
            kinds=packs.kinds,
            states=DISCLOSURE_STATES,
            base="/disclosures",
            may_make=False,
            error="",
        )

    @routes.get("/disclosures/{disclosure_id}")
    def one(request: Request, disclosure_id: int) -> HTMLResponse:
        return _one(kit, packs, request, disclosure_id, "/disclosures")

    @routes.post("/disclosures/{disclosure_id}")
    async def decide(request: Request, disclosure_id: int) -> Response:
        form = await request.form()
        sent = {key: value for key, value in form.items() if isinstance(value, str)}
        made = {
            int(number): (value, sent.get(f"ground-{number}", ""), sent.get(f"note-{number}", ""))
            for key, value in sent.items()
            if key.startswith("decision-")
            and (number := key.removeprefix("decision-")).isascii()
            and number.isdigit()
        }
        try:
            packs.decide(principal_of(request), disclosure_id, made)
        except InvalidInput as error:
            return _one(
                kit, packs, request, disclosure_id, "/disclosures", error.status, error.message
            )
        return RedirectResponse(f"/disclosures/{disclosure_id}", status_code=303)

    return routes


def _one(
    kit: PageKit,
    packs: DisclosureService,
    request: Request,
    disclosure_id: int,
    base: str,
    status: int = 200,
    error: str = "",
) -> HTMLResponse:
    principal = principal_of(request)
    found, lines = packs.one(principal, disclosure_id)
    deciding = base == "/disclosures" and found.state == "proposed"
    return kit.page(
        request,
        "records/disclosure.html",
        status=status,
        nav="disposals" if base == "/disclosures" else "records",
        title=f"정보공개 자료 {disclosure_id}",
        found=found,
        lines=lines if deciding else lines[:SHOWN],
        kinds=packs.kinds,
        states=DISCLOSURE_STATES,
        titles=packs.titles(principal, disclosure_id),
        decisions=DECISIONS,
        decision_names=DECISION_NAMES,
        grounds=GROUNDS,
        base=base,
        may_decide=deciding and found.made_by != principal.login,
        mine=base != "/disclosures" and found.made_by_id == principal.user_id,
        error=error,
    )
