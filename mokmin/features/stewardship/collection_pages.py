"""Collections on the steward's desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import MokminError
from mokmin.base.web.kit import PageKit, day
from mokmin.features.stewardship import present
from mokmin.features.stewardship.collecting import USUAL_DAYS, CollectionDesk, CollectionDraft
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of
from mokmin.knowledge.documents.collections import Collection
from mokmin.knowledge.documents.service import DocumentService, parse_date

BASE = "/stewardship/collections"
SAVED = {
    "added": "모음을 만들었습니다. 문서를 넣어 보세요.",
    "changed": "저장했습니다.",
    "removed": "모음을 없앴습니다. 문서는 문서고에 그대로 있습니다.",
    "restored": "되살렸습니다.",
    "put": "문서를 넣었습니다.",
    "taken": "문서를 뺐습니다. 문서고에는 그대로 있습니다.",
}


@dataclass(frozen=True, slots=True)
class CollectionForm:
    """The form of a collection."""

    name: str = ""
    about: str = ""
    department: str = ""
    kinds: list[str] = field(default_factory=list)
    departments: list[str] = field(default_factory=list)
    shared: bool = False
    review_on: str = ""
    edition: int = 0
    id: int | None = None


def router(
    kit: PageKit,
    desk: CollectionDesk,
    library: DocumentService,
    names: Callable[[], list[str]],
) -> APIRouter:
    """All routes below /stewardship/collections. ``names``: those of all departments."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.CURATE))])
    _listing(routes, kit, desk)
    _one(routes, kit, desk, library, names)
    _filling(routes, desk)
    return routes


def _flash(done: str, undo: str | None = None) -> dict[str, Any] | None:
    return {"text": SAVED[done], "undo": undo} if done in SAVED else None


def _listing(routes: APIRouter, kit: PageKit, desk: CollectionDesk) -> None:
    @routes.get(BASE)
    def index(request: Request, done: str = "", undo: int = 0) -> HTMLResponse:
        principal, today = principal_of(request), desk.today()
        return kit.page(
            request,
            "stewardship/collections.html",
            nav="stewardship",
            title="지식 돌보기",
            tabs=present.TABS,
            tab="collections",
            rows=[
                {
                    "id": c.id,
                    "name": c.name,
                    "about": c.about,
                    "department": c.department,
                    "owner": c.owner,
                    "documents": count,
                    "rule": [*c.kinds, *c.departments],
                    "shared": c.shared,
                    "review": day(c.review_on),
                    "due": c.review_on < today,
                }
                for c, count in desk.listing(principal)
            ],
            any_home=bool(desk.homes.choices(principal)),
            flash=_flash(done, f"{BASE}/{undo}/restore" if done == "removed" and undo else None),
        )

    @routes.post(BASE + "/{collection_id:int}/remove")
    def remove(request: Request, collection_id: int) -> RedirectResponse:
        desk.remove(principal_of(request), collection_id)
        return RedirectResponse(f"{BASE}?done=removed&undo={collection_id}", status_code=303)

    @routes.post(BASE + "/{collection_id:int}/restore")
    def restore(request: Request, collection_id: int) -> RedirectResponse:
        desk.restore(principal_of(request), collection_id)
        return RedirectResponse(f"{BASE}?done=restored", status_code=303)


async def _sent(request: Request) -> CollectionForm:
    sent = await request.form()

    def one(name: str) -> str:
        value = sent.get(name, "")
        return value if isinstance(value, str) else ""

    def many(name: str) -> list[str]:
        return [v[:80] for v in sent.getlist(name) if isinstance(v, str) and v]

    edition = present.numbers([one("edition")])
    return CollectionForm(
        one("name"),
        one("about"),
        one("department"),
        many("kind"),
        many("from_department"),
        one("shared") == "1",
        one("review_on"),
        edition[0] if edition else 0,
    )


def _draft(form: CollectionForm) -> CollectionDraft:
    home = present.numbers([form.department])
    return CollectionDraft(
        form.name,
        form.about,
        home[0] if home else None,
        tuple(form.kinds),
        tuple(form.departments),
        form.shared,
        parse_date(form.review_on),
    )


def _form(found: Collection) -> CollectionForm:
    return CollectionForm(
        found.name,
        found.about,
        str(found.department_id),
        list(found.kinds),
        list(found.departments),
        found.shared,
        found.review_on.isoformat(),
        found.edition,
        found.id,
    )


def _one(
    routes: APIRouter,
    kit: PageKit,
    desk: CollectionDesk,
    library: DocumentService,
    names: Callable[[], list[str]],
) -> None:
    def page(
        request: Request, form: CollectionForm, *, status: int = 200, error: str = "", **more: Any
    ) -> HTMLResponse:
        principal = principal_of(request)
        homes = desk.homes.choices(principal)
        context: dict[str, Any] = {"documents": [], "found": [], "find": "", "flash": None}
        return kit.page(
            request,
            "stewardship/collection.html",
            status=status,
            nav="stewardship",
            title=form.name if form.id else "모음 만들기",
            form=form,
            error=error,
            homes=[(str(key), name) for key, name in homes],
            kinds=sorted({*library.kinds(principal), *form.kinds}),
            names=sorted({*names(), *form.departments}),
            **(context | more),
        )

    @routes.get(BASE + "/new")
    def new(request: Request) -> HTMLResponse:
        principal = principal_of(request)
        homes = desk.homes.choices(principal)
        until = desk.today() + timedelta(days=USUAL_DAYS)
        home = str(homes[0][0]) if homes else ""
        return page(request, CollectionForm(department=home, review_on=until.isoformat()))

    @routes.post(BASE + "/new")
    def add(request: Request, form: Annotated[Any, Depends(_sent)]) -> Response:
        try:
            made = desk.add(principal_of(request), _draft(form))
        except MokminError as error:
            return page(request, form, status=error.status, error=error.message)
        return RedirectResponse(f"{BASE}/{made}?done=added", status_code=303)

    @routes.get(BASE + "/{collection_id:int}")
    def show(request: Request, collection_id: int, find: str = "", done: str = "") -> HTMLResponse:
        principal = principal_of(request)
        found = desk.get(principal, collection_id)
        more = _inside(desk, principal, found, find)
        return page(request, _form(found), flash=_flash(done), **more)

    @routes.post(BASE + "/{collection_id:int}")
    def change(
        request: Request, collection_id: int, form: Annotated[Any, Depends(_sent)]
    ) -> Response:
        principal = principal_of(request)
        found = desk.get(principal, collection_id)
        try:
            desk.change(principal, collection_id, _draft(form), edition=form.edition)
        except MokminError as error:
            sent = CollectionForm(
                form.name, form.about, form.department, form.kinds, form.departments,
                form.shared, form.review_on, form.edition, collection_id,
            )  # fmt: skip
            more = _inside(desk, principal, found, "")
            return page(request, sent, status=error.status, error=error.message, **more)
        return RedirectResponse(f"{BASE}/{collection_id}?done=changed", status_code=303)


def _inside(
    desk: CollectionDesk, principal: Principal, found: Collection, find: str
) -> dict[str, Any]:
    documents, picked = desk.documents(principal, found)
    held = {d.id for d in documents}
    return {
        "documents": [
            {"id": d.id, "title": d.title, "kind": d.kind, "department": d.department,
             "grade": d.grade, "picked": d.id in picked}
            for d in documents
        ],
        "found": [
            {"id": d.id, "title": d.title, "department": d.department}
            for d in desk.find(principal, find)
            if d.id not in held
        ],
        "find": find,
    }  # fmt: skip


def _filling(routes: APIRouter, desk: CollectionDesk) -> None:
    @routes.post(BASE + "/{collection_id:int}/documents")
    def put_in(
        request: Request,
        collection_id: int,
        document: Annotated[list[int] | None, Form()] = None,
    ) -> RedirectResponse:
        desk.put_in(principal_of(request), collection_id, document or [])
        return RedirectResponse(f"{BASE}/{collection_id}?done=put", status_code=303)

    @routes.post(BASE + "/{collection_id:int}/documents/{document_id:int}/remove")
    def take_out(request: Request, collection_id: int, document_id: int) -> RedirectResponse:
        desk.take_out(principal_of(request), collection_id, document_id)
        return RedirectResponse(f"{BASE}/{collection_id}?done=taken", status_code=303)
