"""The web application: features' routes behind one session, one set of headers, one error handler."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, DBAPIError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from mokmin import __version__, features, migrations
from mokmin.app import App
from mokmin.base.errors import InvalidInput, MokminError, NotFound, NotSignedIn, Unavailable
from mokmin.base.formats.page_images import PageImages
from mokmin.base.web.kit import STATIC, PageKit, ago
from mokmin.base.web.middleware import HEADERS, SecurityMiddleware
from mokmin.base.web.problems import INTERNAL, problem, problem_json, wants_html
from mokmin.demo import loader
from mokmin.features.assistant import folder_pages, shared_pages
from mokmin.features.assistant import pages as assistant_pages
from mokmin.features.console import pages as console_pages
from mokmin.features.console import switch_pages
from mokmin.features.curation import pages as curation_pages
from mokmin.features.curation import review_pages
from mokmin.features.library import pages as library_pages
from mokmin.features.library import search_pages
from mokmin.features.portal import pages as portal_pages
from mokmin.features.portal.starters import starters
from mokmin.features.tools import pages as tools_pages
from mokmin.governance.access.model import ROLE_NAMES, Permission, Principal
from mokmin.governance.people.web import SessionMiddleware, guarded, principal_of, session_of
from mokmin.knowledge.answering.citing import locator_dict
from mokmin.knowledge.documents.model import State
from mokmin.settings import demo_password

log = logging.getLogger(__name__)
THREADS = 100
SHUTDOWN_SECONDS = 5.0
FEATURES = Path(features.__file__).parent


class Ask(BaseModel):
    """A question of a program."""

    question: str
    model: str | None = None


class Find(BaseModel):
    """A search of a program."""

    query: str
    top: int = Field(default=10, ge=1, le=100)


class _Static(StaticFiles):
    """Static files with a year of caching: their addresses carry a hash of the content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def create_web(app: App) -> FastAPI:
    """The ASGI application over a wired App."""
    demo = (app.settings.home / "demo-loaded").is_file()
    city_name = str(loader.city()["name"]) if demo else "행정 인공지능"

    def shell(request: Request) -> Mapping[str, Any]:
        session = session_of(request)
        context: dict[str, Any] = {"city_name": city_name, "csrf_token": "", "title": "목민"}
        if session is None:
            return context
        who = session.principal
        mine = app.documents.mine(who, limit=50)
        busy = sum(d.state in (State.QUEUED, State.READING, State.INDEXING) for d in mine)
        return context | {
            "csrf_token": session.csrf_token,
            "jobs_running": busy,
            "flash": None,
            "conversation_id": None,
            "nav": "",
            "announcements": app.switches.announcements(),
            "user": {
                "name": who.name,
                "department": who.department,
                "role_name": ROLE_NAMES.get(who.role, ""),
                "is_admin": who.may(Permission.ADMINISTER),
                "may_curate": who.may(Permission.CURATE),
            },
            "recent": [{"id": c.id, "title": c.title} for c in app.assistant.recent(who, limit=8)],
        }

    folders = [FEATURES / name / "templates" for name in features.FEATURES]
    kit = PageKit(folders, shell)
    web = FastAPI(
        title="목민",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    web.state.kit = kit
    _routes(web, app, kit, demo)
    _programs(web, app)
    _errors(web, kit)
    web.mount("/static", _Static(directory=STATIC), name="static")
    web.add_middleware(SessionMiddleware, lookup=app.people.session)
    web.add_middleware(SecurityMiddleware, max_bytes=app.settings.max_upload_mb * 2**20 + 2**20)
    web.router.on_startup.append(_more_threads)
    web.router.on_shutdown.append(partial(app.assistant.close, SHUTDOWN_SECONDS))
    web.router.on_shutdown.append(app.tools.close)
    return web


async def _more_threads() -> None:
    """Each open stream holds a thread: allow more than the default 40."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS


def _routes(web: FastAPI, app: App, kit: PageKit, demo: bool) -> None:
    def begin(principal: Principal) -> list[Mapping[str, str]]:
        return starters(principal, demo)

    def recent(principal: Principal) -> list[Mapping[str, Any]]:
        return [
            {"id": c.id, "title": c.title, "when": ago(c.updated_at), "documents": 0}
            for c in app.assistant.recent(principal, limit=5)
        ]

    note = "" if app.models else "연결된 생성 모델이 없어, 원문을 그대로 발췌해 답합니다."
    hint = f"시범 계정 비밀번호는 모두 {demo_password()} 입니다." if demo else ""
    for routes in portal_pages.routers(
        kit,
        app.people,
        app.audit,
        app.documents,
        begin,
        recent,
        home_folder=app.settings.home,
        secure=app.settings.secure_cookies,
        demo=hint,
    ):
        web.include_router(routes, include_in_schema=False)
    images = PageImages(app.settings.home / "cache" / "pages")
    web.include_router(
        assistant_pages.router(
            kit, app.assistant, app.documents, app.search, begin, note, app.folders
        ),
        include_in_schema=False,
    )
    web.include_router(folder_pages.router(app.folders), include_in_schema=False)
    web.include_router(
        shared_pages.router(kit, app.assistant, app.sharing, app.people.department_names),
        include_in_schema=False,
    )
    web.include_router(
        library_pages.router(kit, app.documents, app.people, app.audit, images),
        include_in_schema=False,
    )
    web.include_router(
        search_pages.router(kit, app.library_search, app.documents), include_in_schema=False
    )
    web.include_router(tools_pages.router(kit, app.tools, app.documents), include_in_schema=False)
    web.include_router(tools_pages.api_router(app.tools))
    curation = curation_pages.Curation(
        app.inspection, app.dictionary, app.viewpoints, app.documents, app.people.department_names
    )
    web.include_router(curation_pages.router(kit, curation), include_in_schema=False)
    reviewing = review_pages.Reviewing(app.reviews, app.audit, app.settings.home)
    web.include_router(review_pages.router(kit, reviewing), include_in_schema=False)
    web.include_router(switch_pages.router(kit, app.switches), include_in_schema=False)
    web.include_router(
        console_pages.router(
            kit,
            app.db,
            lambda: app.index,
            app.embedder,
            app.analyser,
            app.models,
            app.queue,
            app.documents,
            app.audit,
            app.settings.home,
            app.reranker,
        ),
        include_in_schema=False,
    )


def _programs(web: FastAPI, app: App) -> None:
    @web.get("/healthz", tags=["operation"])
    def alive() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    @web.get("/readyz", tags=["operation"])
    def ready() -> JSONResponse:
        checks = {"database": True, "schema": True, "index": True}
        try:
            current, newest = migrations.state(app.db)
            checks["schema"] = current == newest
        except DBAPIError:
            checks["database"] = checks["schema"] = False
        try:
            app.index.health()
        except (OSError, RuntimeError, ValueError):
            checks["index"] = False
        good = all(checks.values())
        return JSONResponse({"ready": good, "checks": checks}, status_code=200 if good else 503)

    @web.post("/api/v1/search", dependencies=[Depends(guarded)], tags=["knowledge"])
    def find(request: Request, body: Find) -> dict[str, Any]:
        who = principal_of(request)
        app.switches.check("search")
        result = app.search.search(who, body.query, top=body.top)
        app.audit.record(who, "search", f"hits:{len(result.hits)}")
        hits = [
            {
                "rank": h.rank,
                "score": h.score,
                "passage_id": h.passage_id,
                "document_id": h.document_id,
                "title": h.title,
                "text": h.text,
                "locator": locator_dict(h.locator),
                "grade": h.grade,
                "department": h.department,
                "date": h.dated_on,
                "freshness": h.freshness.value,
            }
            for h in result.hits
        ]
        return {"query": result.query, "seconds": result.trace.seconds, "hits": hits}

    @web.post("/api/v1/ask", dependencies=[Depends(guarded)], tags=["knowledge"])
    def ask(request: Request, body: Ask) -> dict[str, Any]:
        answer = app.answers.answer(principal_of(request), body.question, model=body.model)
        return asdict(answer)

    @web.get("/favicon.ico", include_in_schema=False)
    def icon() -> Response:
        return RedirectResponse("/static/logo.svg")


def _errors(web: FastAPI, kit: PageKit) -> None:
    def show(request: Request, error: MokminError) -> Response:
        signed_in = session_of(request) is not None and error.status < 500
        if isinstance(error, NotSignedIn) and wants_html(request):
            path = request.url.path if request.method == "GET" else "/"
            return RedirectResponse(f"/signin?next={path}", status_code=303)
        return problem(request, kit, error, signed_in=signed_in)

    @web.exception_handler(MokminError)
    def known(request: Request, error: MokminError) -> Response:
        return show(request, error)

    @web.exception_handler(RequestValidationError)
    def invalid(request: Request, _error: RequestValidationError) -> Response:
        return show(
            request,
            InvalidInput("보낸 내용의 형식이 맞지 않습니다. 화면을 새로 고친 뒤 다시 해 주세요."),
        )

    @web.exception_handler(OverflowError)
    @web.exception_handler(DataError)
    def too_big(request: Request, _error: Exception) -> Response:
        return show(request, NotFound("그런 번호는 없습니다. 주소를 확인해 주세요."))

    @web.exception_handler(DBAPIError)
    def database(request: Request, error: DBAPIError) -> Response:
        log.error("database error", exc_info=error)
        return show(
            request,
            Unavailable(
                "데이터베이스가 바쁩니다. 저장된 것은 그대로 있습니다. 잠시 뒤 다시 시도해 주세요."
            ),
        )

    @web.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return show(
                request, NotFound("그런 주소는 없습니다. 주소를 확인하거나 홈으로 가 주세요.")
            )
        detail = "이 주소에서는 그 일을 할 수 없습니다." if error.status_code == 405 else INTERNAL
        return problem_json(error.status_code, "http-error", detail, retry=False)

    @web.exception_handler(Exception)
    def unknown(request: Request, error: Exception) -> Response:
        log.error("unexpected error", exc_info=error)
        response = show(request, MokminError(INTERNAL))
        # This handler runs outside the middleware that adds them.
        response.headers.update(HEADERS)
        return response
