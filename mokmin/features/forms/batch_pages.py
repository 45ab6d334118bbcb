"""Pages of batches: a list comes in, is looked through, and becomes a ZIP."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import InvalidInput, MokminError
from mokmin.base.web.kit import PageKit
from mokmin.features.forms import present
from mokmin.features.forms.batches import BatchService
from mokmin.features.forms.model import KEPT_DAYS, MOST_ROWS, file_name
from mokmin.features.forms.service import FormService
from mokmin.features.forms.sheets import MOST_BYTES
from mokmin.governance.access.model import Permission
from mokmin.governance.people.csv_table import safe_cell
from mokmin.governance.people.web import Needs, principal_of

SHOWN_ROWS, SHOWN_PROBLEMS = 3, 100


def router(kit: PageKit, forms: FormService, batches: BatchService) -> APIRouter:
    """All routes of batches; a person's own alone. Before those of the forms: their addresses."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ASK))])
    _beginning(routes, kit, forms, batches)
    _going(routes, kit, batches)
    return routes


def _beginning(routes: APIRouter, kit: PageKit, forms: FormService, batches: BatchService) -> None:
    def upload_page(
        request: Request, template_id: int, error: MokminError | None = None
    ) -> HTMLResponse:
        template = forms.open(principal_of(request), template_id)
        return kit.page(
            request,
            "forms/batch_new.html",
            status=error.status if error else 200,
            nav="forms",
            title=f"{template.name} 여러 명에게",
            form=present.line(template),
            columns=[
                {"name": use.name, "label": use.label, "required": use.required}
                for use in {u.name: u for _, u in template.used}.values()
            ],
            most=MOST_ROWS,
            kept=KEPT_DAYS,
            error=error.message if error else "",
        )

    @routes.get("/forms/{template_id}/batch")
    def new(request: Request, template_id: int) -> HTMLResponse:
        return upload_page(request, template_id)

    @routes.get("/forms/{template_id}/columns.csv")
    def columns(request: Request, template_id: int) -> Response:
        template = forms.open(principal_of(request), template_id)
        text = ",".join('"' + safe_cell(n).replace('"', '""') + '"' for n in template.names)
        name = quote(f"{template.name} 명단 양식.csv", safe="")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(f"\ufeff{text}\r\n", media_type="text/csv; charset=utf-8", headers=headers)

    @routes.post("/forms/{template_id}/batch")
    def prepare(
        request: Request, template_id: int, file: Annotated[UploadFile, File()]
    ) -> Response:
        data = file.file.read(MOST_BYTES + 1)
        try:
            made = batches.prepare(principal_of(request), template_id, file.filename or "", data)
        except InvalidInput as error:
            return upload_page(request, template_id, error)
        return RedirectResponse(f"/forms/batches/{made}", status_code=303)


def _going(routes: APIRouter, kit: PageKit, batches: BatchService) -> None:
    @routes.get("/forms/batches/{batch_id}")
    def one(request: Request, batch_id: int) -> HTMLResponse:
        principal = principal_of(request)
        batch = batches.open(principal, batch_id)
        context: dict[str, Any] = {"plan": None, "rows": [], "problems": [], "columns": []}
        if batch.state == "checking":
            template, plan = batches.plan(principal, batch)
            names = [u.name for u in {u.name: u for _, u in template.used}.values()]
            shown = [n for n in names if any(n in row for row in plan.values)][:8]
            context = {
                "plan": plan,
                "columns": shown,
                "rows": [
                    {
                        "file": file_name(batch.pattern, i, row) + ".hwpx",
                        "cells": [row.get(n, "") for n in shown],
                    }
                    for i, row in enumerate(plan.values[:SHOWN_ROWS], start=1)
                ],
                "problems": plan.problems[:SHOWN_PROBLEMS],
                "more": max(0, len(plan.problems) - SHOWN_PROBLEMS),
                "stopped": len({p.row for p in plan.problems if p.stops}),
            }
        return kit.page(
            request,
            "forms/batch.html",
            nav="forms",
            title="여러 명에게 만들기",
            batch=present.batch_line(batch),
            kept=KEPT_DAYS,
            **context,
        )

    @routes.get("/forms/batches/{batch_id}/state")
    def state(request: Request, batch_id: int) -> HTMLResponse:
        batch = batches.open(principal_of(request), batch_id)
        page = kit.page(request, "forms/progress.html", batch=present.batch_line(batch))
        if batch.state not in ("queued", "running"):
            page.headers["HX-Refresh"] = "true"
        return page

    @routes.post("/forms/batches/{batch_id}/{verb}")
    def act(
        request: Request, batch_id: int, verb: str, pattern: Annotated[str, Form()] = ""
    ) -> Response:
        principal = principal_of(request)
        if verb == "start":
            batches.start(principal, batch_id, pattern)
        elif verb == "cancel":
            batches.cancel(principal, batch_id)
        elif verb == "again":
            batches.again(principal, batch_id)
        elif verb == "delete":
            batches.delete(principal, batch_id)
            return RedirectResponse("/forms", status_code=303)
        else:
            raise InvalidInput("그런 일은 할 수 없습니다. 바꾼 것은 없습니다.")
        return RedirectResponse(f"/forms/batches/{batch_id}", status_code=303)

    @routes.get("/forms/batches/{batch_id}/result.zip")
    def result(request: Request, batch_id: int) -> Response:
        batch, path = batches.result(principal_of(request), batch_id)
        name = quote(f"{batch.name.rsplit('.', 1)[0]}_{batch.made}건.zip", safe="")
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Cache-Control": "no-store",
        }
        return FileResponse(path, media_type="application/zip", headers=headers)
