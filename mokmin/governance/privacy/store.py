"""Tables of personal information: policies, settings, exclusions, findings.

No table holds a value that was found: a finding is a place in a document, an exclusion a keyed hash.
"""

from __future__ import annotations

import sqlalchemy as sa

from mokmin.base.db import metadata

# Only what differs from the defaults.
policies = sa.Table(
    "privacy_policies",
    metadata,
    sa.Column("purpose", sa.String(12), primary_key=True),
    sa.Column("grade", sa.String(1), primary_key=True),
    sa.Column("family", sa.String(12), primary_key=True),
    sa.Column("action", sa.String(8), nullable=False),
    sa.Column("changed_by", sa.String(80), nullable=False),
    sa.Column("changed_at", sa.DateTime, nullable=False),
)
# "salt" of the hashes, "official_phones" (one a line), "rules": counts changes of what is searched for.
settings = sa.Table(
    "privacy_settings",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
# ``form`` "exact": ``value`` is a keyed hash; "pattern": a number with ``*`` for any digits. ``shown``
# is what the list shows: masked, or the pattern. ``document_kind`` empty: in every document.
exclusions = sa.Table(
    "privacy_exclusions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("type", sa.String(12), nullable=False),
    sa.Column("form", sa.String(8), nullable=False),
    sa.Column("value", sa.String(80), nullable=False),
    sa.Column("shown", sa.String(80), nullable=False),
    sa.Column("document_kind", sa.String(40), nullable=False, server_default=""),
    sa.Column("made_by", sa.String(80), nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("undone_by", sa.String(80), nullable=False, server_default=""),
    sa.Column("undone_at", sa.DateTime),
)
# ``start`` and ``end`` are characters of the version's blocks joined by line ends; ``block`` is the
# one in which it begins. ``decided_by`` empty: nobody yet, "exclusion": the list.
findings = sa.Table(
    "privacy_findings",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("document_id", sa.Integer, nullable=False, index=True),
    sa.Column("version_id", sa.Integer, nullable=False),
    sa.Column("type", sa.String(12), nullable=False),
    sa.Column("block", sa.Integer, nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("decided_by", sa.String(80), nullable=False, server_default=""),
    sa.Column("decided_at", sa.DateTime),
    sa.Column("found_at", sa.DateTime, nullable=False),
    sa.UniqueConstraint("version_id", "start", "end", "type"),
    sa.Index("ix_privacy_findings_state", "state", "type"),
)
# Versions that were looked through, and the number of the rules of that time.
scans = sa.Table(
    "privacy_scans",
    metadata,
    sa.Column("version_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("rules", sa.Integer, nullable=False),
    sa.Column("scanned_at", sa.DateTime, nullable=False),
)
