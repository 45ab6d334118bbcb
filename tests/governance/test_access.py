"""Rights: no shared group, no access; no permission, no action."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mokmin.app import App
from mokmin.base.errors import NotAllowed, NotFound
from mokmin.governance.access.model import OPERATOR, ROLE_NAMES, ROLES, Permission, highest
from mokmin.governance.access.rules import require
from mokmin.knowledge.documents.service import LibraryQuery

TEXT = "공유재산 사용료는 납부기한까지 내야 한다.\n"


def test_a_principal_without_groups_sees_nothing(app: App, people: Any, put: Any) -> None:
    document = put(app, "공유재산.txt", TEXT).document_id
    nobody = replace(people.kim, groups=())
    assert app.documents.get(people.kim, document).id == document
    assert app.documents.page(nobody, LibraryQuery()).total == 0
    assert app.documents.count(nobody) == 0
    assert app.documents.ids(nobody) == ()
    assert app.documents.kinds(nobody) == []
    assert app.search.search(nobody, "공유재산 사용료").hits == ()
    with pytest.raises(NotFound):
        app.documents.get(nobody, document)


def test_an_administrator_has_no_key_to_documents(app: App, people: Any, put: Any) -> None:
    document = put(app, "공유재산.txt", TEXT, audience=("회계과",)).document_id
    with pytest.raises(NotFound):
        app.documents.get(people.admin, document)
    assert app.search.search(people.admin, "공유재산 사용료").hits == ()


def test_the_operator_sees_all(app: App, people: Any, put: Any) -> None:
    document = put(app, "공유재산.txt", TEXT, audience=("회계과",)).document_id
    assert app.documents.get(OPERATOR, document).id == document
    assert app.search.search(OPERATOR, "공유재산 사용료").hits


def test_a_missing_permission_is_refused(people: Any) -> None:
    require(people.admin, Permission.ADMINISTER)
    for permission in (Permission.ADMINISTER, Permission.READ_AUDIT, Permission.PUBLISH):
        with pytest.raises(NotAllowed):
            require(people.kim, permission)


def test_every_role_has_a_korean_name() -> None:
    assert set(ROLES) == set(ROLE_NAMES)


def test_only_the_administrator_administers_and_only_the_auditor_reads_the_log() -> None:
    may = {p: {role for role, held in ROLES.items() if p in held} for p in Permission}
    assert may[Permission.ADMINISTER] == {"admin"}
    assert may[Permission.READ_AUDIT] == {"auditor"}
    assert "auditor" not in may[Permission.UPLOAD]


@pytest.mark.parametrize(
    ("grades", "expected"), [([], "O"), (["O", "S"], "S"), (["S", "C", "O"], "C"), (["O"], "O")]
)
def test_the_highest_grade_wins(grades: list[str], expected: str) -> None:
    assert highest(grades) == expected
