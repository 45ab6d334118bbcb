"""What must never be in the database once all work is done: each query finds what is wrong."""

from __future__ import annotations

FINDINGS = {
    "passages of no READY version": (
        "SELECT p.version_id, count(*) FROM passages p LEFT JOIN versions v "
        "ON v.id = p.version_id WHERE v.state IS NULL OR v.state <> 'ready' GROUP BY 1"
    ),
    "structure of no READY version": (
        "SELECT s.version_id, count(*) FROM (SELECT version_id FROM provisions "
        "UNION ALL SELECT version_id FROM citations) s LEFT JOIN versions v "
        "ON v.id = s.version_id WHERE v.state IS NULL OR v.state <> 'ready' GROUP BY 1"
    ),
    "a provision twice": (
        "SELECT unit_id, article FROM provisions GROUP BY 1, 2 HAVING count(*) > 1"
    ),
    "a position twice": ("SELECT version_id, seq FROM passages GROUP BY 1, 2 HAVING count(*) > 1"),
    "a number of passages that is not so": (
        "SELECT v.id, v.passages FROM versions v WHERE v.state = 'ready' AND "
        "v.passages <> (SELECT count(*) FROM passages p WHERE p.version_id = v.id)"
    ),
    "a document twice": ("SELECT source, count(*) FROM documents GROUP BY 1 HAVING count(*) > 1"),
    "the same content twice in a document": (
        "SELECT document_id, sha256 FROM versions GROUP BY 1, 2 HAVING count(*) > 1"
    ),
    "not the newest version in use": (
        "SELECT d.id, d.current_version_id, d.newest_version_id FROM documents d "
        "WHERE d.current_version_id IS NOT d.newest_version_id"
    ),
    "unfinished versions": ("SELECT id, state FROM versions WHERE state NOT IN ('ready')"),
    "jobs left": ("SELECT id, kind, state, error FROM jobs WHERE state <> 'done'"),
}
