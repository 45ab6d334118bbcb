"""The page that turns AI features and models off and on, and announces maintenance."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mokmin.base.db import utcnow
from mokmin.base.errors import InvalidInput
from mokmin.base.web.kit import KST, PageKit, local
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.people.web import Needs, principal_of
from mokmin.governance.usage.places import Places
from mokmin.governance.usage.switches import CHANNELS, MAX_NOTICE, Switch, Switches

STATES = {
    "on": ("켜짐", "ok", "circle-check"),
    "planned": ("켜짐, 점검 예정", "info", "calendar-clock"),
    "down": ("점검 중", "warn", "clock"),
    "off": ("꺼짐", "bad", "square"),
}
_SAID = {
    "off": "껐습니다. 다음 요청부터 쓸 수 없습니다.",
    "on": "켰습니다.",
    "plan": "점검을 알립니다.",
}


def router(kit: PageKit, switches: Switches, places: Places) -> APIRouter:
    """Routes below /admin/switches; each requires the permission to administer."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ADMINISTER))])

    def page(request: Request, status: int = 200, **more: Any) -> HTMLResponse:
        form = {"key": "", "scope": "", "notice": "", "begin": "", "end": ""}
        found = switches.all()
        return kit.page(
            request,
            "console/switches.html",
            status=status,
            nav="admin",
            title="기능 켜고 끄기",
            switches=[_shown(switch, number) for number, switch in enumerate(found)],
            longest=MAX_NOTICE,
            scopes=_scopes(places),
            **({"form": form, "error": "", "flash": None} | more),
        )

    @routes.get("/admin/switches")
    def overview(request: Request, changed: str = "", to: str = "") -> HTMLResponse:
        _admin(request)
        names = {switch.key: switch.name for switch in switches.all()}
        if changed not in names or to not in _SAID:
            return page(request)
        undo = {"url": "/admin/switches", "fields": {"key": changed, "action": "on"}}
        text = f"{names[changed]}: {_SAID[to]}"
        return page(request, flash={"text": text, "undo": undo if to != "on" else None})

    @routes.post("/admin/switches")
    def change(
        request: Request,
        key: Annotated[str, Form()] = "",
        action: Annotated[str, Form()] = "",
        scope: Annotated[str, Form()] = "",
        notice: Annotated[str, Form()] = "",
        begin: Annotated[str, Form()] = "",
        end: Annotated[str, Form()] = "",
    ) -> Response:
        principal, base = _admin(request), key
        try:
            if scope and "@" not in key:
                key = f"{key}@{scope}"
            if action == "off":
                switches.turn_off(principal, key, notice)
            elif action == "on":
                switches.turn_on(principal, key)
            elif action == "plan":
                switches.plan(principal, key, _moment(begin), _moment(end), notice)
            else:
                raise InvalidInput("무엇을 할지 알 수 없습니다. 단추를 다시 눌러 주세요.")
        except InvalidInput as error:
            form = {"key": base, "scope": scope, "notice": notice, "begin": begin, "end": end}
            return page(request, error.status, form=form, error=error.message)
        query = urlencode({"changed": key, "to": action})
        return RedirectResponse(f"/admin/switches?{query}", status_code=303)

    return routes


def _scopes(places: Places) -> list[tuple[str, str]]:
    """For whom something may be switched: by way in, then by department."""
    channels = [(f"channel:{key}", f"{name}에서만") for key, name in CHANNELS.items()]
    named = sorted(places.names().items(), key=lambda pair: pair[1])
    return channels + [(f"department:{key}", f"{name}에서만") for key, name in named]


def _admin(request: Request) -> Principal:
    principal = principal_of(request)
    require(principal, Permission.ADMINISTER)
    return principal


def _moment(text: str) -> datetime:
    """A moment of a form in Korean time as UTC. Raises InvalidInput."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=KST).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("점검을 시작하고 끝내는 날짜와 시각을 모두 적어 주세요.") from error


def _shown(switch: Switch, number: int) -> dict[str, Any]:
    condition = switch.condition(utcnow())
    label, kind, glyph = STATES[condition]
    when = f"{local(switch.changed_at):%Y. %-m. %-d. %H:%M}" if switch.changed_at else ""
    return {
        "n": number,
        "key": switch.key,
        "narrowed": "@" in switch.key,
        "name": switch.name,
        "condition": condition,
        "label": label,
        "kind": kind,
        "icon": glyph,
        "notice": switch.notice if condition != "on" else "",
        "window": switch.window if condition in ("planned", "down") else "",
        "by": switch.changed_by,
        "when": when,
    }
