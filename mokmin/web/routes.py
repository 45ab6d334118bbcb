"""The features' pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from mokmin.app import App
from mokmin.base.formats.page_images import PageImages
from mokmin.base.web.kit import PageKit, ago
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
from mokmin.governance.access.model import Principal
from mokmin.settings import demo_password


def add_pages(web: FastAPI, app: App, kit: PageKit, demo: bool) -> None:
    """Add every feature's routes."""

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
