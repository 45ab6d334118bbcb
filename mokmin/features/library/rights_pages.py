"""Pages of rights: of one document, of many at once, and what a person can see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from mokmin.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from mokmin.base.web.kit import PageKit, day
from mokmin.features.library import present
from mokmin.features.library import rights_forms as forms
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import today
from mokmin.governance.people.service import PeopleService
from mokmin.governance.people.web import Needs, principal_of
from mokmin.knowledge.documents.rights import RightsService
from mokmin.knowledge.documents.rights_model import GRADES
from mokmin.knowledge.documents.rights_viewing import Looked, RightsViewing
from mokmin.knowledge.documents.service import parse_date
from mokmin.knowledge.search.service import SearchService

Json = dict[str, Any]
SEARCHED = 50
SHOWN = 10


async def _sent(request: Request) -> FormData:
    return await request.form()


Sent = Annotated[FormData, Depends(_sent)]


def router(
    kit: PageKit,
    rights: RightsService,
    viewing: RightsViewing,
    people: PeopleService,
    search: SearchService,
    mask: Callable[[str, str], str],
) -> APIRouter:
    """All routes of rights. To be included before those of the library, whose ids they resemble.
    ``mask(text, grade)`` is text as it may be shown."""
    everything = APIRouter()
    reading = APIRouter(dependencies=[Depends(Needs(Permission.ASK))])
    changing = APIRouter(dependencies=[Depends(Needs(Permission.UPLOAD))])
    explaining = APIRouter(dependencies=[Depends(Needs(Permission.EXPLAIN_ACCESS))])
    _many(changing, kit, rights, people)
    _one(reading, changing, kit, rights, viewing, people)
    _simulator(explaining, kit, viewing, search, mask)
    for routes in (changing, reading, explaining):
        everything.include_router(routes)
    return everything


def _one(
    reading: APIRouter,
    changing: APIRouter,
    kit: PageKit,
    rights: RightsService,
    viewing: RightsViewing,
    people: PeopleService,
) -> None:
    def page(
        request: Request, document_id: int, form: Json | None = None, status: int = 200, **more: Any
    ) -> HTMLResponse:
        principal = principal_of(request)
        held = rights.of(principal, document_id)
        explains = principal.may(Permission.EXPLAIN_ACCESS)
        context: Json = {"error": "", "flash": None, "who": "", "on": "", "why": None} | more
        return kit.page(
            request,
            "library/rights.html",
            status=status,
            nav="library",
            title="문서 권한",
            doc={"id": held.document_id, "title": held.title, "grade": held.rights.grade},
            facts=forms.facts(held.rights),
            department=held.rights.department,
            manages=held.manages,
            explains=explains,
            readers=forms.reader_rows(held.rights, held.readers)
            if held.manages or explains
            else [],
            warnings=forms.warnings(held.rights) if held.manages else [],
            form=form or forms.form_of(held),
            known=rights.audience.choices(principal.department_id) if held.manages else [],
            departments=people.department_names() if held.manages else [],
            accounts=viewing.accounts(principal) if explains else [],
            history=[forms.batch_line(b) for b in rights.history(principal, document_id)],
            **forms.choices(),
            **context,
        )

    @reading.get("/library/{document_id}/rights")
    def show(
        request: Request,
        document_id: int,
        done: int | None = None,
        undone: bool = False,
        who: str = "",
        on: str = "",
    ) -> HTMLResponse:
        principal = principal_of(request)
        more: Json = {"who": who, "on": on}
        if undone:
            more["flash"] = {"text": "바꾸기 전의 권한으로 되돌렸습니다.", "undo": None}
        elif done is not None:
            undo = {"url": f"/library/rights/{done}/undo", "fields": {"back": document_id}}
            more["flash"] = {"text": "권한을 바꿨습니다. 다음 찾기부터 적용됩니다.", "undo": undo}
        if who:
            rights.of(principal, document_id)
            try:
                looked = viewing.look(principal, who, parse_date(on))
                more["why"] = viewing.explain(principal, looked, document_id)
            except (InvalidInput, NotAllowed) as error:
                return page(request, document_id, status=error.status, error=error.message, **more)
        return page(request, document_id, **more)

    @changing.post("/library/{document_id}/rights")
    def change(request: Request, document_id: int, form: Sent) -> Response:
        principal = principal_of(request)
        if not rights.of(principal, document_id).manages:
            raise NotAllowed(
                "이 문서의 권한을 바꿀 수 없습니다. 소관 부서의 관리자에게 부탁하세요."
            )
        try:
            edit = rights.edit(forms.values_of(form), "replace", forms.readers_of(form))
            seen = str(form.get("seen", ""))
            note = str(form.get("note", ""))
            batch, _ = rights.change(principal, [document_id], edit, note=note, seen=seen)
        except (InvalidInput, Conflict) as error:
            sent = forms.as_sent(form)
            return page(request, document_id, sent, status=error.status, error=error.message)
        if not rights.keeps_seeing(principal, document_id):
            return RedirectResponse(f"/library/rights/{batch}", status_code=303)
        done = f"?done={batch}" if batch is not None else ""
        return RedirectResponse(f"/library/{document_id}/rights{done}", status_code=303)


def _many(changing: APIRouter, kit: PageKit, rights: RightsService, people: PeopleService) -> None:
    def page(
        request: Request, ids: list[int], form: Json, status: int = 200, **more: Any
    ) -> HTMLResponse:
        principal = principal_of(request)
        context: Json = {"error": "", "plan": None} | more
        return kit.page(
            request,
            "library/rights_many.html",
            status=status,
            nav="library",
            title="여러 문서의 권한",
            ids=ids,
            form=form,
            known=rights.audience.choices(principal.department_id),
            departments=people.department_names(),
            **forms.choices(),
            **context,
        )

    @changing.get("/library/rights")
    def begin(request: Request, ids: Annotated[list[str], Query()] = []) -> HTMLResponse:  # noqa: B006
        return page(request, forms.ids_of(ids), forms.as_sent(FormData()))

    @changing.post("/library/rights")
    def change(request: Request, form: Sent) -> Response:
        principal = principal_of(request)
        ids = forms.ids_of(form.getlist("ids"))
        sent = forms.as_sent(form)
        try:
            values = forms.values_of(form, many=True)
            mode = forms.mode_of(form)
            readers = forms.readers_of(form) if mode != "keep" else []
            if not values and not readers:
                raise InvalidInput("바꿀 것을 하나 이상 골라 주세요. 아무것도 바꾸지 않았습니다.")
            edit = rights.edit(values, mode, readers)
            if form.get("step") != "apply":
                plan = rights.preview(principal, ids, edit)
                return page(request, ids, sent, plan=forms.summary(plan))
            batch, _ = rights.change(principal, ids, edit, note=str(form.get("note", "")))
        except (InvalidInput, NotAllowed, NotFound) as error:
            return page(request, ids, sent, status=error.status, error=error.message)
        address = "/library" if batch is None else f"/library/rights/{batch}"
        return RedirectResponse(address, status_code=303)

    @changing.get("/library/rights/{batch_id}")
    def done(request: Request, batch_id: int, left: int = 0) -> HTMLResponse:
        batch, seen = rights.batch(principal_of(request), batch_id)
        return kit.page(
            request,
            "library/rights_done.html",
            nav="library",
            title="권한 변경 결과",
            batch=forms.batch_line(batch),
            count=batch.documents,
            left=min(max(0, left), batch.documents),
            documents=[{"id": key, "title": title} for key, title in seen],
        )

    @changing.post("/library/rights/{batch_id}/undo")
    def undo(
        request: Request, batch_id: int, back: Annotated[str, Form()] = ""
    ) -> RedirectResponse:
        plan = rights.undo(principal_of(request), batch_id)
        one = forms.ids_of([back])
        if one and plan.changed:
            return RedirectResponse(f"/library/{one[0]}/rights?undone=1", status_code=303)
        left = len(plan.planned) - len(plan.changed) + plan.unknown
        address = f"/library/rights/{batch_id}" + (f"?left={left}" if left else "")
        return RedirectResponse(address, status_code=303)


def _simulator(
    explaining: APIRouter,
    kit: PageKit,
    viewing: RightsViewing,
    search: SearchService,
    mask: Callable[[str, str], str],
) -> None:
    @explaining.get("/access")
    def access(
        request: Request,
        who: str = "",
        on: str = "",
        department: str = "",
        grade: str = "",
        q: str = "",
        page: int = 1,
    ) -> HTMLResponse:
        principal = principal_of(request)
        context: Json = {"error": "", "looked": None, "rows": [], "pages": 1, "found": None}
        status = 200
        if who.strip():
            try:
                looked = viewing.look(principal, who, parse_date(on))
                context |= _seen(principal, looked, department, grade, q, page)
            except (InvalidInput, NotAllowed) as error:
                context["error"], status = error.message, error.status
        filters = {"who": who, "on": on, "department": department, "grade": grade}
        return kit.page(
            request,
            "library/access.html",
            status=status,
            nav="access",
            title="열람 권한 살펴보기",
            who=who,
            on=on,
            q=q,
            department=department,
            grade_filter=grade,
            page=max(1, page),
            today=day(today()),
            query=urlencode({k: v for k, v in filters.items() if v}),
            accounts=viewing.accounts(principal),
            grades=GRADES,
            **context,
        )

    def _seen(
        principal: Principal, looked: Looked, department: str, grade: str, q: str, page: int
    ) -> Json:
        overview = viewing.overview(principal, looked)
        made: Json = {
            "looked": {"label": looked.label, "day": day(looked.day), "disabled": looked.disabled},
            "total": overview.total,
            "departments": overview.departments,
            "by_grade": overview.grades,
        }
        if q.strip():
            hits = search.search(looked.principal, q, top=SEARCHED).hits
            both = viewing.seen_by_both(principal, looked, (h.document_id for h in hits))
            shown = [h for h in hits if h.document_id in both][:SHOWN]
            made["found"] = [
                {
                    "id": h.document_id,
                    "title": h.title,
                    "grade": h.grade,
                    "department": h.department,
                    "text": mask(h.text, h.grade)[:160],
                }
                for h in shown
            ]
            return made
        rows, pages = viewing.listed(
            principal, looked, department=department, grade=grade, page=page
        )
        made |= {"rows": [present.row(d, may_manage=False) for d in rows], "pages": pages}
        return made
