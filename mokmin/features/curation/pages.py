"""Pages for those who look after search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.errors import Conflict, InvalidInput, MokminError, NotAllowed, TooLarge
from mokmin.base.formats.charset import decode_text
from mokmin.base.web.kit import PageKit
from mokmin.features.curation import present
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people.viewpoints import Viewpoints
from mokmin.governance.people.web import Needs, principal_of
from mokmin.knowledge.documents.service import DocumentService, parse_date
from mokmin.knowledge.search.dictionary import DictionaryService
from mokmin.knowledge.search.entry_rules import Draft
from mokmin.knowledge.search.inspection import InspectionService
from mokmin.knowledge.search.model import SearchFilters

GRADES = [("O", "공개"), ("S", "민감"), ("C", "기밀")]
MAX_FILE = 2**20
_FIELDS = (
    "query", "view", "login", "department", "kind", "grade", "dated_from", "dated_to",
    "in_force_on", "title", "document",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Curation:
    """What the pages need."""

    inspection: InspectionService
    dictionary: DictionaryService
    viewpoints: Viewpoints
    documents: DocumentService
    departments: Callable[[], list[str]]
    mask: Callable[[str], str]


def router(kit: PageKit, curation: Curation) -> APIRouter:
    """All routes below /inspect and /dictionary; each requires the right to curate."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.CURATE))])
    _inspector(routes, kit, curation)
    _dictionary_files(routes, kit, curation)
    _dictionary(routes, kit, curation)
    return routes


def _curator(request: Request) -> Principal:
    principal = principal_of(request)
    require(principal, Permission.CURATE)
    return principal


async def _sent(request: Request) -> dict[str, str]:
    """The fields of the inspector's form."""
    sent = await request.form()
    return {name: v if isinstance(v := sent.get(name, ""), str) else "" for name in _FIELDS}


# --- the inspector ----------------------------------------------------------------------------
def _inspector(routes: APIRouter, kit: PageKit, curation: Curation) -> None:
    def page(
        request: Request, principal: Principal, form: dict[str, str], status: int = 200, **more: Any
    ) -> HTMLResponse:
        context = {"result": None, "titles": [], "error": "", "chosen": None} | more
        narrowed = ("department", "kind", "grade", "dated_from", "dated_to", "in_force_on")
        return kit.page(
            request,
            "curation/inspect.html",
            status=status,
            nav="inspect",
            title="찾기 살펴보기",
            form=form,
            narrowed=sum(bool(form[name]) for name in narrowed),
            viewpoints=[(v.key, v.label) for v in curation.viewpoints.choices(principal)],
            accounts=[
                (v.key.removeprefix("user:"), v.label)
                for v in curation.viewpoints.accounts(principal)
            ],
            departments=curation.departments(),
            kinds=curation.documents.kinds(principal),
            grades=GRADES,
            **context,
        )

    @routes.get("/inspect")
    def empty(request: Request) -> HTMLResponse:
        principal = _curator(request)
        return page(request, principal, dict.fromkeys(_FIELDS, ""))

    @routes.post("/inspect")
    def inspect(request: Request, form: Annotated[dict[str, str], Depends(_sent)]) -> HTMLResponse:
        principal = _curator(request)
        titles = curation.inspection.titles(principal, form["title"])
        chosen = _document(form, [t.document_id for t in titles])
        view = f"user:{form['login'].strip()}" if form["login"].strip() else form["view"]
        try:
            found = curation.inspection.inspect(
                principal, view, form["query"], filters=_filters(form), document_id=chosen
            )
        except (InvalidInput, NotAllowed) as error:
            return page(request, principal, form, error.status, error=error.message, titles=titles)
        result = present.inspection(found, curation.mask)
        return page(request, principal, form, result=result, titles=titles, chosen=chosen)


def _filters(form: dict[str, str]) -> SearchFilters:
    if form["grade"] and form["grade"] not in dict(GRADES):
        raise InvalidInput("그런 보안 등급은 없습니다. 목록에서 골라 주세요.")

    def one(name: str) -> tuple[str, ...]:
        return (form[name],) if form[name] else ()

    return SearchFilters(
        departments=one("department"),
        kinds=one("kind"),
        grades=one("grade"),
        dated_from=parse_date(form["dated_from"]),
        dated_to=parse_date(form["dated_to"]),
        in_force_on=parse_date(form["in_force_on"]),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _home(text: str) -> int | None:
    """A department's id, None for the whole city. Raises InvalidInput."""
    number = _number(text)
    if text and number is None:
        raise InvalidInput("그런 부서는 없습니다. 목록에서 골라 주세요.")
    return number


def _document(form: dict[str, str], titles: list[int]) -> int | None:
    """The document that is asked for: the one that was picked, or the only one of that title."""
    picked = _number(form["document"])
    if form["title"].strip():
        if picked in titles:
            return picked
        return titles[0] if len(titles) == 1 else None
    return picked


# --- the dictionary ---------------------------------------------------------------------------
def _dictionary_page(
    request: Request, kit: PageKit, curation: Curation, principal: Principal, **more: Any
) -> HTMLResponse:
    """The page; ``more`` may hold the form as it was sent, and what is wrong with it."""
    sent, service = request.query_params, curation.dictionary
    listed = "shipped" if sent.get("list") == "shipped" else "own"
    text, number = sent.get("q", ""), _number(sent.get("page", "")) or 1
    homes = service.homes(principal)
    context: dict[str, Any] = {
        "form": {"id": None, "everyday": "", "official": "", "note": "", "department": ""},
        "status": 200,
        "error": "",
        "import_error": "",
        "flash": None,
        "try_error": "",
    }
    if homes:
        context["form"]["department"] = homes[0][0]
    if listed == "shipped":
        rows = present.shipped(service.shipped_page(principal, text, number))
    else:
        rows = present.entries(service, principal, service.page(principal, text, number))
    used = {"list": "shipped" if listed == "shipped" else "", "q": text}
    question, tried = sent.get("question", ""), None
    if question.strip():
        try:
            tried = present.tried(service.try_out(principal, question))
        except InvalidInput as error:
            context["try_error"] = error.message
    return kit.page(
        request,
        "curation/dictionary.html",
        nav="dictionary",
        title="행정 용어 사전",
        listed=listed,
        q=text,
        query=urlencode({key: value for key, value in used.items() if value}),
        homes=homes,
        home_name=homes[0][1] if len(homes) == 1 else "",
        question=question,
        tried=tried,
        **rows,
        **(context | more),
    )


def _dictionary(routes: APIRouter, kit: PageKit, curation: Curation) -> None:
    service = curation.dictionary

    @routes.get("/dictionary")
    def index(
        request: Request,
        edit: int | None = None,
        saved: int | None = None,
        removed: int | None = None,
        imported: str = "",
    ) -> HTMLResponse:
        principal = _curator(request)
        more: dict[str, Any] = {}
        if edit is not None:
            entry = service.get(principal, edit)
            more["form"] = {
                "id": entry.id,
                "everyday": entry.everyday,
                "official": ", ".join(entry.official),
                "note": entry.note,
                "department": entry.department,
            }
        if saved is not None:
            more["flash"] = {"text": "용어를 넣었습니다. 지금부터 찾기에 쓰입니다.", "undo": None}
        if removed is not None:
            undo = {"url": f"/dictionary/{removed}/restore", "fields": {}}
            more["flash"] = {"text": "용어를 뺐습니다.", "undo": undo}
        counts = [_number(part) for part in imported.split("-")]
        if len(counts) == 3 and None not in counts:
            said = f"새로 {counts[0]}개, 고침 {counts[1]}개, 그대로 {counts[2]}개"
            more["flash"] = {"text": f"파일의 용어를 넣었습니다. {said}.", "undo": None}
        return _dictionary_page(request, kit, curation, principal, **more)

    @routes.post("/dictionary")
    def add(
        request: Request,
        everyday: Annotated[str, Form()] = "",
        official: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
        department: Annotated[str, Form()] = "",
    ) -> Response:
        principal = _curator(request)
        draft = Draft(everyday, official, note)
        try:
            made = service.add(principal, _home(department), draft)
        except (InvalidInput, Conflict) as error:
            return wrong(request, principal, error, None, draft, department)
        return RedirectResponse(f"/dictionary?saved={made}", status_code=303)

    @routes.post("/dictionary/{entry_id}")
    def change(
        request: Request,
        entry_id: int,
        everyday: Annotated[str, Form()] = "",
        official: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
    ) -> Response:
        principal = _curator(request)
        draft = Draft(everyday, official, note)
        try:
            service.change(principal, entry_id, draft)
        except (InvalidInput, Conflict) as error:
            department = service.get(principal, entry_id).department
            return wrong(request, principal, error, entry_id, draft, department)
        return RedirectResponse(f"/dictionary?saved={entry_id}", status_code=303)

    @routes.post("/dictionary/{entry_id}/remove")
    def remove(request: Request, entry_id: int) -> Response:
        service.remove(_curator(request), entry_id)
        return RedirectResponse(f"/dictionary?removed={entry_id}", status_code=303)

    @routes.post("/dictionary/{entry_id}/restore")
    def restore(request: Request, entry_id: int) -> Response:
        service.restore(_curator(request), entry_id)
        return RedirectResponse("/dictionary", status_code=303)

    def wrong(
        request: Request,
        principal: Principal,
        error: MokminError,
        entry_id: int | None,
        draft: Draft,
        department: str,
    ) -> HTMLResponse:
        form = {
            "id": entry_id,
            "everyday": draft.everyday,
            "official": draft.official,
            "note": draft.note,
            "department": department,
        }
        return _dictionary_page(
            request, kit, curation, principal, form=form, error=error.message, status=error.status
        )


def _dictionary_files(routes: APIRouter, kit: PageKit, curation: Curation) -> None:
    service = curation.dictionary

    @routes.get("/dictionary/export.tsv")
    def export(request: Request, department: str = "") -> Response:
        principal = _curator(request)
        home = _home(department)
        text = service.export(principal, home)
        names = dict(service.homes(principal))
        name = quote(f"행정 용어 {names['' if home is None else str(home)]}.tsv")
        return Response(
            "\ufeff" + text,
            media_type="text/tab-separated-values; charset=utf-8",
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
                "Cache-Control": "no-store",
            },
        )

    @routes.post("/dictionary/import")
    def import_(
        request: Request,
        file: Annotated[UploadFile, File()],
        department: Annotated[str, Form()] = "",
    ) -> Response:
        principal = _curator(request)
        try:
            done = service.import_(principal, _home(department), _text(file))
        except InvalidInput as error:
            return _dictionary_page(
                request, kit, curation, principal, import_error=error.message, status=error.status
            )
        counts = f"{done.added}-{done.changed}-{done.same}"
        return RedirectResponse(f"/dictionary?imported={counts}", status_code=303)


def _text(file: UploadFile) -> str:
    data = file.file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise TooLarge("파일이 1MB보다 큽니다. 나누어 넣어 주세요. 아무것도 넣지 않았습니다.")
    text = decode_text(data) if data.strip() else None
    if text is None:
        raise InvalidInput("글로 된 파일이 아니거나 비어 있습니다. 아무것도 넣지 않았습니다.")
    return text
