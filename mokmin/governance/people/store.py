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
    # The number that the city's other systems know it by; empty: none.
    sa.Column("code", sa.String(40), unique=True, index=True),
    # First and last day; empty: always, and still there. The name of one that has ended says so, which
    # frees its name for another.
    sa.Column("from_on", sa.Date),
    sa.Column("until_on", sa.Date),
    # The department that took its business over, and with it the right to read its documents.
    sa.Column("successor_id", sa.Integer, index=True),
)
# What was, and will be, changed on departments: "create", "rename", "move", "merge", "abolish". ``name``
# and ``parent_id`` are the new ones, the ``old_`` ones were replaced; applied_at is empty for a plan.
department_changes = sa.Table(
    "department_changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column(
        "department_id", sa.Integer, sa.ForeignKey("departments.id"), nullable=False, index=True
    ),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("on_date", sa.Date, nullable=False, index=True),
    sa.Column("name", sa.String(80), nullable=False, server_default=""),
    sa.Column("old_name", sa.String(80), nullable=False, server_default=""),
    sa.Column("parent_id", sa.Integer),
    sa.Column("old_parent_id", sa.Integer),
    sa.Column("successor_id", sa.Integer),
    sa.Column("made_by", sa.String(80), nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("applied_at", sa.DateTime),
    # Why a plan was not applied on its day, for the administrator.
    sa.Column("problem", sa.String(400), nullable=False, server_default=""),
)
# Who serves where: kind "main" (주 보직), "additional" (겸직), "secondment" (파견) or "acting" (직무대리);
# first and last day, both of them in force.
posts = sa.Table(
    "posts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("department_id", sa.Integer, sa.ForeignKey("departments.id"), nullable=False),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("title", sa.String(80), nullable=False, server_default=""),
    sa.Column("from_on", sa.Date),
    sa.Column("until_on", sa.Date),
    sa.Index("ix_posts_user_id", "user_id"),
    sa.Index("ix_posts_department_id", "department_id"),
)
# Every set of people that a document can be opened to: "staff", "public", "dept:<id>", "tree:<id>",
# "user:<id>", "custom:<name>". Dates matter for custom groups alone.
groups = sa.Table(
    "groups",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(120), nullable=False, unique=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("from_on", sa.Date),
    sa.Column("until_on", sa.Date),
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
    sa.Column("must_change_password", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", sa.DateTime, nullable=False),
)
# Failed sign-ins by a hash of the login that was typed (whether such an account exists or not), of
# the address that they came from, or of the account whose second factor was wrong.
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
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("csrf_token", sa.String(64), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("seen_at", sa.DateTime, nullable=False),
    # What the list of devices names a session by: the token's hash stays inside.
    sa.Column("handle", sa.String(32), nullable=False, unique=True),
    sa.Column("address", sa.String(64), nullable=False, server_default=""),
    sa.Column("agent", sa.String(300), nullable=False, server_default=""),
    sa.Column("method", sa.String(20), nullable=False, server_default="password"),
    sa.Column("id_token", sa.Text),
)
# A personnel rotation (정기인사). ``state``: "draft", "planned", "applied", "cancelled" or "stuck" (its day came
# and ``problem`` tells why nothing was applied). ``edition`` counts up with every change of the draft.
rotations = sa.Table(
    "rotations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.String(120), nullable=False),
    sa.Column("effective_on", sa.Date, nullable=False),
    sa.Column("state", sa.String(12), nullable=False, index=True),
    sa.Column("problem", sa.String(400), nullable=False, server_default=""),
    sa.Column("edition", sa.Integer, nullable=False, server_default="1"),
    sa.Column("made_by", sa.String(80), nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("applied_at", sa.DateTime),
)
rotation_moves = sa.Table(
    "rotation_moves",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("rotation_id", sa.Integer, sa.ForeignKey("rotations.id"), nullable=False),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("department_id", sa.Integer, sa.ForeignKey("departments.id"), nullable=False),
    sa.Column("title", sa.String(80), nullable=False, server_default=""),
    # The role from that day; empty: as it is, but one that is bound to a department ends.
    sa.Column("role", sa.String(20), nullable=False, server_default=""),
    # Who takes over what the person holds; empty: nobody yet.
    sa.Column("taker_id", sa.Integer, sa.ForeignKey("users.id")),
    sa.UniqueConstraint("rotation_id", "user_id"),
)
# What other systems call a person or group of ours (SCIM's externalId); ``kind``: "User" or "Group".
scim_ids = sa.Table(
    "scim_ids",
    metadata,
    sa.Column("kind", sa.String(8), primary_key=True),
    sa.Column("resource", sa.String(40), primary_key=True),
    sa.Column("external_id", sa.String(200), nullable=False, index=True),
)
