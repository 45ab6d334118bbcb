"""Tables of signing in: unfinished sign-ins, former passwords, second factors, tokens, identities."""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import metadata

# A sign-in under way: waiting for a second factor (user_id set) or for the identity provider.
sign_in_steps = sa.Table(
    "sign_in_steps",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id")),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
)
# Hashes of passwords that were in use before, so that the last ones do not come back.
former_passwords = sa.Table(
    "former_passwords",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)
# One secret per person; it counts from the moment it was confirmed with a code. ``last_step`` is the
# time step of the last accepted code: none at or before it is taken again (RFC 6238 section 5.2).
second_factors = sa.Table(
    "second_factors",
    metadata,
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("secret", sa.String(400), nullable=False),
    sa.Column("confirmed_at", sa.DateTime),
    sa.Column("last_step", sa.BigInteger, nullable=False, server_default="0"),
)
recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("code_hash", sa.String(64), primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
)
# Programs' keys; only a hash is kept. ``scopes``: names of permissions, one blank between them.
api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("scopes", sa.String(400), nullable=False),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("expires_at", sa.DateTime, nullable=False),
    sa.Column("used_at", sa.DateTime),
    sa.Column("revoked_at", sa.DateTime),
)
# Accounts at the identity provider, tied to ours at their first sign-in there.
user_identities = sa.Table(
    "user_identities",
    metadata,
    sa.Column("issuer", sa.String(300), primary_key=True),
    sa.Column("subject", sa.String(255), primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("linked_at", sa.DateTime, nullable=False),
)
