"""How drafts begin: from facts, from a file, from another draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import InvalidInput, NotFound, TooLarge
from mokmin.features.drafting.keeping import dump, keep_version, title_of
from mokmin.features.drafting.model import Draft, Json
from mokmin.features.drafting.store import drafts, one
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.store import departments
from mokmin.knowledge.documents.service import DocumentService
from mokmin.knowledge.official.conversion import converted
from mokmin.knowledge.official.drafting import compose
from mokmin.knowledge.official.extraction import facts_of
from mokmin.knowledge.official.facts import checked
from mokmin.knowledge.official.kinds import kind_of
from mokmin.knowledge.official.kinds.model import Office
from mokmin.knowledge.official.model import OfficialDocument
from mokmin.knowledge.official.serial import to_json

MOST_DRAFTS = 5_000
GONE = "초안을 찾을 수 없습니다. 지워졌거나 볼 권한이 없습니다."
GRADES = ("O", "S", "C")
# The office's head by the last word of its name.
_HEADS = {
    "시": "장",
    "군": "수",
    "구": "청장",
    "도": "지사",
    "청": "장",
    "처": "장",
    "원": "장",
    "회": "위원장",
}


class DraftBeginning:
    """The first verbs of drafting. Each takes the principal first."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        documents: DocumentService,
        agency: Callable[[], str] = lambda: "",
        today: Callable[[], date] = date.today,
    ) -> None:
        self._db, self._audit, self._documents, self._agency = db, audit, documents, agency
        self.today = today

    # --- begin ----------------------------------------------------------------------------
    def office(self, principal: Principal) -> Office:
        """What is known of the drafter's office."""
        agency = self._agency()
        phone = ""
        if principal.department_id is not None:
            query = sa.select(departments.c.phone).where(
                departments.c.id == principal.department_id
            )
            with self._db.read() as connection:
                phone = connection.execute(query).scalar() or ""
        head = agency + _HEADS.get(agency[-1:], "") if agency[-1:] in _HEADS else ""
        return Office(
            agency=agency,
            department=principal.department,
            drafter=principal.name if principal.user_id else "",
            head_post=head,
            phone=str(phone),
        )

    def begin(self, principal: Principal, kind: str, facts: Any, *, grade: str = "O") -> int:
        """Compose a draft from facts and return its id. Raises InvalidInput, NotFound, NotAllowed."""
        require(principal, Permission.ASK)
        given = checked(facts)
        made = compose(kind, given, self.office(principal))
        return self._insert(principal, made.document, given, grade, "facts")

    def adopt(self, principal: Principal, document: OfficialDocument, *, grade: str = "O") -> int:
        """Begin a draft from a document that was written elsewhere (an imported file)."""
        require(principal, Permission.ASK)
        kind_of(document.kind)
        return self._insert(principal, document, {}, grade, "file")

    def convert(self, principal: Principal, draft_id: int, kind: str) -> int:
        """A new draft of another kind from the facts of this one."""
        draft = self.get(principal, draft_id)
        facts = converted(draft.facts, draft.kind, kind)
        made = compose(kind, facts, self.office(principal))
        return self._insert(principal, made.document, facts, draft.grade, "convert")

    def facts_from(
        self, principal: Principal, kind: str, document_ids: Sequence[int]
    ) -> tuple[Json, str]:
        """Facts for a kind out of documents of the library, with the highest grade among them."""
        require(principal, Permission.ASK)
        found: Json = {}
        grade = "O"
        for document_id in document_ids[:10]:
            document = self._documents.get(principal, document_id)
            if document.current_version_id is None:
                raise InvalidInput(
                    f"‘{document.title}’은(는) 아직 읽는 중입니다. 잠시 뒤 다시 해 주십시오."
                )
            blocks = self._documents.blocks(principal, document_id, document.current_version_id)
            facts = facts_of(document.title, blocks)
            if document.department:
                facts.setdefault("부서", {"value": document.department, "source": document.title})
            for key, fact in converted(facts, "", kind).items():
                found.setdefault(key, fact)
            grade = max(grade, document.grade, key=GRADES.index)
            self._audit.record(principal, "document.view", f"document:{document_id}", use="draft")
        return found, grade

    def _insert(
        self, principal: Principal, document: OfficialDocument, facts: Json, grade: str, how: str
    ) -> int:
        if principal.user_id is None:
            raise InvalidInput("초안은 사람의 계정으로 씁니다. 계정으로 로그인해 주십시오.")
        if grade not in GRADES:
            raise InvalidInput("보안 등급은 O, S, C 가운데 하나입니다.")
        now = utcnow()
        with self._db.write() as connection:
            count = connection.execute(
                sa.select(sa.func.count()).where(
                    drafts.c.user_id == principal.user_id, drafts.c.deleted_at.is_(None)
                )
            ).scalar_one()
            if count >= MOST_DRAFTS:
                raise TooLarge(
                    f"초안은 한 사람이 {MOST_DRAFTS:,}건까지 둘 수 있습니다. 지난 초안을 지워 주십시오."
                )
            text = dump(to_json(document))
            draft_id = new_id(
                connection,
                drafts.insert().values(
                    user_id=principal.user_id,
                    department_id=principal.department_id,
                    kind=document.kind,
                    title=title_of(document),
                    grade=grade,
                    facts=dump(facts),
                    document=text,
                    revision=1,
                    state="writing",
                    holder_id=principal.user_id,
                    created_at=now,
                    updated_at=now,
                ),
            )
            keep_version(connection, draft_id, text, "처음 쓴 글", principal.user_id)
            detail = {"kind": document.kind, "grade": grade, "how": how}
            self._audit.append(connection, principal, "draft.create", f"draft:{draft_id}", detail)
        return draft_id

    def get(self, principal: Principal, draft_id: int) -> Draft:
        """One draft. Raises NotFound."""
        with self._db.read() as connection:
            found = one(connection, principal, draft_id)
        if found is None:
            raise NotFound(GONE)
        return found
