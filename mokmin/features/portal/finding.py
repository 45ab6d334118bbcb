"""Find-and-run (Ctrl K): one answer from all that a person may open or do, under the person's own rights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from mokmin.base.korean.initials import whole
from mokmin.base.web.found import Found
from mokmin.base.web.language import language, words
from mokmin.features import Desk
from mokmin.features.portal.places import ACTIONS, PAGES, Place, fitting, of_desks
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.web import Needs, principal_of

Find = Callable[[Principal, str, int], Sequence[Found]]
LONGEST = 100
EACH = 5
RECENT = 4


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of things to find. ``recent``: whether the newest are offered before anything is typed."""

    name: str
    icon: str
    find: Find
    recent: bool = False


def router(
    sources: Sequence[Source],
    desks: Sequence[Desk],
    kinds: Sequence[tuple[str, str, str]],
) -> APIRouter:
    """GET /find. ``desks`` is read at every call: plug-ins add to it. ``kinds``: documents that can be begun
    (name, address, other words)."""
    routes = APIRouter(dependencies=[Depends(Needs())])
    drafts = tuple(
        Place(f"새 {name}", href, "file-pen-line", f"{name} {more}", Permission.ASK)
        for name, href, more in kinds
    )

    @routes.get("/find")
    def find(request: Request, q: Annotated[str, Query(max_length=LONGEST)] = "") -> JSONResponse:
        principal = principal_of(request)
        groups = answer(principal, q.strip(), sources, of_desks(desks, PAGES), drafts)
        return JSONResponse({"groups": groups}, headers={"Cache-Control": "no-store"})

    return routes


def answer(
    principal: Principal,
    text: str,
    sources: Sequence[Source],
    pages: Sequence[Place],
    drafts: Sequence[Place] = (),
) -> list[dict[str, Any]]:
    """Groups of what was found, in the order that they are shown in: pages and actions whose names begin with
    the text before documents, those that merely hold it after them."""
    if not text:
        recent = [_things(s, s.find(principal, "", RECENT)) for s in sources if s.recent]
        acts = _places("실행", fitting(ACTIONS, principal, "", len(ACTIONS)))
        return _filled([*recent, acts, _places("메뉴", fitting(pages, principal, "", len(pages)))])
    run = fitting((*ACTIONS, *drafts), principal, text, EACH)
    there = fitting(pages, principal, text, EACH)
    ranked = [
        (min((rank for rank, _ in there), default=9), _places("메뉴", there)),
        (min((rank for rank, _ in run), default=9), _places("실행", run)),
    ]
    # Syllables that are still being typed are in no title.
    said = whole(text)
    ranked += [(1, _things(s, s.find(principal, said, EACH))) for s in sources if said]
    return _filled([group for _, group in sorted(ranked, key=lambda pair: pair[0])])


def _filled(groups: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [group for group in groups if group["items"]]


def _places(name: str, found: Sequence[tuple[int, Place]]) -> dict[str, Any]:
    say = words(language()).of
    return {
        "name": say(name),
        "items": [
            {"name": say(one.name), "href": one.href, "note": "", "icon": one.icon}
            for _, one in found
        ],
    }


def _things(source: Source, found: Sequence[Found]) -> dict[str, Any]:
    return {
        "name": words(language()).of(source.name),
        "items": [
            {"name": one.name, "href": one.href, "note": one.note, "icon": source.icon}
            for one in found
        ],
    }
