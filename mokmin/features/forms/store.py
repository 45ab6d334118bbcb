"""Tables of the forms, and who may see which."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, Row

from mokmin.base.db import metadata
from mokmin.base.formats.hwpx_form_model import FormField
from mokmin.features.forms.model import Batch, FieldUse, Template, Version
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.store import departments, users

form_templates = sa.Table(
    "form_templates",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("about", sa.String(400), nullable=False, server_default=""),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("grade", sa.String(1), nullable=False),
    sa.Column("department_id", sa.Integer),
    sa.Column("created_by", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("updated_at", sa.DateTime, nullable=False),
)
form_template_groups = sa.Table(
    "form_template_groups",
    metadata,
    sa.Column("template_id", sa.Integer, sa.ForeignKey("form_templates.id"), primary_key=True),
    sa.Column("group_id", sa.Integer, sa.ForeignKey("groups.id"), primary_key=True, index=True),
)
form_versions = sa.Table(
    "form_versions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("template_id", sa.Integer, sa.ForeignKey("form_templates.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("blob", sa.String(64), nullable=False),
    sa.Column("file_name", sa.String(200), nullable=False),
    sa.Column("fields", sa.Text, nullable=False),
    sa.Column("uses", sa.Text, nullable=False),
    sa.Column("made_by", sa.Integer, nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.UniqueConstraint("template_id", "number", name="uq_form_versions_number"),
)
form_batches = sa.Table(
    "form_batches",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("template_id", sa.Integer, sa.ForeignKey("form_templates.id"), nullable=False),
    # Not ``version_id``: rows with that name go with a document's versions when those are disposed of.
    sa.Column("edition_id", sa.Integer, sa.ForeignKey("form_versions.id"), nullable=False),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("grade", sa.String(1), nullable=False),
    sa.Column("pattern", sa.String(200), nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("made", sa.Integer, nullable=False, server_default="0"),
    sa.Column("wrong", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("finished_at", sa.DateTime),
)


def manageable(principal: Principal) -> ColumnElement[bool]:
    """SQL condition: forms of the own department for its steward, all for the administrator."""
    if not principal.may(Permission.CURATE):
        return sa.false()
    if principal.may(Permission.ADMINISTER):
        return sa.true()
    if principal.department_id is None:
        return sa.false()
    return form_templates.c.department_id == principal.department_id


def usable(principal: Principal) -> ColumnElement[bool]:
    """SQL condition: published for a group that the person is in."""
    if not principal.groups:
        return sa.false()
    given = sa.exists().where(
        form_template_groups.c.template_id == form_templates.c.id,
        form_template_groups.c.group_id.in_(principal.groups),
    )
    return sa.and_(form_templates.c.state == "published", given)


def select_templates(principal: Principal, *, version_id: int | None = None) -> sa.Select[Any]:
    """The forms that a person may use or manage, each in its newest version (or in a given one)."""
    every = form_versions.alias()
    newest = (
        sa.select(sa.func.max(every.c.number))
        .where(every.c.template_id == form_templates.c.id)
        .correlate(form_templates)
        .scalar_subquery()
    )
    which = (
        form_versions.c.number == newest if version_id is None else form_versions.c.id == version_id
    )
    mine = manageable(principal)
    return (
        sa.select(
            form_templates,
            departments.c.name.label("department"),
            form_versions.c.id.label("version_id"),
            form_versions.c.number,
            form_versions.c.blob,
            form_versions.c.file_name,
            form_versions.c.fields,
            form_versions.c.uses,
            sa.case((mine, 1), else_=0).label("mine"),
        )
        .select_from(form_templates)
        .join(form_versions, sa.and_(form_versions.c.template_id == form_templates.c.id, which))
        .outerjoin(departments, departments.c.id == form_templates.c.department_id)
        .where(sa.or_(mine, usable(principal)))
    )


def to_template(row: Row[Any]) -> Template:
    """A row of ``select_templates``."""
    fields = tuple(
        FormField(**{**values, "options": tuple(values["options"])})
        for values in json.loads(row.fields)
    )
    return Template(
        row.id, row.name, row.about, row.state, row.grade, row.department_id, row.department or "",
        row.version_id, row.number, row.blob, row.file_name, fields,
        tuple(FieldUse(**values) for values in json.loads(row.uses)), row.updated_at, bool(row.mine),
    )  # fmt: skip


def add_version(
    connection: Connection,
    template_id: int,
    values: dict[str, Any],
    fields: Sequence[FormField],
    uses: Sequence[FieldUse],
) -> None:
    """A further edition of a form."""
    last = connection.execute(
        sa.select(sa.func.max(form_versions.c.number)).where(
            form_versions.c.template_id == template_id
        )
    ).scalar()
    connection.execute(
        form_versions.insert().values(
            template_id=template_id,
            number=(last or 0) + 1,
            fields=json.dumps([asdict(f) for f in fields], ensure_ascii=False),
            uses=uses_text(uses),
            **values,
        )
    )


def uses_text(uses: Sequence[FieldUse]) -> str:
    """The uses of fields as they are stored."""
    return json.dumps([asdict(u) for u in uses], ensure_ascii=False)


def versions_of(connection: Connection, template_id: int) -> list[Version]:
    """All editions, the newest first."""
    rows = connection.execute(
        sa.select(form_versions, users.c.name)
        .outerjoin(users, users.c.id == form_versions.c.made_by)
        .where(form_versions.c.template_id == template_id)
        .order_by(form_versions.c.number.desc())
    )
    return [
        Version(r.number, r.file_name, len(json.loads(r.fields)), r.name or "", r.made_at)
        for r in rows
    ]


def to_batch(row: Row[Any]) -> Batch:
    """A row of ``form_batches``."""
    return Batch(
        row.id, row.template_id, row.edition_id, row.user_id, row.name, row.state, row.grade, row.pattern,
        row.total, row.made, row.wrong, row.error, row.created_at, row.finished_at,
    )  # fmt: skip
