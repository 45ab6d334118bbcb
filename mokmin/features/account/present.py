"""Sessions and tokens as the pages show them."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime
from typing import Any

import segno

from mokmin.base.web.kit import ago, local
from mokmin.governance.access.model import PERMISSION_NAMES
from mokmin.governance.people.sessions import BY_PROVIDER, Device
from mokmin.governance.people.tokens import ApiToken

_BROWSERS = (
    ("Whale/", "네이버 웨일"),
    ("SamsungBrowser/", "삼성 인터넷"),
    ("Edg/", "엣지"),
    ("Firefox/", "파이어폭스"),
    ("Chrome/", "크롬"),
    ("Safari/", "사파리"),
)
_SYSTEMS = (
    ("Windows", "윈도우"),
    ("Android", "안드로이드"),
    ("iPhone", "아이폰"),
    ("iPad", "아이패드"),
    ("Mac OS X", "맥"),
    ("Linux", "리눅스"),
)
STATES = {"live": ("쓸 수 있음", "ok"), "expired": ("기한 지남", ""), "revoked": ("없앰", "")}


def browser_name(agent: str) -> str:
    """``크롬 142 · 윈도우`` from a user-agent header."""
    found = "알 수 없는 브라우저"
    for mark, name in _BROWSERS:
        if version := re.search(re.escape(mark) + r"(\d+)", agent):
            found = f"{name} {version[1]}" if mark != "Safari/" else name
            break
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{found} · {system}" if system else found


def masked(address: str) -> str:
    """An address whose last part is hidden: enough to know one's own office."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "알 수 없음"
    if known.version == 4:
        return ".".join([*address.split(".")[:2], "*", "*"])
    return ":".join(known.exploded.split(":")[:3]) + ":*"


def device(item: Device) -> dict[str, Any]:
    """A row of the list of devices."""
    return {
        "handle": item.handle,
        "name": browser_name(item.agent),
        "address": masked(item.address),
        "seen": ago(item.seen_at),
        "since": _moment(item.created_at),
        "provider": item.method == BY_PROVIDER,
        "this": item.this,
    }


def token(item: ApiToken) -> dict[str, Any]:
    """A row of the list of tokens."""
    label, kind = STATES[item.state]
    return {
        "id": item.id,
        "name": item.name,
        "scopes": ", ".join(PERMISSION_NAMES[scope] for scope in item.scopes),
        "until": _moment(item.expires_at),
        "used": ago(item.used_at) if item.used_at else "아직 없음",
        "label": label,
        "kind": kind,
        "live": item.state == "live",
    }


def qr_code(text: str) -> str:
    """A QR code as a data address for an image."""
    return segno.make(text, error="m").svg_data_uri(scale=5, border=4, light="#fff", dark="#000")


def _moment(moment: datetime) -> str:
    return f"{local(moment):%Y. %-m. %-d. %H:%M}"
