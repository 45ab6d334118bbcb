"""Tables of the register of endpoints, and its rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import metadata
from mokmin.base.llm.ports import ModelProfile
from mokmin.governance.endpoints.model import Endpoint, Examination, Finding, Form

model_endpoints = sa.Table(
    "model_endpoints",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("name", sa.String(80), nullable=False, unique=True),
    sa.Column("base_url", sa.String(400), nullable=False),
    sa.Column("model", sa.String(200), nullable=False),
    # Sealed with a key that is not in the database; empty: none.
    sa.Column("sealed_key", sa.Text, nullable=False),
    sa.Column("grade", sa.String(1), nullable=False),
    sa.Column("timeout_seconds", sa.Float, nullable=False),
    sa.Column("fallback_order", sa.Integer, nullable=False),
    sa.Column("weight", sa.Integer, nullable=False),
    # What it can do and costs: the fields of ModelProfile, as JSON.
    sa.Column("profile", sa.Text, nullable=False),
    sa.Column("is_on", sa.Boolean, nullable=False),
    # The last examination, as JSON; empty: never.
    sa.Column("examination", sa.Text, nullable=False),
    sa.Column("changed_by", sa.String(80), nullable=False),
    sa.Column("changed_at", sa.DateTime, nullable=False),
)
# Who may use a model, by its name, so that those of the settings can be kept to departments too;
# no row for a name: everybody.
model_departments = sa.Table(
    "model_departments",
    metadata,
    sa.Column("model_name", sa.String(80), primary_key=True),
    sa.Column(
        "department_id",
        sa.Integer,
        sa.ForeignKey("departments.id"),
        primary_key=True,
        autoincrement=False,
    ),
)


def values_of(form: Form) -> dict[str, Any]:
    """The columns that a form fills."""
    return {
        "kind": form.kind,
        "name": form.name,
        "base_url": form.base_url,
        "model": form.model,
        "grade": form.grade,
        "timeout_seconds": form.timeout_seconds,
        "fallback_order": form.fallback_order,
        "weight": form.weight,
        "profile": json.dumps(asdict(form.profile)),
    }


def endpoint_of(row: Any, departments: Iterable[int] = ()) -> Endpoint:
    """A row, without its key."""
    form = Form(
        row.kind,
        row.name,
        row.base_url,
        row.model,
        row.grade,
        row.timeout_seconds,
        row.fallback_order,
        row.weight,
        _profile(row.profile),
        tuple(departments),
    )
    return Endpoint(
        row.id,
        form,
        row.is_on,
        bool(row.sealed_key),
        row.changed_by,
        row.changed_at,
        _examination(row.examination),
    )


def audiences(connection: Connection) -> dict[str, frozenset[int]]:
    """Departments by model."""
    found: dict[str, set[int]] = {}
    query = sa.select(model_departments.c.model_name, model_departments.c.department_id)
    for name, department in connection.execute(query):
        found.setdefault(name, set()).add(department)
    return {name: frozenset(ids) for name, ids in found.items()}


def examination_text(examination: Examination, at: datetime) -> str:
    """An examination as it is kept."""
    found = [[f.name, f.ok, f.text] for f in examination.findings]
    told = {"findings": found, "first_ms": examination.first_ms, "at": at.isoformat()}
    return json.dumps(told, ensure_ascii=False)


def _profile(text: str) -> ModelProfile:
    """What another version wrote of things that this one does not know is passed over."""
    known = {field.name for field in fields(ModelProfile)}
    return ModelProfile(**{k: v for k, v in json.loads(text).items() if k in known})


def _examination(text: str) -> Examination | None:
    if not text:
        return None
    told = json.loads(text)
    return Examination(
        tuple(Finding(name, ok, said) for name, ok, said in told["findings"]),
        told["first_ms"],
        datetime.fromisoformat(told["at"]),
    )
