"""The features' pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import FastAPI

from mokmin import plugins
from mokmin.app import App
from mokmin.base.errors import InvalidInput
from mokmin.base.formats.page_images import PageImages
from mokmin.base.web.kit import PageKit, ago
from mokmin.features import Desk
from mokmin.features.account import helping_pages
from mokmin.features.account import pages as account_pages
from mokmin.features.ai_register import pages as ai_register_pages
from mokmin.features.assistant import (
    answer_pages,
    attachment_pages,
    folder_pages,
    history_pages,
    shared_pages,
)
from mokmin.features.assistant import finding as assistant_finding
from mokmin.features.assistant import pages as assistant_pages
from mokmin.features.assistant.chat import Chat
from mokmin.features.auditing import pages as auditing_pages
from mokmin.features.console import embedding_pages, permission_pages, switch_pages, update_pages
from mokmin.features.console import pages as console_pages
from mokmin.features.console.overview import Console
from mokmin.features.curation import pages as curation_pages
from mokmin.features.curation import review_pages
from mokmin.features.drafting import api as drafting_api
from mokmin.features.drafting import finding as drafting_finding
from mokmin.features.drafting import flow_pages as drafting_flow_pages
from mokmin.features.drafting import pages as drafting_pages
from mokmin.features.endpoints import compare_pages as endpoint_compare_pages
from mokmin.features.endpoints import pages as endpoint_pages
from mokmin.features.forms import batch_pages as form_batch_pages
from mokmin.features.forms import finding as forms_finding
from mokmin.features.forms import pages as form_pages
from mokmin.features.gateway import mcp_pages
from mokmin.features.gateway import pages as gateway_pages
from mokmin.features.know_how import finding as know_how_finding
from mokmin.features.know_how import pages as know_how_pages
from mokmin.features.library import finding as library_finding
from mokmin.features.library import pages as library_pages
from mokmin.features.library import rights_pages, search_pages
from mokmin.features.notices import pages as notice_pages
from mokmin.features.organisation import pages as organisation_pages
from mokmin.features.organisation import people_pages, rotation_pages, scim_pages
from mokmin.features.portal import finding, first_steps, sign_in_pages
from mokmin.features.portal import pages as portal_pages
from mokmin.features.portal.finding import Source
from mokmin.features.portal.first_steps import SETTLED, Progress
from mokmin.features.portal.starters import starters
from mokmin.features.privacy import pages as privacy_pages
from mokmin.features.prompts import pages as prompt_pages
from mokmin.features.records import disclosure_pages
from mokmin.features.records import pages as records_pages
from mokmin.features.stewardship import collection_pages as steward_collection_pages
from mokmin.features.stewardship import document_pages as steward_document_pages
from mokmin.features.stewardship import folder_pages as steward_folder_pages
from mokmin.features.stewardship import pages as steward_pages
from mokmin.features.stewardship import question_pages as steward_question_pages
from mokmin.features.tools import pages as tools_pages
from mokmin.features.usage import pages as usage_pages
from mokmin.features.usage import weekly_pages
from mokmin.features.webhooks import pages as webhook_pages
from mokmin.features.work_assistants import embed_pages
from mokmin.features.work_assistants import finding as assistants_finding
from mokmin.features.work_assistants import pages as work_assistant_pages
from mokmin.features.work_assistants.desk import Desk as AssistantDesk
from mokmin.governance.access.model import Principal
from mokmin.governance.people.web import Cookies
from mokmin.governance.privacy.redaction import Purpose
from mokmin.governance.transparency.first_use import SHORT
from mokmin.settings import demo_password


def add_pages(web: FastAPI, app: App, kit: PageKit, demo: bool, cookies: Cookies) -> None:
    """Add every feature's routes."""

    def begin(principal: Principal) -> list[Mapping[str, str]]:
        return starters(principal, demo)

    def recent(principal: Principal) -> list[Mapping[str, Any]]:
        return [
            {"id": c.id, "title": c.title, "when": ago(c.updated_at), "documents": 0}
            for c in app.conversations.recent(principal, limit=5)
        ]

    hint = f"시범 계정 비밀번호는 모두 {demo_password()} 입니다." if demo else ""
    doors = sign_in_pages.Doors(
        people=app.people,
        sign_in=app.sign_in,
        sessions=app.sessions,
        oidc=app.oidc,
        audit=app.audit,
        cookies=cookies,
        home=app.settings.home,
        public_url=app.settings.public_url,
        provider_name=app.settings.oidc_name,
        demo=hint,
    )
    for routes in sign_in_pages.routers(kit, doors):
        web.include_router(routes, include_in_schema=False)
    account = account_pages.Account(
        app.sign_in, app.sessions, app.second_factors, app.api_tokens, app.audit, cookies
    )
    for routes in account_pages.routers(kit, account):
        web.include_router(routes, include_in_schema=False)
    web.include_router(helping_pages.router(kit, account), include_in_schema=False)
    web.include_router(permission_pages.router(kit), include_in_schema=False)

    def progress(principal: Principal) -> Progress:
        return Progress(
            read=not app.first_use.due(principal),
            conversations=len(app.conversations.recent(principal, limit=SETTLED)),
            drafts=len(app.drafting.mine(principal, limit=1)),
            documents=app.documents.count(principal),
        )

    for routes in portal_pages.routers(kit, app.documents, begin, recent, progress):
        web.include_router(routes, include_in_schema=False)
    web.include_router(first_steps.router(cookies), include_in_schema=False)
    images = PageImages(app.settings.home / "cache" / "pages")
    chat = Chat(
        kit=kit,
        assistant=app.assistant,
        conversations=app.conversations,
        attaching=app.attaching,
        documents=app.documents,
        search=app.search,
        folders=app.folders,
        starters=begin,
        endpoints=app.answers.endpoints,
        mode_note=partial(_mode_note, app),
        takeovers=app.takeovers,
        first_use=app.first_use,
        mask=app.redactor.graded_masker(Purpose.DISPLAY),
    )
    # The history before the chat: its address would be taken for a conversation's.
    for rooms in (history_pages, folder_pages, assistant_pages, answer_pages, attachment_pages):
        web.include_router(rooms.router(chat), include_in_schema=False)
    making = AssistantDesk(
        kit,
        app.work_assistants,
        app.assistant_use,
        app.test_bench,
        app.documents,
        app.search,
        app.places.names,
        app.collections.names,
        app.people.today,
        lambda who: SHORT if app.first_use.due(who) else "",
    )
    for routes in work_assistant_pages.routers(making):
        web.include_router(routes)
    for routes in embed_pages.routers(making, app.assistant_embeds, app.settings.public_url):
        web.include_router(routes, include_in_schema=False)
    web.include_router(
        shared_pages.router(
            kit,
            app.conversations,
            app.sharing,
            app.shared,
            app.people.department_names,
            app.takeovers,
            app.redactor.graded_masker(Purpose.EXPORT),
        ),
        include_in_schema=False,
    )
    web.include_router(
        rights_pages.router(
            kit,
            app.rights,
            app.rights_viewing,
            app.people,
            app.search,
            app.redactor.graded_masker(Purpose.DISPLAY),
        ),
        include_in_schema=False,
    )
    web.include_router(
        library_pages.router(
            kit, app.documents, app.people, app.audit, images, app.document_masking
        ),
        include_in_schema=False,
    )
    web.include_router(
        search_pages.router(kit, app.library_search, app.documents), include_in_schema=False
    )
    web.include_router(
        tools_pages.router(kit, app.tools, app.documents, app.takeovers, app.first_use),
        include_in_schema=False,
    )
    web.include_router(tools_pages.api_router(app.tools))
    drafting = drafting_pages.Drafting(
        app.drafting,
        app.draft_review,
        app.suggestions,
        app.draft_comments,
        app.documents,
        app.read_upload,
        app.draft_opinions,
    )
    web.include_router(drafting_pages.router(kit, drafting), include_in_schema=False)
    line = drafting_flow_pages.router(
        kit, app.drafting, app.draft_flow, app.draft_comments, app.draft_writers
    )
    web.include_router(line, include_in_schema=False)
    web.include_router(drafting_api.api_router(app.drafting, app.draft_review))
    _add_desks(web, app, kit)


def add_finding(web: FastAPI, app: App, desks: Sequence[Desk]) -> None:
    """Add find-and-run over all that features offer. ``desks``: places of work, those of plug-ins too."""
    sources = (
        Source(
            "내 대화",
            "message-square-text",
            lambda who, text, most: assistant_finding.find(app.conversations, who, text, most),
            recent=True,
        ),
        Source(
            "내 문서 작성",
            "file-pen-line",
            lambda who, text, most: drafting_finding.find(app.db, who, text, most),
            recent=True,
        ),
        Source(
            "문서",
            "folder-open",
            lambda who, text, most: library_finding.find(app.db, who, text, most),
        ),
        Source(
            "업무봇",
            "bot",
            lambda who, text, most: assistants_finding.find(app.db, who, text, most),
        ),
        Source(
            "서식",
            "file-text",
            lambda who, text, most: forms_finding.find(app.db, who, text, most),
        ),
        Source(
            "노하우",
            "thumbs-up",
            lambda who, text, most: know_how_finding.find(app.db, who, text, most),
        ),
    )
    routes = finding.router(sources, desks, drafting_finding.beginnings())
    web.include_router(routes, include_in_schema=False)


def _add_desks(web: FastAPI, app: App, kit: PageKit) -> None:
    """Places of work of those with a task of their own: stewards, personnel, records, operators."""
    sharing = know_how_pages.Sharing(app.know_how, app.week_of_know_how)
    web.include_router(know_how_pages.router(kit, sharing), include_in_schema=False)
    web.include_router(know_how_pages.api_router(app.know_how))
    curation = curation_pages.Curation(
        app.inspection,
        app.dictionary,
        app.viewpoints,
        app.documents,
        app.people.department_names,
        app.redactor.masker(Purpose.DISPLAY),
    )
    web.include_router(curation_pages.router(kit, curation), include_in_schema=False)
    reviewing = review_pages.Reviewing(app.reviews, app.audit, app.settings.home)
    web.include_router(review_pages.router(kit, reviewing), include_in_schema=False)
    steward = steward_pages.AnswerDesk(
        app.curated_desk,
        app.reviews,
        app.redactor.graded_masker(Purpose.DISPLAY),
        app.question_desk.text,
    )
    web.include_router(steward_pages.router(kit, steward), include_in_schema=False)
    web.include_router(
        steward_question_pages.router(kit, app.question_desk), include_in_schema=False
    )
    shown = app.redactor.graded_masker(Purpose.DISPLAY)
    web.include_router(
        steward_document_pages.router(kit, app.document_desk, shown, app.watch_desk.troubled),
        include_in_schema=False,
    )
    web.include_router(
        steward_collection_pages.router(
            kit, app.collection_desk, app.documents, app.people.department_names
        ),
        include_in_schema=False,
    )

    def tended(principal: Principal) -> list[tuple[int, str]]:
        return [(c.id, c.name) for c, _ in app.collection_desk.listing(principal)]

    web.include_router(
        steward_folder_pages.router(kit, app.watch_desk, tended), include_in_schema=False
    )
    desk = organisation_pages.Desk(app.organisation, app.accounts, app.free_groups)
    for routes in (
        organisation_pages.router(kit, desk),
        people_pages.router(kit, desk, app.imports),
        rotation_pages.router(kit, desk, app.rotations),
        scim_pages.router(app.scim_users, app.scim_groups),
    ):
        web.include_router(routes, include_in_schema=False)
    for routes in auditing_pages.routers(kit, app.auditing, app.activity):
        web.include_router(routes, include_in_schema=False)
    for routes in privacy_pages.routers(kit, app.privacy, app.policies, app.documents):
        web.include_router(routes, include_in_schema=False)
    for routes in records_pages.routers(kit, app.records, app.disposals):
        web.include_router(routes, include_in_schema=False)
    for routes in disclosure_pages.routers(kit, app.disclosures):
        web.include_router(routes, include_in_schema=False)
    for routes in ai_register_pages.routers(kit, app.ai_register, app.first_use):
        web.include_router(routes, include_in_schema=False)
    # Batches before forms: their addresses would be taken for a form's.
    for routes in (
        form_batch_pages.router(kit, app.forms, app.form_batches),
        *form_pages.routers(kit, app.forms, app.form_batches),
    ):
        web.include_router(routes, include_in_schema=False)
    web.include_router(switch_pages.router(kit, app.switches, app.places), include_in_schema=False)
    _add_models(web, app, kit)
    web.include_router(
        update_pages.router(kit, app.settings.home, app.settings.update_keys),
        include_in_schema=False,
    )
    for routes in weekly_pages.routers(kit, app.weekly_reports):
        web.include_router(routes, include_in_schema=False)
    for routes in notice_pages.routers(kit, app.notices):
        web.include_router(routes, include_in_schema=False)
    web.include_router(webhook_pages.router(kit, app.webhooks), include_in_schema=False)
    names = {feature.key: feature.name for feature in app.ai_features}
    for routes in usage_pages.routers(
        kit, app.usage, app.limits, app.places, names, app.drafting.office
    ):
        web.include_router(routes, include_in_schema=False)
    web.include_router(gateway_pages.router(app.gateway), include_in_schema=False)
    web.include_router(mcp_pages.router(lambda: app.mcp_tools), include_in_schema=False)
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
            lambda: app.plugins.states,
            board=Console(app.usage, app.quality),
            quality=app.quality,
            places=app.places.names,
        ),
        include_in_schema=False,
    )


def _mode_note(app: App) -> str:
    """What every new conversation says while there is no model; they come and go."""
    return "" if app.models else "연결된 생성 모델이 없어, 원문을 그대로 발췌해 답합니다."


def _add_models(web: FastAPI, app: App, kit: PageKit) -> None:
    """The register of models, and models compared."""
    hosts = app.settings.endpoint_hosts or "사설망과 이 서버 자신"
    desk = endpoint_pages.Desk(kit, app.endpoints, app.places, hosts)
    for routes in (
        *endpoint_pages.routers(desk),
        endpoint_compare_pages.router(kit, app.comparisons),
        embedding_pages.router(kit, app.embedding_desk),
        prompt_pages.router(
            prompt_pages.Desk(kit, app.prompt_desk, app.prompt_trials, app.trial_questions)
        ),
    ):
        web.include_router(routes, include_in_schema=False)


def add_plugins(web: FastAPI, app: App, kit: PageKit) -> list[plugins.Plugin]:
    """Add what others made; one that breaks the rules is left out, and the system check tells it."""
    found = []
    for plugin in app.plugins.plugins:
        house = plugins.House(
            plugin.name, kit, app.search, app.answers, app.documents, app.gate, app.audit
        )
        try:
            plugins.add(web, plugin, house)
        except InvalidInput as error:
            app.plugins.failed[plugin.name] = error.message
        else:
            found.append(plugin)
    return found
