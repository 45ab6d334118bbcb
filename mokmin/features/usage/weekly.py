"""The report of use, made by itself once a week for a group.

A chore of the worker: in the transaction that stores the report the week is marked as done, so that two workers
make one, and after a standstill the last whole week is made up for. It is made with the rights of who set the
schedule; when that person may no longer see the figures, it says so instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import InvalidInput, MokminError, NotFound
from mokmin.features.usage.report import report_document
from mokmin.features.usage.weekly_store import report_schedule, weekly_reports
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.audit.telling import Happened, Told
from mokmin.governance.people.store import group_members, groups, users
from mokmin.governance.usage.metering import KST
from mokmin.governance.usage.reading import UsageReader
from mokmin.knowledge.official.drafting import written
from mokmin.knowledge.official.handover import written_pdf
from mokmin.knowledge.official.kinds.model import Office

WEEKDAYS = ("월", "화", "수", "목", "금", "토", "일")
KEPT = 104
NOTHING_USED = "지난주에는 사용이 없어 만들지 않았습니다."


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the report is made, and for whom besides those who may set limits."""

    is_on: bool = False
    weekday: int = 0
    hour: int = 7
    group_id: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report of the week that begins with ``week``, a Monday."""

    id: int
    week: date

    @property
    def last(self) -> date:
        """The Sunday."""
        return self.week + timedelta(days=6)


class WeeklyReports:
    """Schedule and reports. ``who``: a person by login; ``office``: of the person's documents."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        usage: UsageReader,
        who: Callable[[str], Principal],
        office: Callable[[Principal], Office],
        features: Callable[[], Mapping[str, str]],
        now: Callable[[], datetime] = utcnow,
    ) -> None:
        self._db, self._audit, self._usage = db, audit, usage
        self._who, self._office, self._features, self._now = who, office, features, now

    # --- kept -----------------------------------------------------------------------------
    def schedule(self, principal: Principal) -> Schedule:
        """When it is made. Raises NotAllowed."""
        require(principal, Permission.SET_LIMITS)
        with self._db.read() as connection:
            row = connection.execute(sa.select(report_schedule)).first()
        if row is None:
            return Schedule()
        return Schedule(row.is_on, row.weekday, row.hour, row.group_id, row.problem)

    def choices(self, principal: Principal) -> list[tuple[int, str]]:
        """Groups that may be told, by id and name. Raises NotAllowed."""
        require(principal, Permission.SET_LIMITS)
        query = sa.select(groups.c.id, groups.c.name).where(groups.c.key.like("custom:%"))
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(groups.c.name)).all()
        return [(row.id, row.name) for row in rows]

    def set(self, principal: Principal, wanted: Schedule) -> None:
        """Keep when it is made. Raises NotAllowed, InvalidInput."""
        known = {0, *(key for key, _ in self.choices(principal))}
        if (
            wanted.weekday not in range(7)
            or wanted.hour not in range(24)
            or wanted.group_id not in known
        ):
            raise InvalidInput("요일, 시각, 받을 그룹을 목록에서 골라 주세요. 바꾸지 않았습니다.")
        values = {
            "is_on": wanted.is_on,
            "weekday": wanted.weekday,
            "hour": wanted.hour,
            "group_id": wanted.group_id,
            "made_by": principal.login,
            "problem": "",
        }
        with self._db.write() as connection:
            if not connection.execute(report_schedule.update().values(values)).rowcount:
                # The week at hand is the first: nothing is made up for from before.
                done = self._last_week(wanted.weekday, wanted.hour)
                connection.execute(report_schedule.insert().values(id=1, done_week=done, **values))
            self._audit.append(
                connection, principal.login, "report.schedule", "", {"on": wanted.is_on}
            )

    def all(self, principal: Principal) -> list[Report]:
        """Those that the person may read, the newest first."""
        query = (
            sa.select(weekly_reports.c.id, weekly_reports.c.week)
            .where(self._open_to(principal))
            .order_by(weekly_reports.c.week.desc())
            .limit(KEPT)
        )
        with self._db.read() as connection:
            return [Report(row.id, row.week) for row in connection.execute(query)]

    def file(self, principal: Principal, report_id: int, form: str) -> tuple[Report, bytes]:
        """One as ``hwpx`` or ``pdf``, on the record. Raises NotFound."""
        if form not in ("hwpx", "pdf"):
            raise InvalidInput("hwpx나 pdf로 받을 수 있습니다.")
        query = sa.select(weekly_reports).where(
            weekly_reports.c.id == report_id, self._open_to(principal)
        )
        with self._db.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound("그 보고서는 없거나 나에게 열려 있지 않습니다.")
        self._audit.record(principal, "report.export", f"report:{report_id}", format=form)
        return Report(row.id, row.week), bytes(row.hwpx if form == "hwpx" else row.pdf)

    @staticmethod
    def _open_to(principal: Principal) -> sa.ColumnElement[bool]:
        if principal.may(Permission.SET_LIMITS):
            return sa.true()
        return weekly_reports.c.group_id.in_(principal.groups)

    # --- made -----------------------------------------------------------------------------
    def turn(self) -> None:
        """A chore: make the report of last week when its time has come."""
        with self._db.write() as connection:
            row = connection.execute(sa.select(report_schedule).with_for_update()).first()
            if row is None or not row.is_on:
                return
            week = self._last_week(row.weekday, row.hour)
            if row.done_week is not None and row.done_week >= week:
                return
            problem = ""
            try:
                self._make(connection, row.made_by, week, row.group_id)
            except MokminError as error:
                problem = NOTHING_USED if isinstance(error, InvalidInput) else error.message
            connection.execute(
                report_schedule.update().values(done_week=week, problem=problem[:300])
            )

    def _make(self, connection: Connection, login: str, week: date, group_id: int) -> None:
        principal = self._who(login)
        document = report_document(
            self._usage,
            principal,
            week,
            week + timedelta(days=6),
            self._features(),
            self._office(principal),
        )
        values = {
            "week": week,
            "group_id": group_id,
            "hwpx": written(document)[0],
            "pdf": written_pdf(document)[0],
            "made_at": self._now(),
        }
        report_id = new_id(connection, weekly_reports.insert().values(values))
        old = sa.select(weekly_reports.c.id).order_by(weekly_reports.c.week.desc()).offset(KEPT)
        gone = list(connection.execute(old.limit(KEPT)).scalars())
        connection.execute(weekly_reports.delete().where(weekly_reports.c.id.in_(gone)))
        self._audit.append(connection, login, "report.make", f"report:{report_id}", {})

    def _last_week(self, weekday: int, hour: int) -> date:
        """Monday of the newest week whose report is due."""
        now = self._now().replace(tzinfo=UTC).astimezone(KST)
        monday = now.date() - timedelta(days=now.weekday())
        due = datetime(monday.year, monday.month, monday.day, hour, tzinfo=KST)
        past = now >= due + timedelta(days=weekday)
        return monday - timedelta(weeks=1 if past else 2)


def tell(connection: Connection, what: Happened) -> Iterator[Told]:
    """See ``Teller``: the group that a report is for, and who set the schedule."""
    if what.action != "report.make":
        return
    row = connection.execute(
        sa.select(weekly_reports.c.group_id).where(weekly_reports.c.id == what.number)
    ).first()
    if row is None:
        return
    members = (
        sa.select(users.c.id)
        .join(group_members, group_members.c.user_id == users.c.id)
        .where(group_members.c.group_id == row.group_id, ~users.c.disabled)
    )
    for person in connection.execute(members).scalars():
        yield Told(person, "report", "지난주 인공지능 사용 보고서가 나왔습니다.", "/reports")
