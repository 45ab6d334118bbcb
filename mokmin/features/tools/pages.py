"""Pages of the tools, and the same for programs."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from mokmin.base.errors import InvalidInput, MokminError, NotFound
from mokmin.base.formats.ai_label import VISIBLE, AiLabel, headers
from mokmin.base.web.kit import PageKit
from mokmin.features.tools import export, fields, present, quiz, summary
from mokmin.features.tools.model import KIND_NAMES, MOST_DOCUMENTS, Json, Kind, Pick, Run
from mokmin.features.tools.service import ToolService
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of
from mokmin.governance.transparency.first_use import SHORT, FirstUse
from mokmin.governance.transparency.takeover import Item, Takeovers
from mokmin.knowledge.documents.model import State
from mokmin.knowledge.documents.service import DocumentService, LibraryQuery

WAIT_SECONDS = 1.5
FILES = {
    "md": "text/markdown; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


class Order(BaseModel):
    """A run that a program asks for: documents as ``12`` or ``"12@1"`` (판), options of the kind."""

    documents: list[int | str] = Field(max_length=100)
    options: dict[str, Any] = Field(default_factory=dict)


def kind_of(text: str) -> Kind:
    """A kind from an address. Raises NotFound."""
    try:
        return Kind(text)
    except ValueError as error:
        raise NotFound("그런 도구는 없습니다. 도구 목록에서 골라 주세요.") from error


def picks_of(texts: list[str]) -> list[Pick]:
    """Documents out of ``12`` and ``12@1``, without repeats. Raises InvalidInput."""
    found: list[Pick] = []
    for text in texts[:200]:
        document, _, number = text.strip().partition("@")
        good = all(p.isascii() and p.isdigit() and len(p) < 10 for p in (document, number or "1"))
        if not good:
            raise InvalidInput("고른 문서의 번호가 맞지 않습니다. 문서를 다시 골라 주세요.")
        found.append(Pick(int(document), int(number) if number else None))
    return list(dict.fromkeys(found))


def router(
    kit: PageKit,
    tools: ToolService,
    documents: DocumentService,
    takeovers: Takeovers,
    first_use: FirstUse,
) -> APIRouter:
    """All routes below /tools."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ASK))])
    _choosing(routes, kit, tools, documents, first_use)
    _results(routes, kit, tools, takeovers)
    _taking_over(routes, tools, takeovers)
    return routes


# --- choosing ---------------------------------------------------------------------------------
def _choosing(
    routes: APIRouter,
    kit: PageKit,
    tools: ToolService,
    documents: DocumentService,
    first_use: FirstUse,
) -> None:
    def form_page(
        request: Request,
        kind: Kind,
        picks: list[Pick],
        q: str,
        form: dict[str, Any],
        error: MokminError | None = None,
    ) -> HTMLResponse:
        principal = principal_of(request)
        sources = tools.picked(principal, picks)
        kept = [p for p in picks if any(s.document_id == p.document_id for s in sources)]
        kept = kept[: len(sources)]
        return kit.page(
            request,
            "tools/form.html",
            status=error.status if error else 200,
            nav="tools",
            title=KIND_NAMES[kind],
            kind=kind.value,
            about=present.ABOUT[kind][1],
            most=MOST_DOCUMENTS[kind],
            q=q,
            error=error.message if error else "",
            lost=len(picks) - len(sources),
            chosen=present.chosen(kind, sources, kept, q),
            found=_found(principal, documents, kind, kept, q),
            pairs=_pairs(principal, tools, kind, kept, q),
            swap=present.address(kind, kept[::-1], q) if len(kept) == 2 else "",
            lengths=[(k, v[0]) for k, v in summary.LENGTHS.items()],
            audiences=list(summary.AUDIENCES.items()),
            forms=list(summary.FORMS.items()),
            counts=[(n, f"{n}개") for n in quiz.COUNTS],
            suggested=fields.SUGGESTED,
            form=form,
            first_use=SHORT if first_use.due(principal) else "",
        )

    @routes.get("/tools")
    def index(request: Request, deleted: int | None = None) -> HTMLResponse:
        flash = None
        if deleted is not None:
            undo = {"url": f"/tools/runs/{deleted}/restore", "fields": {}}
            flash = {"text": "결과를 지웠습니다.", "undo": undo}
        return kit.page(
            request,
            "tools/index.html",
            nav="tools",
            title="요약·표·비교",
            flash=flash,
            cards=present.cards(),
            runs=[present.run_line(r) for r in tools.recent(principal_of(request))],
        )

    @routes.get("/tools/{kind}")
    def choose(
        request: Request,
        kind: str,
        document: Annotated[list[str] | None, Query()] = None,
        q: Annotated[str, Query(max_length=200)] = "",
    ) -> HTMLResponse:
        return form_page(request, kind_of(kind), picks_of(document or []), q, {})

    @routes.post("/tools/{kind}")
    async def start(request: Request, kind: str) -> Response:
        sent = await request.form()
        texts = [v for v in sent.getlist("document") if isinstance(v, str)]
        form: dict[str, Any] = {k: v for k, v in sent.items() if isinstance(v, str)}
        form["suggested"] = [v for v in sent.getlist("suggested") if isinstance(v, str)]
        return await run_in_threadpool(begin, request, kind_of(kind), texts, form)

    def begin(request: Request, kind: Kind, texts: list[str], form: dict[str, Any]) -> Response:
        picks = picks_of(texts)
        options = dict(form)
        if kind is Kind.TABLE:
            options["fields"] = ", ".join([*form["suggested"], form.get("fields", "")])
        try:
            run_id = tools.start(principal_of(request), kind, picks, options)
        except (InvalidInput, NotFound) as error:
            return form_page(request, kind, picks, "", form, error)
        tools.wait(run_id, WAIT_SECONDS)
        return RedirectResponse(f"/tools/runs/{run_id}", status_code=303)


def _found(
    principal: Principal, documents: DocumentService, kind: Kind, picks: list[Pick], q: str
) -> list[Json]:
    """Documents to pick from, with the address that adds each to the choice."""
    page = documents.page(principal, LibraryQuery(text=q))
    taken = {p.document_id for p in picks}
    return [
        {
            "id": d.id,
            "title": d.title,
            "department": d.department,
            "grade": d.grade,
            "freshness": d.freshness.value,
            "picked": d.id in taken,
            "ready": d.state is State.READY or d.current_version_id is not None,
            "url": present.address(kind, [*picks, Pick(d.id)], q),
        }
        for d in page.documents
    ]


def _pairs(
    principal: Principal, tools: ToolService, kind: Kind, picks: list[Pick], q: str
) -> list[Json]:
    """For comparing: other versions, predecessor and successor of the one that is picked."""
    if kind is not Kind.COMPARE or len(picks) != 1:
        return []
    source = tools.picked(principal, picks)[0]
    made: list[Json] = []
    for other, name in tools.counterparts(principal, source):
        older = other.number is not None or source.freshness != "superseded"
        order = [other, picks[0]] if older else [picks[0], other]
        made.append({"name": name, "url": present.address(kind, order, q)})
    return made


# --- results ----------------------------------------------------------------------------------
def _item(run: Run) -> Item:
    return Item("tool", run.id, run.result or {})


def _results(routes: APIRouter, kit: PageKit, tools: ToolService, takeovers: Takeovers) -> None:
    @routes.get("/tools/runs/{run_id}")
    def result(request: Request, run_id: int) -> HTMLResponse:
        run = tools.open(principal_of(request), run_id)
        return kit.page(
            request,
            "tools/run.html",
            nav="tools",
            title=KIND_NAMES[run.kind],
            label=VISIBLE,
            taken=present.taken(takeovers.of([_item(run)]).get(run.id)),
            run=present.run_line(run),
            state=run.state,
            progress=run.progress,
            step=run.step,
            error=run.error,
            options=_said(run),
            again=present.address(run.kind, run.picks),
            result=present.result(run),
        )

    @routes.get("/tools/runs/{run_id}/state")
    def state(request: Request, run_id: int) -> HTMLResponse:
        run = tools.open(principal_of(request), run_id)
        page = kit.page(
            request, "tools/progress.html", run_id=run.id, progress=run.progress, step=run.step
        )
        if run.state != "running":
            page.headers["HX-Refresh"] = "true"
        return page

    @routes.get("/tools/runs/{run_id}/file.{form}")
    def file(request: Request, run_id: int, form: str) -> Response:
        principal = principal_of(request)
        if form not in FILES:
            raise NotFound("그런 형식으로는 받을 수 없습니다. MD, XLSX, CSV 가운데 골라 주세요.")
        run = tools.open(principal, run_id)
        tools.taken_out(principal, run, form)
        label = takeovers.label([_item(run)], run.updated_at)
        run = tools.fit_to_leave(run)
        if form == "xlsx":
            content: str | bytes = export.xlsx(run, run.grade, label)
        elif form == "csv":
            content = "\ufeff" + export.csv_text(run, run.grade, label)
        else:
            content = export.markdown(run, run.grade, label)
        name = quote(f"{KIND_NAMES[run.kind]} {run.title[:60]}.{form}".replace("/", " "), safe="")
        return Response(
            content,
            media_type=FILES[form],
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
                "Cache-Control": "no-store",
                **headers(label),
            },
        )

    @routes.post("/tools/runs/{run_id}/delete")
    def delete(request: Request, run_id: int) -> Response:
        tools.delete(principal_of(request), run_id)
        return RedirectResponse(f"/tools?deleted={run_id}", status_code=303)

    @routes.post("/tools/runs/{run_id}/restore")
    def restore(request: Request, run_id: int) -> Response:
        tools.delete(principal_of(request), run_id, undo=True)
        return RedirectResponse(f"/tools/runs/{run_id}", status_code=303)


def _taking_over(routes: APIRouter, tools: ToolService, takeovers: Takeovers) -> None:
    def done(request: Request, run_id: int) -> Item:
        run = tools.open(principal_of(request), run_id)
        if run.result is None:
            raise InvalidInput("아직 결과가 없습니다. 다 만들어진 뒤에 검토해 주세요.")
        return _item(run)

    @routes.post("/tools/runs/{run_id}/take-over")
    def take_over(request: Request, run_id: int) -> Response:
        takeovers.take(principal_of(request), done(request, run_id))
        return RedirectResponse(f"/tools/runs/{run_id}", status_code=303)

    @routes.post("/tools/runs/{run_id}/take-over/undo")
    def give_back(request: Request, run_id: int) -> Response:
        takeovers.give_back(principal_of(request), done(request, run_id))
        return RedirectResponse(f"/tools/runs/{run_id}", status_code=303)


def _said(run: Run) -> list[str]:
    """The options in words."""
    o = run.options
    if run.kind is Kind.SUMMARY:
        return [
            summary.LENGTHS[o["length"]][0],
            f"{summary.AUDIENCES[o['audience']]}용",
            summary.FORMS[o["form"]],
        ]
    return [f"{o['count']}개까지"] if run.kind is Kind.QUIZ else []


# --- programs ---------------------------------------------------------------------------------
def api_router(tools: ToolService) -> APIRouter:
    """The tools below /api/v1/tools: a run is begun with POST and asked for with GET."""
    routes = APIRouter(
        prefix="/api/v1/tools", dependencies=[Depends(Needs(Permission.ASK))], tags=["tools"]
    )

    def shown(run: Run) -> JSONResponse:
        body = {
            "id": run.id,
            "kind": run.kind.value,
            "title": run.title,
            "state": run.state,
            "progress": run.progress,
            "grade": run.grade,
            "label": VISIBLE,
            "error": run.error,
            "result": run.result,
        }
        status = 202 if run.state == "running" else 200
        return JSONResponse(body, status_code=status, headers=headers(AiLabel(run.updated_at)))

    @routes.get("/runs/{run_id}")
    def get(request: Request, run_id: int) -> JSONResponse:
        return shown(tools.open(principal_of(request), run_id))

    @routes.post("/{kind}")
    def start(request: Request, kind: str, body: Order) -> JSONResponse:
        principal = principal_of(request)
        picks = picks_of([str(d) for d in body.documents])
        run_id = tools.start(principal, kind_of(kind), picks, body.options)
        tools.wait(run_id, WAIT_SECONDS)
        return shown(tools.open(principal, run_id))

    return routes
