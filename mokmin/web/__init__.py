"""The web application: features' routes behind one session, one set of headers, one error handler."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from mokmin import __version__, features
from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.web.kit import STATIC, PageKit
from mokmin.base.web.language import LanguageMiddleware
from mokmin.base.web.middleware import SecurityMiddleware
from mokmin.demo import loader
from mokmin.governance.access.model import ROLE_NAMES, Permission
from mokmin.governance.people.new_day_web import NewDayMiddleware
from mokmin.governance.people.sessions import Session
from mokmin.governance.people.web import Cookies, SessionMiddleware, session_of
from mokmin.governance.usage.switches import Announcement
from mokmin.knowledge.documents.model import State
from mokmin.web.failures import add_failures
from mokmin.web.metrics import add_metrics
from mokmin.web.programs import add_programs
from mokmin.web.routes import add_finding, add_pages, add_plugins

__all__ = ["create_web"]
THREADS = 100
SHUTDOWN_SECONDS = 5.0
WARN_SECONDS = 120
FEATURES = Path(features.__file__).parent


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
    if demo:
        app.agency_name = str(loader.city()["full_name"])

    desks = list(features.DESKS)

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
            "session_left": _left(session, app.settings.session_idle_minutes),
            "jobs_running": busy,
            "flash": None,
            "conversation_id": None,
            "nav": "",
            "announcements": [
                *app.switches.announcements(who),
                *(Announcement("warn", text) for text in app.limits.warnings(who)),
            ],
            "user": {
                "name": who.name,
                "department": who.department,
                "role_name": ROLE_NAMES.get(who.role, ""),
                "is_admin": who.may(Permission.ADMINISTER),
                "may_curate": who.may(Permission.CURATE),
            },
            "desks": [d for d in desks if who.may(d.permission)],
            "notices_unread": app.notices.unread(who),
            "recent": [
                {"id": c.id, "title": c.title} for c in app.conversations.recent(who, limit=8)
            ],
        }

    folders = [FEATURES / name / "templates" for name in features.FEATURES]
    # After the own ones, so that no plug-in takes the place of a page of ours.
    folders += [p.templates for p in app.plugins.plugins if p.templates is not None]
    kit = PageKit(folders, shell)
    cookies = Cookies(app.settings.secure_cookies, app.settings.session_hours * 3600)
    web = FastAPI(
        title="목민",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # Its redirects would lead to whatever host the request named; see failures.
        redirect_slashes=False,
    )
    web.state.kit = kit
    add_pages(web, app, kit, demo, cookies)
    add_finding(web, app, desks)
    desks += [desk for plugin in add_plugins(web, app, kit) for desk in plugin.desks]
    add_programs(web, app)
    add_failures(web, kit)
    add_metrics(web, app)
    web.mount("/static", _Static(directory=STATIC), name="static")
    web.add_middleware(
        SessionMiddleware,
        cookie=cookies.session,
        by_cookie=lambda token, touch: app.sessions.find(token, touch=touch),
        by_token=lambda token: app.api_tokens.find(token),
    )
    web.add_middleware(LanguageMiddleware)
    web.add_middleware(NewDayMiddleware, day=lambda: app.new_day)
    web.add_middleware(
        SecurityMiddleware,
        max_bytes=app.settings.max_upload_mb * 2**20 + 2**20,
        over_tls=app.settings.secure_cookies,
    )
    web.router.on_startup.append(_more_threads)
    web.router.on_shutdown.append(partial(app.assistant.close, SHUTDOWN_SECONDS))
    web.router.on_shutdown.append(app.tools.close)
    web.router.on_shutdown.append(app.comparisons.close)
    return web


def _left(session: Session, idle_minutes: int) -> dict[str, int | str] | None:
    """Seconds until the session ends unused and in any case, and how long before that the page warns;
    None for programs."""
    if session.idle_ends is None or session.ends is None:
        return None
    now = utcnow()
    return {
        "idle": int((session.idle_ends - now).total_seconds()),
        "absolute": int((session.ends - now).total_seconds()),
        "warn": min(WARN_SECONDS, idle_minutes * 30),
        "login": session.principal.login,
    }


async def _more_threads() -> None:
    """Each open stream holds a thread: allow more than the default 40."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
