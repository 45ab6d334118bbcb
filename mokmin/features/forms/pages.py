"""Pages of the forms: the library, filling, and the steward's mapping."""

from __future__ import annotations

from typing import Annotated, Any, get_args
from urllib.parse import quote

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from mokmin.base.errors import InvalidInput, MokminError
from mokmin.base.formats.hwpx_form_view import view
from mokmin.base.formats.hwpx_forms import LIMITS
from mokmin.base.web.kit import PageKit
from mokmin.features.forms import present
from mokmin.features.forms.batches import BatchService
from mokmin.features.forms.model import FieldUse, TemplateState
from mokmin.features.forms.service import FormService, told
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of

GRADES = [("O", "공개"), ("S", "민감"), ("C", "기밀")]
HWPX = "application/hwp+zip"
MOST_INPUTS = 30_000
Text = Annotated[str, Form()]


def routers(kit: PageKit, forms: FormService, batches: BatchService) -> list[APIRouter]:
    """Filling is everybody's, keeping the forms a steward's."""
    using = APIRouter(dependencies=[Depends(Needs(Permission.ASK, most_fields=MOST_INPUTS))])
    keeping = APIRouter(dependencies=[Depends(Needs(Permission.CURATE, most_fields=MOST_INPUTS))])
    _keeping(keeping, kit, forms, batches)
    _looking_after(keeping, kit, forms)
    _using(using, kit, forms, batches)
    return [keeping, using]


def download(name: str, package: bytes, notes: list[str] | None = None) -> Response:
    """A file to take along; what to look at is told in a header for programs."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "no-store",
        "X-Mokmin-Notes": str(len(notes or [])),
    }
    return Response(package, media_type=HWPX, headers=headers)


def _library(
    request: Request,
    kit: PageKit,
    forms: FormService,
    batches: BatchService,
    q: str = "",
    error: MokminError | None = None,
) -> HTMLResponse:
    principal = principal_of(request)
    may_keep = principal.may(Permission.CURATE)
    found = forms.library(principal, q)
    names = {t.id: t.name for t in found}
    return kit.page(
        request,
        "forms/index.html",
        status=error.status if error else 200,
        nav="forms",
        title="서식함",
        q=q,
        forms=[present.line(t) for t in found],
        batches=[
            present.batch_line(b) | {"form": names.get(b.template_id, "")}
            for b in batches.mine(principal)
        ],
        may_keep=may_keep,
        choices=forms.choices(principal) if may_keep else [],
        grades=GRADES,
        most_mb=LIMITS.file_bytes // 2**20,
        error=error.message if error else "",
    )


def _using(routes: APIRouter, kit: PageKit, forms: FormService, batches: BatchService) -> None:
    def fill_page(
        request: Request,
        template_id: int,
        values: dict[str, str],
        error: MokminError | None = None,
        notes: list[str] | None = None,
    ) -> HTMLResponse:
        template = forms.open(principal_of(request), template_id)
        return kit.page(
            request,
            "forms/fill.html",
            status=error.status if error else 200,
            nav="forms",
            title=template.name,
            form=present.line(template),
            version=template.version,
            groups=present.inputs(template, values),
            marks=present.marks(template),
            blocks=present.preview(view(forms.form(template))),
            error=error.message if error else "",
            notes=notes or [],
        )

    @routes.get("/forms")
    def index(request: Request, q: str = "") -> HTMLResponse:
        return _library(request, kit, forms, batches, q[:100])

    @routes.get("/forms/{template_id}")
    def fill(request: Request, template_id: int) -> HTMLResponse:
        return fill_page(request, template_id, {})

    @routes.post("/forms/{template_id}/fill")
    async def make(request: Request, template_id: int) -> Response:
        sent = await request.form(max_fields=MOST_INPUTS)
        values: dict[str, str] = {}
        for key, value in sent.multi_items():
            if key.startswith("f:") and isinstance(value, str) and value.strip():
                name = key[2:]
                values[name] = f"{values[name]}, {value}" if name in values else value
        return await run_in_threadpool(made, request, template_id, values, "check" in sent)

    def made(request: Request, template_id: int, values: dict[str, str], check: bool) -> Response:
        principal = principal_of(request)
        try:
            if check:
                template = forms.open(principal, template_id)
                notes = told(template, forms.look(template, values))
                return fill_page(
                    request, template_id, values, None, notes or ["걸리는 것이 없습니다."]
                )
            template, filled = forms.fill(principal, template_id, values)
        except InvalidInput as error:
            return fill_page(request, template_id, values, error)
        return download(f"{template.name}.hwpx", filled.package, told(template, filled.problems))

    @routes.get("/forms/{template_id}/blank.hwpx")
    def blank(request: Request, template_id: int) -> Response:
        template, package = forms.file(principal_of(request), template_id)
        return download(f"{template.name}(빈 서식).hwpx", package)


def _setup_page(
    request: Request,
    kit: PageKit,
    forms: FormService,
    template_id: int,
    error: MokminError | None = None,
    **more: Any,
) -> HTMLResponse:
    principal = principal_of(request)
    template = forms.open(principal, template_id)
    return kit.page(
        request,
        "forms/setup.html",
        status=error.status if error else 200,
        nav="forms",
        title=template.name,
        form=present.line(template),
        version=template.version,
        file_name=template.file_name,
        groups=present.mapping(template),
        marks=present.marks(template),
        blocks=present.preview(view(forms.form(template))),
        versions=forms.versions(principal, template_id),
        readers=forms.readers(principal, template_id),
        choices=forms.choices(principal),
        grades=GRADES,
        error=error.message if error else "",
        **{"proof": None, "notes": [], "said": "", **more},
    )


def _keeping(routes: APIRouter, kit: PageKit, forms: FormService, batches: BatchService) -> None:
    """Taking in and mapping."""

    @routes.post("/forms")
    def upload(
        request: Request,
        file: Annotated[UploadFile, File()],
        name: Text = "",
        about: Text = "",
        grade: Text = "",
        readers: Annotated[list[str] | None, Form()] = None,
    ) -> Response:
        package = file.file.read(LIMITS.file_bytes + 1)
        try:
            made = forms.upload(
                principal_of(request),
                name,
                about,
                grade,
                readers or [],
                file.filename or "",
                package,
            )
        except InvalidInput as error:
            return _library(request, kit, forms, batches, "", error)
        return RedirectResponse(f"/forms/{made}/setup", status_code=303)

    @routes.get("/forms/{template_id}/setup")
    def setup(request: Request, template_id: int, new: int = -1, gone: int = -1) -> HTMLResponse:
        said = ""
        if new >= 0:
            said = f"새 판으로 바꿨습니다. 새 자리 {new}곳, 없어진 자리 {max(0, gone)}곳입니다."
        return _setup_page(request, kit, forms, template_id, said=said)

    @routes.post("/forms/{template_id}/setup")
    async def change(request: Request, template_id: int) -> Response:
        sent = await request.form(max_fields=MOST_INPUTS)
        data = {k: v for k, v in sent.items() if isinstance(v, str)}
        return await run_in_threadpool(changed, request, template_id, data)

    def changed(request: Request, template_id: int, data: dict[str, str]) -> Response:
        principal = principal_of(request)
        template = forms.open(principal, template_id)
        uses = [
            FieldUse(
                use.key,
                data.get(f"name:{i}", use.name),
                data.get(f"label:{i}", use.label),
                f"required:{i}" in data,
                data.get(f"default:{i}", ""),
                f"used:{i}" in data,
            )
            for i, use in enumerate(template.uses)
            if f"name:{i}" in data
        ]
        forms.map_fields(principal, template_id, uses)
        if "test" in data:
            _, filled, differs = forms.try_out(principal, template_id)
            notes = told(forms.open(principal, template_id), filled.problems)
            return _setup_page(request, kit, forms, template_id, proof=differs, notes=notes)
        return RedirectResponse(f"/forms/{template_id}/setup", status_code=303)


def _looking_after(routes: APIRouter, kit: PageKit, forms: FormService) -> None:
    """Name, readers, editions, state."""

    @routes.post("/forms/{template_id}/about")
    def about(
        request: Request,
        template_id: int,
        name: Text = "",
        about: Text = "",
        grade: Text = "",
        readers: Annotated[list[str] | None, Form()] = None,
    ) -> Response:
        try:
            forms.describe(principal_of(request), template_id, name, about, grade, readers or [])
        except InvalidInput as error:
            return _setup_page(request, kit, forms, template_id, error)
        return RedirectResponse(f"/forms/{template_id}/setup", status_code=303)

    @routes.post("/forms/{template_id}/version")
    def version(
        request: Request, template_id: int, file: Annotated[UploadFile, File()]
    ) -> Response:
        package = file.file.read(LIMITS.file_bytes + 1)
        try:
            new, gone = forms.renew(
                principal_of(request), template_id, file.filename or "", package
            )
        except InvalidInput as error:
            return _setup_page(request, kit, forms, template_id, error)
        return RedirectResponse(
            f"/forms/{template_id}/setup?new={new}&gone={gone}", status_code=303
        )

    @routes.post("/forms/{template_id}/state")
    def state(request: Request, template_id: int, state: Text = "") -> Response:
        try:
            forms.change_state(principal_of(request), template_id, _state(state))
        except InvalidInput as error:
            return _setup_page(request, kit, forms, template_id, error)
        return RedirectResponse(f"/forms/{template_id}/setup", status_code=303)

    @routes.get("/forms/{template_id}/test.hwpx")
    def test(request: Request, template_id: int) -> Response:
        template, filled, _ = forms.try_out(principal_of(request), template_id)
        return download(f"{template.name}(시험).hwpx", filled.package)


def _state(text: str) -> TemplateState:
    found: dict[str, TemplateState] = {name: name for name in get_args(TemplateState)}
    if text not in found:
        raise InvalidInput("서식의 상태를 골라 주세요. 바꾼 것은 없습니다.")
    return found[text]
