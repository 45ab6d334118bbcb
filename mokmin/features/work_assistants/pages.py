"""Pages of the assistants: finding, making, deciding; and the list for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from mokmin.base.errors import InvalidInput, MokminError, RateLimited, Unavailable
from mokmin.features.work_assistants import present
from mokmin.features.work_assistants.desk import ALONE, Desk
from mokmin.features.work_assistants.forms import MOST_FIELDS, Sent, sent
from mokmin.features.work_assistants.model import (
    AGES,
    CATEGORIES,
    POLICIES,
    STATES,
    TONES,
    Assistant,
    Content,
)
from mokmin.features.work_assistants.room import Access
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of
from mokmin.knowledge.answering.review_model import REASONS

Text = Annotated[str, Form()]
DONE = {
    "saved": "새 판으로 저장했습니다.",
    "untested": "저장했습니다. 지금은 물을 수 없는 때라 시험은 하지 못했습니다. 나중에 다시 해 주세요.",
    "same": "바뀐 것이 없어 새 판을 만들지 않았습니다.",
    "asked": "승인을 요청했습니다. 팀장이 승인하면 게시됩니다.",
    "alone": "나만 쓰는 업무봇으로 게시했습니다.",
    "withdrawn": "승인 요청을 거두었습니다.",
    "approved": "승인하여 게시했습니다.",
    "declined": "까닭과 함께 되돌려 보냈습니다.",
    "paused": "쉬게 했습니다. 다시 열 때까지 아무도 물을 수 없습니다.",
    "resumed": "다시 열었습니다.",
    "restored": "지운 업무봇을 되살렸습니다.",
    "back": "고른 판으로 다시 게시했습니다.",
    "copied": "고른 판의 내용을 새 판으로 가져왔습니다. 확인한 뒤 승인을 요청해 주세요.",
    "appointed": "담당을 바꾸었습니다.",
    "tested": "시험을 다시 했습니다.",
}


def routers(desk: Desk) -> list[APIRouter]:
    """Pages, and the list for programs."""
    routes = APIRouter(
        prefix="/assistants",
        dependencies=[Depends(Needs(Permission.ASK, most_fields=MOST_FIELDS))],
        include_in_schema=False,
    )
    _finding(routes, desk)
    _making(routes, desk)
    _deciding(routes, desk)
    _versions(routes, desk)
    return [routes, _api(desk)]


def _at(assistant_id: int, done: str, page: str = "/edit") -> Response:
    return RedirectResponse(f"/assistants/{assistant_id}{page}?done={done}", status_code=303)


def _back(desk: Desk, principal: Principal, assistant_id: int, done: str) -> Response:
    """To the form, or for those who do not have it any more to the list."""
    access = _access(desk, principal, assistant_id)
    if access.mine or access.leads:
        return _at(assistant_id, done)
    return RedirectResponse(f"/assistants?done={done}", status_code=303)


def _flash(done: str) -> dict[str, Any] | None:
    return {"text": DONE[done], "undo": None} if done in DONE else None


def _finding(routes: APIRouter, desk: Desk) -> None:
    @routes.get("")
    def index(
        request: Request,
        q: str = "",
        category: str = "",
        removed: int | None = None,
        done: str = "",
    ) -> HTMLResponse:
        principal = principal_of(request)
        kept = [(one, desk.warned(principal, one)) for one in desk.making.kept(principal)]
        undo = {"url": f"/assistants/{removed}/restore", "fields": {}}
        return desk.kit.page(
            request,
            "work_assistants/index.html",
            nav="assistants",
            title="업무봇",
            q=q[:100],
            category=category,
            categories=CATEGORIES,
            cards=[present.card(o) for o in desk.using.offered(principal, q[:100], category)],
            kept=[present.line(one, warned) for one, warned in kept],
            waiting=[present.line(one) for one in desk.making.waiting(principal)],
            flash={"text": "업무봇을 지웠습니다.", "undo": undo} if removed else _flash(done),
        )

    @routes.get("/documents")
    def documents(request: Request, q: str = "") -> JSONResponse:
        items = desk.proposals(principal_of(request), q)
        return JSONResponse({"items": items}, headers={"Cache-Control": "no-store"})

    @routes.get("/{assistant_id:int}")
    def front(request: Request, assistant_id: int, done: str = "") -> HTMLResponse:
        principal = principal_of(request)
        one, draft = desk.using.open(principal, assistant_id)
        ids, closed = desk.using.knowledge(principal, one.content)
        uses, rated = desk.using.figures(assistant_id)
        places = desk.places()
        gathered = desk.collections(principal)
        access = _access(desk, principal, assistant_id)
        return desk.kit.page(
            request,
            "work_assistants/front.html",
            nav="assistants",
            title=one.content.name,
            bot=present.line(one) | {"deputy": one.deputy},
            content=one.content,
            # Without a model nothing is written that was not found.
            policy=POLICIES[
                one.content.policy if len(desk.making.model_names(principal)) > 1 else "knowledge"
            ],
            draft=draft,
            documents=desk.documents.seen(principal, one.content.documents)[:30],
            sources=[present.source(s, places, gathered) for s in one.content.sources],
            closed=closed,
            empty=not ids,
            uses=uses,
            rated=present.ratings(rated, REASONS),
            access=access,
            first_use=desk.first_use(principal),
            flash=_flash(done),
        )


def _access(desk: Desk, principal: Principal, assistant_id: int) -> Access:
    """What the person may do beyond asking."""
    try:
        return desk.making.get(principal, assistant_id)[1]
    except MokminError:
        return Access(False, False, False)


def _editor(
    request: Request,
    desk: Desk,
    content: Content,
    audience: str,
    one: Assistant | None = None,
    access: Access | None = None,
    *,
    error: MokminError | None = None,
    base: int = 0,
    done: str = "",
) -> HTMLResponse:
    """The form, with the test bench beside it."""
    principal = principal_of(request)
    run, before = desk.bench.results(one) if one else (None, None)
    versions = desk.making.versions(principal, one.id) if one else []
    decided = versions[0] if versions and versions[0].decision == "declined" else None
    origin = one.content if one else Content()
    found = desk.form(principal, content, origin, audience, run, before)
    rated = desk.using.figures(one.id) if one else None
    return desk.kit.page(
        request,
        "work_assistants/edit.html",
        status=error.status if error else 200,
        nav="assistants",
        title=one.content.name if one else "업무봇 만들기",
        bot=present.line(one) | {"asked": one.asked, "live": one.live} if one else None,
        access=access or Access(True, False, False),
        base=base,
        f=found,
        run=run,
        before=before,
        warned=desk.warned(principal, one) if one else [],
        declined=decided,
        uses=rated[0] if rated else 0,
        rated=present.ratings(rated[1], REASONS) if rated else None,
        owner=one.owner if one else "",
        deputy=one.deputy if one else "",
        people=desk.making.people(principal) if one else [],
        approvers=desk.making.approvers(one) if one else [],
        names=desk.making.names(one) if one else ("", ""),
        choices=[ALONE, *desk.making.audience.choices(principal.department_id)],
        categories=CATEGORIES,
        tones=list(TONES.items()),
        policies=list(POLICIES.items()),
        ages=list(AGES.items()),
        models=list(dict.fromkeys([*desk.making.model_names(principal), *content.models])),
        places=sorted(desk.places().items(), key=lambda pair: pair[1]),
        kinds=desk.documents.kinds(principal),
        gathered=desk.collections(principal),
        states=STATES,
        error=error.message if error else "",
        flash=_flash(done),
    )


def _making(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/new")
    def new(request: Request) -> HTMLResponse:
        return _editor(request, desk, Content(), principal_of(request).department or ALONE)

    @routes.post("")
    async def make(request: Request) -> Response:
        form = await request.form(max_fields=MOST_FIELDS)
        return await run_in_threadpool(made, request, form)

    def made(request: Request, form: FormData) -> Response:
        principal = principal_of(request)
        filled = sent(form, Content(), desk.collections(principal))
        try:
            key = desk.making.make(principal, filled.content, filled.audience)
        except InvalidInput as error:
            return _again(request, desk, filled, Content(), error)
        return _tested(desk, principal, key, "saved")

    @routes.get("/{assistant_id:int}/edit")
    def edit(request: Request, assistant_id: int, done: str = "") -> HTMLResponse:
        principal = principal_of(request)
        one, access = desk.making.get(principal, assistant_id)
        audience = desk.audience_name(principal, one.content.group_id)
        return _editor(
            request, desk, one.content, audience, one, access, base=one.newest, done=done
        )

    @routes.post("/{assistant_id:int}/edit")
    async def save(request: Request, assistant_id: int) -> Response:
        form = await request.form(max_fields=MOST_FIELDS)
        return await run_in_threadpool(saved, request, assistant_id, form)

    def saved(request: Request, assistant_id: int, form: FormData) -> Response:
        principal = principal_of(request)
        one, access = desk.making.get(principal, assistant_id)
        filled = sent(form, one.content, desk.collections(principal))
        try:
            number = desk.making.edit(
                principal,
                assistant_id,
                filled.base,
                filled.content,
                filled.audience,
                drop_closed=filled.drop_closed,
            )
        except MokminError as error:
            if error.status not in (400, 409):
                raise
            return _again(request, desk, filled, one.content, error, one, access)
        return _tested(desk, principal, assistant_id, "saved" if number != filled.base else "same")

    @routes.post("/{assistant_id:int}/test")
    def test(request: Request, assistant_id: int) -> Response:
        desk.bench.run(principal_of(request), assistant_id)
        return _at(assistant_id, "tested")


def _tested(desk: Desk, principal: Principal, assistant_id: int, done: str) -> Response:
    """Back to the form after the test bench has run. What is saved stays saved when it cannot run now."""
    try:
        desk.bench.run(principal, assistant_id)
    except (Unavailable, RateLimited):
        done = "untested"
    return _at(assistant_id, done)


def _again(
    request: Request,
    desk: Desk,
    filled: Sent,
    before: Content,
    error: MokminError,
    one: Assistant | None = None,
    access: Access | None = None,
) -> HTMLResponse:
    """The form with what was typed. Whoever saves it once more has seen that somebody else was first."""
    seen = {d.id for d in desk.documents.seen(principal_of(request), before.documents)}
    closed = [d for d in before.documents if d not in seen]
    content = filled.content
    shown = replace(content, documents=(*content.documents, *closed))
    base = one.newest if one else 0
    return _editor(request, desk, shown, filled.audience, one, access, error=error, base=base)


def _deciding(routes: APIRouter, desk: Desk) -> None:
    making = desk.making

    @routes.post("/{assistant_id:int}/ask")
    def ask(request: Request, assistant_id: int, number: Annotated[int, Form()]) -> Response:
        alone = making.ask(principal_of(request), assistant_id, number)
        return _at(assistant_id, "alone" if alone else "asked")

    @routes.post("/{assistant_id:int}/withdraw")
    def withdraw(request: Request, assistant_id: int) -> Response:
        making.withdraw(principal_of(request), assistant_id)
        return _at(assistant_id, "withdrawn")

    @routes.post("/{assistant_id:int}/decide")
    def decide(
        request: Request,
        assistant_id: int,
        number: Annotated[int, Form()],
        verdict: Text = "",
        reason: Text = "",
    ) -> Response:
        approve = verdict == "approve"
        principal = principal_of(request)
        making.decide(principal, assistant_id, number, approve=approve, reason=reason)
        return _back(desk, principal, assistant_id, "approved" if approve else "declined")

    @routes.post("/{assistant_id:int}/pause")
    def pause(request: Request, assistant_id: int, paused: Text = "1") -> Response:
        making.pause(principal_of(request), assistant_id, paused=paused == "1")
        return _at(assistant_id, "paused" if paused == "1" else "resumed")

    @routes.post("/{assistant_id:int}/delete")
    def delete(request: Request, assistant_id: int) -> Response:
        making.delete(principal_of(request), assistant_id)
        return RedirectResponse(f"/assistants?removed={assistant_id}", status_code=303)

    @routes.post("/{assistant_id:int}/restore")
    def restore(request: Request, assistant_id: int) -> Response:
        making.delete(principal_of(request), assistant_id, deleted=False)
        return _at(assistant_id, "restored")

    @routes.post("/{assistant_id:int}/people")
    def people(request: Request, assistant_id: int, owner: Text, deputy: Text = "") -> Response:
        principal = principal_of(request)
        making.appoint(principal, assistant_id, owner=owner, deputy=deputy)
        return _back(desk, principal, assistant_id, "appointed")


def _versions(routes: APIRouter, desk: Desk) -> None:
    @routes.get("/{assistant_id:int}/versions")
    def versions(
        request: Request, assistant_id: int, old: int | None = None, new: int | None = None
    ) -> HTMLResponse:
        principal = principal_of(request)
        one, access = desk.making.get(principal, assistant_id)
        found = desk.making.versions(principal, assistant_id)
        by = {v.number: v for v in found}
        after = by.get(new or one.newest, found[0])
        before = by.get(old or max(1, after.number - 1), found[-1])
        contents = (before.content, after.content)
        ids = {d for c in contents for d in c.documents}
        ids |= {d for c in contents for t in c.trials for d in t.expected}
        titles = {d.id: d.title for d in desk.documents.seen(principal, sorted(ids))}
        readers = desk.making.audience_names([c.group_id for c in contents])
        return desk.kit.page(
            request,
            "work_assistants/versions.html",
            nav="assistants",
            title=f"{one.content.name}의 판",
            bot=present.line(one),
            access=access,
            versions=[present.version(v, one.live, one.asked) for v in found],
            old=before.number,
            new=after.number,
            changes=present.differences(
                *contents, titles, readers, desk.places(), desk.collections(principal)
            ),
        )

    @routes.post("/{assistant_id:int}/versions/{number:int}/copy")
    def copy(request: Request, assistant_id: int, number: int) -> Response:
        principal = principal_of(request)
        desk.making.copy_back(principal, assistant_id, number)
        return _tested(desk, principal, assistant_id, "copied")

    @routes.post("/{assistant_id:int}/versions/{number:int}/publish")
    def publish(request: Request, assistant_id: int, number: int) -> Response:
        desk.making.publish_again(principal_of(request), assistant_id, number)
        return _at(assistant_id, "back")


def _api(desk: Desk) -> APIRouter:
    routes = APIRouter(
        prefix="/api/v1/assistants",
        dependencies=[Depends(Needs(Permission.ASK))],
        tags=["assistants"],
    )

    @routes.get("")
    def listed(request: Request, q: str = "") -> dict[str, Any]:
        """Published assistants for the token's owner; ask one by naming ``model`` to
        ``/v1/chat/completions``."""
        return {
            "items": [
                {
                    **present.card(o),
                    "model": f"assistant-{o.assistant.id}",
                    "starters": list(o.assistant.content.starters),
                }
                for o in desk.using.offered(principal_of(request), q[:100])
            ]
        }

    return routes
