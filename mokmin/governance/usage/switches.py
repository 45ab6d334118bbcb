"""Switches of AI features and models: off at once, or down for a while that is announced before.

The state lies in the database, so that every process sees it; each keeps what it read for at most
``FRESH_SECONDS``. Without an entry a feature is on. A key that no feature declared is an error of
the program, so that a misspelt key never lets a request through. A key may be narrowed to a
department (with all below it) or a way in: ``assistant@department:3``, ``ai@channel:api``.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

import sqlalchemy as sa

from mokmin.base.db import Database, metadata, utcnow
from mokmin.base.errors import InvalidInput, Unavailable
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.usage.places import Places

feature_switches = sa.Table(
    "feature_switches",
    metadata,
    sa.Column("key", sa.String(160), primary_key=True),
    sa.Column("is_on", sa.Boolean, nullable=False),
    sa.Column("notice", sa.String(400), nullable=False, server_default=""),
    sa.Column("down_from", sa.DateTime),
    sa.Column("down_until", sa.DateTime),
    sa.Column("changed_by", sa.String(80), nullable=False),
    sa.Column("changed_at", sa.DateTime, nullable=False),
)
FRESH_SECONDS = 1.5
MODEL = "model:"
ALL = "ai"
CHANNELS = {"web": "화면", "api": "프로그램 연결", "cli": "명령줄"}
_NARROWED = re.compile(r"(.+)@(?:department:(\d{1,9})|channel:(web|api|cli))")
MAX_NOTICE = 400
MAX_DOWN = timedelta(days=31)
AHEAD = timedelta(days=7)
LOCK_KEY = 4217
_KST = timezone(timedelta(hours=9))
Condition = Literal["on", "off", "planned", "down"]


@dataclass(frozen=True, slots=True)
class Feature:
    """What can be switched: a stable key and its name for people."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Switch:
    """The state of one feature or model. ``down_from`` and ``down_until`` (UTC) bound a maintenance
    window; ``changed_by`` is empty when nobody ever changed it."""

    key: str
    name: str
    is_on: bool = True
    notice: str = ""
    down_from: datetime | None = None
    down_until: datetime | None = None
    changed_by: str = ""
    changed_at: datetime | None = None

    def condition(self, now: datetime) -> Condition:
        """``off`` by hand, ``down`` within its window, ``planned`` before it, else ``on``."""
        if not self.is_on:
            return "off"
        if self.down_from is None or self.down_until is None or now >= self.down_until:
            return "on"
        return "down" if now >= self.down_from else "planned"

    @property
    def window(self) -> str:
        """The maintenance window in Korean time, for people."""
        if self.down_from is None or self.down_until is None:
            return ""
        begin, end = (_local(t) for t in (self.down_from, self.down_until))
        until = f"{end:%H:%M}" if begin.date() == end.date() else f"{end:%-m. %-d.} {end:%H:%M}"
        return f"{begin:%-m. %-d.} {begin:%H:%M}부터 {until}까지"


@dataclass(frozen=True, slots=True)
class Announcement:
    """What every page says about a switch; ``kind`` is the kind of the message box."""

    kind: Literal["info", "warn"]
    text: str


class Switches:
    """Asked before every use of AI. ``models`` names the chat models that are connected."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        features: Sequence[Feature],
        models: Callable[[], Sequence[str]] = tuple,
        places: Places | None = None,
    ) -> None:
        self._db = db
        self._audit = audit
        self._features = {ALL: "모든 AI 기능"} | {f.key: f.name for f in features}
        self._models = models
        self._places = places or Places(db)
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._known: dict[str, Switch] = {}

    # --- asked ----------------------------------------------------------------------------
    def check(self, key: str, principal: Principal | None = None) -> None:
        """Raise Unavailable, with the notice, when a feature or ``model:NAME`` is off, for all or for
        this person."""
        now = utcnow()
        for switch in self._applying(key, principal):
            condition = switch.condition(now)
            if condition in ("off", "down"):
                raise Unavailable(_sentence(switch, condition), code="switched-off")

    def is_on(self, key: str, principal: Principal | None = None) -> bool:
        """Whether it may be used now. For streams under way: ask before every sentence."""
        now = utcnow()
        return all(s.condition(now) in ("on", "planned") for s in self._applying(key, principal))

    def model_is_on(self, name: str, principal: Principal | None = None) -> bool:
        """Whether a chat model may be asked now."""
        return self.is_on(MODEL + name, principal)

    def _applying(self, key: str, principal: Principal | None) -> list[Switch]:
        """The entries that say something on a key: its own, those of all AI, and the narrowed ones."""
        found = [self.state(key)]
        known = self._current()
        bases = (key, ALL)
        if ALL in known and key != ALL:
            found.append(known[ALL])
        if principal is not None and any("@" in k for k in known):
            scopes = [f"channel:{principal.channel}"]
            scopes += [f"department:{d}" for d in self._places.above(principal.department_id)]
            narrowed = (known.get(f"{base}@{scope}") for base in bases for scope in scopes)
            found += [switch for switch in narrowed if switch is not None]
        return found

    def state(self, key: str) -> Switch:
        """One switch. Raises ValueError for a key that nobody declared."""
        name = self._name(key)
        return self._current().get(key, Switch(key, name))

    def all(self) -> list[Switch]:
        """Every feature, then every connected model, and models that are off though gone."""
        known = self._current()
        keys = [*self._features, *(MODEL + name for name in self._models())]
        now = utcnow()
        narrowed = [
            k for k, s in known.items() if _NARROWED.fullmatch(k) and s.condition(now) != "on"
        ]
        gone = [key for key in known if key.startswith(MODEL) and not _NARROWED.fullmatch(key)]
        keys += sorted({*narrowed, *gone} - set(keys))
        return [known.get(key, Switch(key, self._name(key))) for key in keys]

    def announcements(self, principal: Principal | None = None) -> list[Announcement]:
        """What people must know: what is off, what is down, and what will be within a week; with a
        person, also what is so for the own department."""
        now, found = utcnow(), []
        above = self._places.above(principal.department_id) if principal is not None else ()
        for key, switch in self._current().items():
            narrowed = _NARROWED.fullmatch(key)
            if narrowed is not None and int(narrowed.group(2) or 0) not in above:
                continue
            if not self._is_declared(narrowed.group(1) if narrowed is not None else key):
                continue
            condition = switch.condition(now)
            if condition == "planned":
                if switch.down_from is not None and switch.down_from - now <= AHEAD:
                    text = f"{switch.name}: {switch.window} 점검합니다. {switch.notice}".strip()
                    found.append(Announcement("info", text))
            elif condition != "on" and not (key.startswith(MODEL) and not switch.notice):
                found.append(Announcement("warn", _sentence(switch, condition)))
        return found

    # --- changed --------------------------------------------------------------------------
    def turn_off(self, principal: Principal, key: str, notice: str = "") -> None:
        """Off from the next request on, in every process. Raises NotAllowed, InvalidInput."""
        self._change(principal, key, "off", is_on=False, notice=notice)

    def turn_on(self, principal: Principal, key: str) -> None:
        """On again, without notice or maintenance window. Raises NotAllowed, InvalidInput."""
        self._change(principal, key, "on", is_on=True, notice="")

    def plan(
        self, principal: Principal, key: str, begin: datetime, end: datetime, notice: str = ""
    ) -> None:
        """Announce a maintenance window (UTC). Raises NotAllowed, InvalidInput."""
        if end <= begin or end <= utcnow():
            raise InvalidInput("끝나는 때가 시작하는 때와 지금보다 뒤여야 합니다. 고쳐 주세요.")
        if end - begin > MAX_DOWN:
            raise InvalidInput("점검은 31일까지 정할 수 있습니다. 더 길면 끄기를 쓰세요.")
        self._change(
            principal, key, "plan", is_on=True, notice=notice, down_from=begin, down_until=end
        )

    def _change(
        self,
        principal: Principal,
        key: str,
        action: str,
        *,
        is_on: bool,
        notice: str,
        down_from: datetime | None = None,
        down_until: datetime | None = None,
    ) -> None:
        require(principal, Permission.ADMINISTER)
        try:
            self._name(key)
        except ValueError as error:
            raise InvalidInput(
                f"'{key[:60]}'이라는 기능이 없습니다. 목록에서 골라 주세요."
            ) from error
        notice = " ".join(notice.split())
        if len(notice) > MAX_NOTICE:
            raise InvalidInput(f"알림은 {MAX_NOTICE}자까지 적을 수 있습니다. 줄여 주세요.")
        values = {
            "is_on": is_on,
            "notice": notice,
            "down_from": down_from,
            "down_until": down_until,
            "changed_by": principal.login,
            "changed_at": utcnow(),
        }
        table = feature_switches
        with self._db.write() as connection:
            self._db.lock(connection, LOCK_KEY)
            done = connection.execute(table.update().where(table.c.key == key).values(**values))
            if not done.rowcount:
                connection.execute(table.insert().values(key=key, **values))
            detail = {"window": f"{down_from}/{down_until}"} if down_from else {}
            self._audit.append(
                connection, principal.login, f"switch.{action}", f"switch:{key}"[:120], detail
            )
        with self._lock:
            self._read_at = float("-inf")

    def _name(self, key: str) -> str:
        if (narrowed := _NARROWED.fullmatch(key)) is not None:
            base, department, channel = narrowed.groups()
            names = self._places.names()
            if channel is None and int(department) not in names:
                raise ValueError(f"no department {department}")
            return (
                f"{self._name(base)} · {CHANNELS[channel] if channel else names[int(department)]}"
            )
        if key in self._features:
            return self._features[key]
        if key.startswith(MODEL) and len(MODEL) < len(key) <= 160:
            return f"언어모델 {key.removeprefix(MODEL)}"
        raise ValueError(f"no feature declares the switch {key!r}")

    def _is_declared(self, key: str) -> bool:
        return key in self._features or key.startswith(MODEL)

    def _known_name(self, key: str) -> str:
        """The name of a stored key, also of one whose feature or department is gone."""
        try:
            return self._name(key)
        except ValueError:
            return key

    def _current(self) -> dict[str, Switch]:
        with self._lock:
            now = time.monotonic()
            if now - self._read_at < FRESH_SECONDS:
                return self._known
            # The age counts from before the query: what it read is never older than that.
            with self._db.read() as connection:
                rows = connection.execute(sa.select(feature_switches)).all()
            self._known = {
                row.key: Switch(
                    row.key,
                    self._known_name(row.key),
                    row.is_on,
                    row.notice,
                    row.down_from,
                    row.down_until,
                    row.changed_by,
                    row.changed_at,
                )
                for row in rows
            }
            self._read_at = now
            return self._known


def _local(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(_KST)


def _sentence(switch: Switch, condition: Condition) -> str:
    if condition == "down":
        begin = f"{switch.name}: {switch.window} 점검 중이라 쓸 수 없습니다."
    else:
        begin = f"{switch.name}: 지금은 꺼져 있습니다."
    end = switch.notice or "저장된 것은 그대로 있습니다. 다시 켜지면 이어서 쓸 수 있습니다."
    return f"{begin} {end}"
