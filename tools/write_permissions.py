"""Write docs/permissions.md from the application; ``tests/features/test_matrix.py`` compares.

python tools/write_permissions.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from fastapi import FastAPI

from mokmin.app import App
from mokmin.governance.access.model import PERMISSION_NAMES, ROLE_NAMES, ROLES, Permission
from mokmin.governance.people.declarations import PUBLIC, SIGNED_IN, declared
from mokmin.settings import Settings
from mokmin.web import create_web

PLACE = Path(__file__).resolve().parents[1] / "docs" / "permissions.md"
HEAD = """# Roles and permissions

Generated from the code by `tools/write_permissions.py`; do not edit. Everything is denied unless a role
names it. The same tables are on the page `/admin/permissions`.

Permissions say what somebody may *do*; which documents they may *see* follows from the groups that a
document is open to, for every role alike.
"""


def permissions_document(web: FastAPI) -> str:
    """The document as text."""
    roles = list(ROLE_NAMES)
    lines = [HEAD, "## Permissions of each role\n"]
    lines.append(
        "| permission | meaning | " + " | ".join(f"{r} ({ROLE_NAMES[r]})" for r in roles) + " |"
    )
    lines.append("|---" * (2 + len(roles)) + "|")
    for permission in Permission:
        marks = ("yes" if permission in ROLES[role] else "" for role in roles)
        lines.append(
            f"| {permission.value} | {PERMISSION_NAMES[permission]} | " + " | ".join(marks) + " |"
        )
    lines.append("\n## What each route needs\n")
    lines.append(
        f"`{PUBLIC}`: anybody; `{SIGNED_IN}`: any session. *token*: an API token may be used, within its "
        "scopes.\n"
    )
    lines += ["| method | route | needs | token |", "|---|---|---|---|"]
    for route in declared(web):
        token = "yes" if route.bearer else ""
        lines.append(f"| {route.method} | `{route.path}` | {route.need} | {token} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the document."""
    with tempfile.TemporaryDirectory() as home:
        app = App(Settings(home=Path(home)))
        PLACE.write_text(permissions_document(create_web(app)), encoding="utf-8")
        app.db.close()


if __name__ == "__main__":
    main()
