"""Features of others: an installed package that the operator named adds pages below ``/x/<name>``.

A package declares an entry point of the group ``mokmin.plugins`` whose object is a ``Plugin``. It is loaded
only when the setting MOKMIN_PLUGINS names it. Its code runs with all that the program may do, so naming one
is trusting its maker; what it is handed works under the rights of the person who asks. docs/plugins.md
tells how to write one, with a worked example.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from fastapi import APIRouter, FastAPI

from mokmin.base.errors import InvalidInput
from mokmin.base.web.kit import PageKit
from mokmin.features import Desk
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.declarations import declared
from mokmin.governance.usage.gate import Gate
from mokmin.governance.usage.switches import Feature
from mokmin.knowledge.answering.service import AnswerService
from mokmin.knowledge.documents.service import DocumentService
from mokmin.knowledge.search.service import SearchService

GROUP = "mokmin.plugins"
API = 1
# What importing the code of others raises, beside errors of this program itself.
_BROKEN = (
    ImportError,
    SyntaxError,
    AttributeError,
    LookupError,
    NameError,
    TypeError,
    ValueError,
    ArithmeticError,
    AssertionError,
    OSError,
    RuntimeError,
)
_NAME = re.compile(r"[a-z][a-z0-9-]{1,30}")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class House:
    """What a plug-in works with. Every service takes the principal of the request and obeys its rights;
    ``name`` is the plug-in's own."""

    name: str
    kit: PageKit
    search: SearchService
    answers: AnswerService
    documents: DocumentService
    gate: Gate
    audit: AuditLog

    def check(self, principal: Principal) -> None:
        """Raise Unavailable or RateLimited where this plug-in's use of AI is off or at its limit."""
        self.gate.check(switch_of(self.name), principal)

    def record(self, principal: Principal, what: str) -> None:
        """Put a use on the audit log: ``what`` is a word of the plug-in, never a text of the person."""
        self.audit.record(principal, "plugin.use", f"plugin:{self.name}", what=what[:60])


@dataclass(frozen=True)
class Plugin:
    """What a package offers. ``name`` is its address below ``/x/`` and the folder of its templates;
    ``router`` makes its routes, each of which declares its need (``Needs``); ``desks`` are entries of the
    menu (their addresses begin with ``/x/<name>``); ``templates``: the folder that holds ``<name>/``;
    ``uses_ai`` gives it a switch and limits of its own; ``api``: the version of this module."""

    name: str
    title: str
    version: str
    router: Callable[[House], APIRouter]
    desks: Sequence[Desk] = ()
    templates: Path | None = None
    uses_ai: bool = False
    api: int = API


@dataclass(frozen=True, slots=True)
class Loaded:
    """The plug-ins that work, and why others do not (by name)."""

    plugins: tuple[Plugin, ...] = ()
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def states(self) -> dict[str, str]:
        """By name, why a plug-in does not work; empty when it does."""
        return {plugin.name: "" for plugin in self.plugins} | self.failed

    @property
    def features(self) -> list[Feature]:
        """Switches of plug-ins that use AI."""
        return [Feature(switch_of(p.name), p.title) for p in self.plugins if p.uses_ai]


def switch_of(name: str) -> str:
    """The key of a plug-in's switch."""
    return f"plugin-{name}"


def load(names: Sequence[str]) -> Loaded:
    """The named plug-ins. One that cannot be loaded is left out and told; the service starts without it."""
    found: list[Plugin] = []
    failed: dict[str, str] = {}
    installed = {point.name: point for point in entry_points(group=GROUP)} if names else {}
    for name in dict.fromkeys(names):
        try:
            found.append(_loaded(name, installed))
        except InvalidInput as error:
            failed[name] = error.message
        except _BROKEN as error:
            log.exception("plug-in failed", extra={"plugin": name})
            failed[name] = f"불러오지 못했습니다({type(error).__name__}). 만든 곳에 알려 주세요."
    return Loaded(tuple(found), failed)


def add(web: FastAPI, plugin: Plugin, house: House) -> None:
    """Add the routes of a plug-in. Raises InvalidInput when one does not declare what it needs, or stands
    elsewhere."""
    begin = f"/x/{plugin.name}"
    alone = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    routes = plugin.router(house)
    alone.include_router(routes, prefix=begin)
    for route in declared(alone):
        if not route.need:
            raise InvalidInput(f"{route.method} {route.path}에 필요한 권한이 적혀 있지 않습니다.")
    web.include_router(routes, prefix=begin, include_in_schema=False)


def _loaded(name: str, installed: dict[str, EntryPoint]) -> Plugin:
    if not _NAME.fullmatch(name):
        raise InvalidInput("이름은 영문 소문자, 숫자, 빼기표로 31자까지입니다.")
    if name not in installed:
        raise InvalidInput("설치되어 있지 않습니다. 이름과 설치를 확인해 주세요.")
    plugin = installed[name].load()
    if not isinstance(plugin, Plugin) or plugin.name != name:
        raise InvalidInput("플러그인의 형식이 아니거나 이름이 다릅니다.")
    if plugin.api != API:
        raise InvalidInput(
            f"이 판은 플러그인 규약 {API}을 씁니다. 이 플러그인은 {plugin.api}입니다."
        )
    for desk in plugin.desks:
        if not desk.href.startswith(f"/x/{name}"):
            raise InvalidInput(f"메뉴의 주소는 /x/{name}으로 시작해야 합니다.")
    return plugin
