"""Tables of the assistants, and who may use, edit and approve which."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row

from mokmin.base.db import metadata
from mokmin.features.work_assistants.model import Assistant, Content, Outcome, Run, Version
from mokmin.governance.access.model import Principal
from mokmin.governance.people.store import departments, users

LOCK_KEY = 4224
assistants = sa.Table(
    "work_assistants",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("owner_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("deputy_id", sa.Integer, sa.ForeignKey("users.id"), index=True),
    sa.Column("department_id", sa.Integer, sa.ForeignKey("departments.id"), index=True),
    # Numbers of versions: edited last, in use, waiting for approval.
    sa.Column("newest", sa.Integer, nullable=False),
    sa.Column("live", sa.Integer),
    # For whom the one in use is.
    sa.Column("group_id", sa.Integer, sa.ForeignKey("groups.id"), index=True),
    sa.Column("asked", sa.Integer),
    sa.Column("asked_by", sa.Integer, sa.ForeignKey("users.id")),
    sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("updated_at", sa.DateTime, nullable=False),
    sa.Column("deleted_at", sa.DateTime),
)
versions = sa.Table(
    "work_assistant_versions",
    metadata,
    sa.Column("assistant_id", sa.Integer, sa.ForeignKey("work_assistants.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("note", sa.String(120), nullable=False, server_default=""),
    sa.Column("author_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("decision", sa.String(12), nullable=False, server_default=""),
    sa.Column("decided_by", sa.Integer, sa.ForeignKey("users.id")),
    sa.Column("decided_at", sa.DateTime),
    sa.Column("reason", sa.String(400), nullable=False, server_default=""),
)
runs = sa.Table(
    "work_assistant_runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("assistant_id", sa.Integer, sa.ForeignKey("work_assistants.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("outcomes", sa.Text, nullable=False),
    sa.Column("ran_at", sa.DateTime, nullable=False),
    sa.Index("ix_work_assistant_runs_version", "assistant_id", "number"),
)
ratings = sa.Table(
    "work_assistant_ratings",
    metadata,
    sa.Column("assistant_id", sa.Integer, sa.ForeignKey("work_assistants.id"), primary_key=True),
    sa.Column("turn_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("value", sa.Integer, nullable=False),
    sa.Column("reason", sa.String(20), nullable=False, server_default=""),
    sa.Column("rated_at", sa.DateTime, nullable=False),
)
embeds = sa.Table(
    "work_assistant_embeds",
    metadata,
    sa.Column(
        "assistant_id",
        sa.Integer,
        sa.ForeignKey("work_assistants.id"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("key", sa.String(40), nullable=False, unique=True),
    sa.Column("origins", sa.Text, nullable=False),
    sa.Column("changed_at", sa.DateTime, nullable=False),
)
_owner, _deputy = users.alias("owner"), users.alias("deputy")
_last = versions.alias("last")


def mine(principal: Principal) -> ColumnElement[bool]:
    """SQL condition: the person owns it or stands in for the owner."""
    if principal.user_id is None:
        return sa.false()
    me = principal.user_id
    return sa.or_(assistants.c.owner_id == me, sa.func.coalesce(assistants.c.deputy_id, 0) == me)


def open_to(principal: Principal) -> ColumnElement[bool]:
    """SQL condition: in use, for a group that the person is in."""
    if not principal.groups:
        return sa.false()
    return sa.and_(
        assistants.c.live.is_not(None),
        assistants.c.deleted_at.is_(None),
        assistants.c.group_id.in_(principal.groups),
    )


def led(connection: Connection, principal: Principal) -> list[int]:
    """The departments whose assistants a person decides on: for a lead the own one and all below."""
    if principal.role != "lead" or principal.department_id is None:
        return []
    below = (
        sa.select(departments.c.id)
        .where(departments.c.id == principal.department_id)
        .cte("below", recursive=True)
    )
    # Departments that were merged into one of them count as well.
    below = below.union(
        sa.select(departments.c.id).where(
            sa.or_(departments.c.parent_id == below.c.id, departments.c.successor_id == below.c.id)
        )
    )
    return list(connection.execute(sa.select(below.c.id)).scalars())


def approvers(connection: Connection, one: Assistant) -> list[str]:
    """Names of those who may decide on an assistant."""
    ids = approver_ids(connection, one.department_id, (one.owner_id, one.deputy_id or 0))
    query = sa.select(users.c.name).where(users.c.id.in_(ids)).order_by(users.c.name)
    return list(connection.execute(query).scalars())


def approver_ids(
    connection: Connection, department_id: int | None, but: Sequence[int]
) -> list[int]:
    """Those who may decide on an assistant of a department: its leads and those of departments above, but
    for who owns it or stands in (``but``)."""
    above = (
        sa.select(departments.c.id, departments.c.parent_id)
        .where(departments.c.id == department_id)
        .cte("above", recursive=True)
    )
    above = above.union(
        sa.select(departments.c.id, departments.c.parent_id).where(
            departments.c.id == above.c.parent_id
        )
    )
    query = sa.select(users.c.id).where(
        users.c.role == "lead",
        ~users.c.disabled,
        users.c.department_id.in_(sa.select(above.c.id)),
        users.c.id.not_in(but),
    )
    return list(connection.execute(query).scalars())


def select_assistants(number: ColumnElement[Any] | int) -> sa.Select[Any]:
    """Assistants, each with the version of a number (a column of it, or a given one)."""
    return (
        sa.select(
            assistants,
            versions.c.number,
            versions.c.content,
            _owner.c.name.label("owner"),
            _deputy.c.name.label("deputy"),
            departments.c.name.label("department"),
            sa.exists()
            .where(
                _last.c.assistant_id == assistants.c.id,
                _last.c.number == assistants.c.newest,
                _last.c.decision == "declined",
            )
            .correlate(assistants)
            .label("declined"),
        )
        .join(
            versions,
            sa.and_(versions.c.assistant_id == assistants.c.id, versions.c.number == number),
        )
        .join(_owner, _owner.c.id == assistants.c.owner_id)
        .outerjoin(_deputy, _deputy.c.id == assistants.c.deputy_id)
        .outerjoin(departments, departments.c.id == assistants.c.department_id)
    )


def to_assistant(row: Row[Any]) -> Assistant:
    """A row of ``select_assistants``."""
    return Assistant(
        row.id, row.owner_id, row.owner, row.deputy_id, row.deputy or "", row.department_id,
        row.department or "", row.newest, row.live, row.asked, row.asked_by, row.paused,
        row.deleted_at is not None, bool(row.declined), row.updated_at, row.number,
        Content.of(json.loads(row.content)),
    )  # fmt: skip


def versions_of(connection: Connection, assistant_id: int) -> list[Version]:
    """All versions, the newest first."""
    author, decider = users.alias("author"), users.alias("decider")
    query = (
        sa.select(versions, author.c.name.label("author"), decider.c.name.label("decider"))
        .join(author, author.c.id == versions.c.author_id)
        .outerjoin(decider, decider.c.id == versions.c.decided_by)
        .where(versions.c.assistant_id == assistant_id)
        .order_by(versions.c.number.desc())
    )
    return [
        Version(
            row.number, row.note, row.author, row.created_at, row.decision, row.decider or "",
            row.reason, Content.of(json.loads(row.content)),
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def last_run(connection: Connection, assistant_id: int, upto: int) -> Run | None:
    """The last run of the test bench at the newest version, up to a number, that had one."""
    query = (
        sa.select(runs, users.c.name)
        .join(users, users.c.id == runs.c.user_id)
        .where(runs.c.assistant_id == assistant_id, runs.c.number <= upto)
        .order_by(runs.c.number.desc(), runs.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    found = tuple(
        Outcome(o["question"], tuple(o["expected"]), tuple(o["cited"]), o["refused"], o["passed"])
        for o in json.loads(row.outcomes)
    )
    return Run(row.number, row.name, row.ran_at, found)
