"""Tables of people: departments, groups, accounts, sessions."""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import metadata

departments = sa.Table(
    "departments",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False, unique=True),
    sa.Column("parent_id", sa.Integer, sa.ForeignKey("departments.id")),
    sa.Column("phone", sa.String(40), nullable=False, server_default=""),
)
# Every set of people that a document can be opened to: "staff", "dept:<id>", "custom:<name>".
groups = sa.Table(
    "groups",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(120), nullable=False, unique=True),
    sa.Column("name", sa.String(120), nullable=False),
)
group_members = sa.Table(
    "group_members",
    metadata,
    sa.Column("group_id", sa.Integer, sa.ForeignKey("groups.id"), primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), primary_key=True),
)
users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("login", sa.String(80), nullable=False, unique=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("post", sa.String(80), nullable=False, server_default=""),
    sa.Column("department_id", sa.Integer, sa.ForeignKey("departments.id")),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", sa.DateTime, nullable=False),
)
# Failed sign-ins by a hash of the login that was typed, whether such an account exists or not.
failures = sa.Table(
    "sign_in_failures",
    metadata,
    sa.Column("login_hash", sa.String(64), primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("locked_until", sa.DateTime),
    sa.Column("at", sa.DateTime, nullable=False),
)
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("csrf_token", sa.String(64), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("seen_at", sa.DateTime, nullable=False),
)
