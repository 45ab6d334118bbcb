"""The page of updates: /admin/update, for administrators. It shows; the command line updates."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from mokmin import __version__
from mokmin.base.errors import InvalidInput
from mokmin.base.web.kit import PageKit, local
from mokmin.governance.access.model import Permission
from mokmin.governance.access.rules import require
from mokmin.governance.people.web import Needs, principal_of
from mokmin.knowledge.backup.bundle import fingerprint, trusted_keys
from mokmin.knowledge.backup.updating import Past, history, is_unfinished

RESULTS = {"applied": ("바꿈", "ok", "circle-check"), "rolled-back": ("되돌림", "warn", "history")}


def router(kit: PageKit, home: Path, keys: Path) -> APIRouter:
    """The route /admin/update; it requires the permission to administer."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ADMINISTER))])

    @routes.get("/admin/update")
    def overview(request: Request) -> HTMLResponse:
        require(principal_of(request), Permission.ADMINISTER)
        found, problem = _keys(keys)
        return kit.page(
            request,
            "console/update.html",
            nav="admin",
            title="업데이트",
            version=__version__,
            keys=found,
            problem=problem,
            unfinished=is_unfinished(home),
            past=[_shown(p) for p in history(home)],
        )

    return routes


def _keys(file: Path) -> tuple[list[str], str]:
    """Fingerprints of the trusted keys; or why there are none."""
    try:
        return [fingerprint(key) for key in trusted_keys(Path(file))], ""
    except InvalidInput as error:
        return [], error.message


def _shown(past: Past) -> dict[str, Any]:
    label, tone, glyph = RESULTS.get(past.result, (past.result, "", "info"))
    return {
        "when": f"{local(datetime.fromisoformat(past.at)):%Y. %-m. %-d. %H:%M}",
        "before": past.before,
        "after": past.after,
        "label": label,
        "tone": tone,
        "icon": glyph,
        "reason": past.reason,
        "backup": Path(past.backup).name,
    }
