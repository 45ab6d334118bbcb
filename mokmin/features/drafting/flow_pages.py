"""Pages of the decision line, of comments and of comparing versions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from mokmin.base.errors import MokminError
from mokmin.base.web.kit import PageKit
from mokmin.features.drafting import present
from mokmin.features.drafting.comments import CommentService
from mokmin.features.drafting.comparing import compared
from mokmin.features.drafting.flow import HOW, FlowService
from mokmin.features.drafting.model import STATES
from mokmin.features.drafting.service import DraftingService
from mokmin.features.drafting.writers import WriterService
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of


def router(
    kit: PageKit,
    drafts: DraftingService,
    flow: FlowService,
    comments: CommentService,
    writers: WriterService,
) -> APIRouter:
    """Routes below /drafts/{draft_id}."""
    routes = APIRouter(prefix="/drafts/{draft_id}", dependencies=[Depends(Needs(Permission.ASK))])
    _line(routes, kit, drafts, flow, writers)
    _comments(routes, comments)
    _compare(routes, kit, drafts)
    return routes


def _line(
    routes: APIRouter,
    kit: PageKit,
    drafts: DraftingService,
    flow: FlowService,
    writers: WriterService,
) -> None:
    def page(
        request: Request, draft_id: int, q: str = "", error: str = "", status: int = 200
    ) -> HTMLResponse:
        principal = principal_of(request)
        draft = drafts.get(principal, draft_id)
        steps = flow.steps(principal, draft_id)
        return kit.page(
            request,
            "drafting/line.html",
            status=status,
            nav="drafts",
            title="결재선",
            draft=draft,
            mine=draft.user_id == principal.user_id,
            planning=draft.user_id == principal.user_id and draft.state in ("writing", "returned"),
            my_turn=draft.state == "review" and draft.holder_id == principal.user_id,
            state_name=STATES[draft.state],
            steps=present.steps(steps),
            writers=writers.all(principal, draft_id),
            me=principal.user_id,
            hows=[(how, how or "직접") for how in HOW],
            q=q,
            found=flow.colleagues(principal, q),
            error=error,
        )

    def done(request: Request, draft_id: int, act: Any) -> Any:
        try:
            act()
        except MokminError as error:
            if error.status == 404:
                raise
            return page(request, draft_id, error=error.message, status=error.status)
        return RedirectResponse(f"/drafts/{draft_id}/line", 303)

    @routes.get("/line")
    def line(request: Request, draft_id: int, q: str = "") -> HTMLResponse:
        return page(request, draft_id, q[:60])

    @routes.post("/line", response_model=None)
    def add(
        request: Request,
        draft_id: int,
        role: Annotated[str, Form()],
        user_id: Annotated[int, Form()],
    ) -> Any:
        who = principal_of(request)
        return done(request, draft_id, lambda: flow.add(who, draft_id, role, user_id))

    @routes.post("/line/{number}/drop", response_model=None)
    def drop(request: Request, draft_id: int, number: int) -> Any:
        who = principal_of(request)
        return done(request, draft_id, lambda: flow.drop(who, draft_id, number))

    @routes.post("/writers", response_model=None)
    def invite(request: Request, draft_id: int, user_id: Annotated[int, Form()]) -> Any:
        who = principal_of(request)
        return done(request, draft_id, lambda: writers.add(who, draft_id, user_id))

    @routes.post("/writers/{user_id}/drop", response_model=None)
    def leave(request: Request, draft_id: int, user_id: int) -> Any:
        who = principal_of(request)
        if user_id == who.user_id:
            writers.drop(who, draft_id, user_id)
            return RedirectResponse("/drafts", 303)
        return done(request, draft_id, lambda: writers.drop(who, draft_id, user_id))

    @routes.post("/submit", response_model=None)
    def submit(request: Request, draft_id: int) -> Any:
        who = principal_of(request)
        return done(request, draft_id, lambda: flow.submit(who, draft_id))

    @routes.post("/recall", response_model=None)
    def recall(request: Request, draft_id: int) -> Any:
        who = principal_of(request)
        return done(request, draft_id, lambda: flow.recall(who, draft_id))

    @routes.post("/sign", response_model=None)
    def sign(
        request: Request,
        draft_id: int,
        remark: Annotated[str, Form()] = "",
        how: Annotated[str, Form()] = "",
    ) -> Any:
        who = principal_of(request)
        return done(request, draft_id, lambda: flow.sign(who, draft_id, remark=remark, how=how))

    @routes.post("/return", response_model=None)
    def send_back(request: Request, draft_id: int, remark: Annotated[str, Form()] = "") -> Any:
        who = principal_of(request)
        return done(request, draft_id, lambda: flow.send_back(who, draft_id, remark))


def _comments(routes: APIRouter, comments: CommentService) -> None:
    @routes.post("/comments")
    def add(
        request: Request,
        draft_id: int,
        text: Annotated[str, Form()],
        anchor: Annotated[str, Form()] = "",
        reply_to: Annotated[int | None, Form()] = None,
    ) -> RedirectResponse:
        place = "" if reply_to is not None else anchor
        comments.add(principal_of(request), draft_id, place, text, reply_to)
        return RedirectResponse(f"/drafts/{draft_id}#comments", 303)

    @routes.post("/comments/{comment_id}")
    def settle(request: Request, draft_id: int, comment_id: int) -> RedirectResponse:
        comments.settle(principal_of(request), draft_id, comment_id)
        return RedirectResponse(f"/drafts/{draft_id}#comments", 303)


def _compare(routes: APIRouter, kit: PageKit, drafts: DraftingService) -> None:
    @routes.get("/compare")
    def compare(
        request: Request, draft_id: int, old: int | None = None, new: int | None = None
    ) -> HTMLResponse:
        principal = principal_of(request)
        draft = drafts.get(principal, draft_id)
        found = drafts.versions(principal, draft_id)
        newest = found[0].number
        first = old if old is not None else max(1, newest - 1)
        before = drafts.version(principal, draft_id, first)
        after = drafts.version(principal, draft_id, new) if new is not None else draft.document
        lines = compared(before, after)
        return kit.page(
            request,
            "drafting/compare.html",
            nav="drafts",
            title="판 견주기",
            draft=draft,
            versions=present.versions(found),
            old=first,
            new=new,
            lines=lines,
            changes=sum(any(kind != "same" for kind, _ in pieces) for _, pieces in lines),
        )
