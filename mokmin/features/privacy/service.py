"""Looking at findings, deciding on them, teaching exclusions, looking behind the mask.

Of documents that the officer may read there are places and masked values; of all others numbers by
department alone. Values leave the document only in ``reveal``, with a reason on the record.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import ceil
from pathlib import Path

import sqlalchemy as sa

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import InvalidInput, NotFound
from mokmin.features.privacy.model import PER_PAGE, REASONS, Count, Desk, Revealed, Shown, Wanted
from mokmin.features.privacy.store import counts, of_principal, passage_at, wanted_conditions
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.privacy.exclusions import (
    Exclusion,
    checked_pattern,
    hashed,
    to_exclusion,
)
from mokmin.governance.privacy.findings import FindingState, joined, starts_of
from mokmin.governance.privacy.masking import masked
from mokmin.governance.privacy.model import TYPES
from mokmin.governance.privacy.policies import PrivacyRules, bump, ensure_salt
from mokmin.governance.privacy.store import exclusions, findings
from mokmin.knowledge.documents.masking import DocumentMasking, masked_blocks
from mokmin.knowledge.documents.model import Version
from mokmin.knowledge.documents.passages import block_text
from mokmin.knowledge.documents.service import DocumentService
from mokmin.knowledge.documents.store import blocks_of
from mokmin.knowledge.ingestion.privacy_scan import PrivacyScan

AROUND = 60
MOST_AT_ONCE = 500


class PrivacyService:
    """The privacy officer's desk."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        documents: DocumentService,
        masking: DocumentMasking,
        rules: PrivacyRules,
        scan: PrivacyScan,
    ) -> None:
        self._db = db
        self._audit = audit
        self._documents = documents
        self._masking = masking
        self._rules = rules
        self._scan = scan

    # --- looking --------------------------------------------------------------------------
    def desk(self, principal: Principal, wanted: Wanted) -> Desk:
        """Findings in documents that the officer may read, the newest documents first."""
        require(principal, Permission.PROTECT_PRIVACY)
        query = of_principal(principal, *wanted_conditions(wanted))
        page = max(1, wanted.page)
        with self._db.read() as connection:
            total = connection.execute(
                sa.select(sa.func.count()).select_from(query.subquery())
            ).scalar_one()
            rows = connection.execute(
                query.order_by(findings.c.version_id.desc(), findings.c.start)
                .limit(PER_PAGE)
                .offset((min(page, 10_000) - 1) * PER_PAGE)
            ).all()
            shown = self._shown(connection, rows)
        return Desk(tuple(shown), int(total), max(1, ceil(total / PER_PAGE)))

    def _shown(
        self, connection: sa.Connection, rows: Sequence[sa.Row[tuple[object, ...]]]
    ) -> list[Shown]:
        texts: dict[int, tuple[str, str, list[int]]] = {}
        made = []
        for row in rows:
            if row.version_id not in texts:
                blocks = blocks_of(connection, row.version_id)
                raw = [block_text(b) for b in blocks]
                places = self._masking.places(row.version_id, blocks, row.kind)
                hidden = [block_text(b) for b in masked_blocks(blocks, places)]
                texts[row.version_id] = (joined(raw), joined(hidden), starts_of(hidden))
            whole, hidden_whole, starts = texts[row.version_id]
            value = masked(row.type, whole[row.start : row.end])
            before, after = _around(hidden_whole, starts, row.block, value)
            made.append(
                Shown(
                    row.id,
                    row.document_id,
                    passage_at(connection, row.version_id, row.block),
                    row.title,
                    row.department,
                    row.grade,
                    row.type,
                    row.state,
                    value,
                    before,
                    after,
                    row.decided_by,
                    row.found_at,
                )
            )
        return made

    def counts(self, principal: Principal) -> list[Count]:
        """Numbers by department, type and state over the whole library."""
        require(principal, Permission.PROTECT_PRIVACY)
        with self._db.read() as connection:
            return [Count(*row) for row in counts(connection)]

    def export(self, principal: Principal) -> list[Count]:
        """The numbers to take along; on the record."""
        found = self.counts(principal)
        self._audit.record(principal, "finding.export", f"finding:{sum(c.count for c in found)}")
        return found

    def waiting(self) -> int:
        """How many documents are still to be looked through."""
        return self._scan.waiting()

    # --- deciding -------------------------------------------------------------------------
    def decide(self, principal: Principal, ids: Collection[int], state: FindingState) -> int:
        """Decide on findings, or open them again; how many there were within the officer's rights.
        What lies outside them is left alone without a word."""
        require(principal, Permission.PROTECT_PRIVACY)
        if len(ids) > MOST_AT_ONCE:
            raise InvalidInput(
                f"한 번에 {MOST_AT_ONCE}건까지 정할 수 있습니다. 바꾼 것은 없습니다."
            )
        now = utcnow()
        with self._db.write() as connection:
            mine = of_principal(principal, findings.c.id.in_(list(ids)))
            allowed = [row.id for row in connection.execute(mine)]
            reopened = state is FindingState.OPEN
            connection.execute(
                findings.update()
                .where(findings.c.id.in_(allowed))
                .values(
                    state=state.value,
                    decided_by="" if reopened else principal.login,
                    decided_at=None if reopened else now,
                )
            )
            if allowed:
                self._audit.append(
                    connection,
                    principal.login,
                    "finding.decide",
                    f"finding:{len(allowed)}",
                    {"state": state.value, "first": min(allowed), "last": max(allowed)},
                )
        return len(allowed)

    # --- exclusions -----------------------------------------------------------------------
    def exclude(self, principal: Principal, finding_id: int, *, everywhere: bool) -> int:
        """Not personal: remember the exact string, in documents of that kind or everywhere, and open
        documents anew under that; the exclusion's id. Raises NotFound."""
        require(principal, Permission.PROTECT_PRIVACY)
        with self._db.write() as connection:
            row = connection.execute(of_principal(principal, findings.c.id == finding_id)).first()
            if row is None:
                raise NotFound("그 발견은 없습니다. 문서가 바뀌었을 수 있습니다.")
            texts = [block_text(b) for b in blocks_of(connection, row.version_id)]
            value = joined(texts)[row.start : row.end]
            kind = "" if everywhere else row.kind
            made = new_id(
                connection,
                exclusions.insert().values(
                    type=row.type,
                    form="exact",
                    value=hashed(ensure_salt(connection), row.type, value),
                    shown=masked(row.type, value)[:80],
                    document_kind=kind,
                    made_by=principal.login,
                    made_at=utcnow(),
                ),
            )
            bump(connection)
            self._audit.append(
                connection,
                principal.login,
                "exclusion.add",
                f"exclusion:{made}",
                {"type": row.type, "form": "exact", "document": row.document_id},
            )
        self._rules.forget()
        self._scan.look_through(row.document_id, row.version_id, row.kind)
        return made

    def exclude_pattern(
        self, principal: Principal, kind: str, pattern: str, document_kind: str
    ) -> int:
        """Remember a pattern of a type (``053-803-*``). Raises InvalidInput."""
        require(principal, Permission.PROTECT_PRIVACY)
        if kind not in TYPES:
            raise InvalidInput("개인정보의 종류를 골라 주세요. 바꾼 것은 없습니다.")
        pattern = checked_pattern(pattern)
        with self._db.write() as connection:
            made = new_id(
                connection,
                exclusions.insert().values(
                    type=kind,
                    form="pattern",
                    value=pattern,
                    shown=pattern,
                    document_kind=document_kind[:40],
                    made_by=principal.login,
                    made_at=utcnow(),
                ),
            )
            bump(connection)
            self._audit.append(
                connection,
                principal.login,
                "exclusion.add",
                f"exclusion:{made}",
                {"type": kind, "form": "pattern"},
            )
        self._rules.forget()
        return made

    def undo_exclusion(self, principal: Principal, exclusion_id: int) -> None:
        """Take an exclusion back; documents are looked through again. Raises NotFound."""
        require(principal, Permission.PROTECT_PRIVACY)
        with self._db.write() as connection:
            done = connection.execute(
                exclusions.update()
                .where(exclusions.c.id == exclusion_id, exclusions.c.undone_at.is_(None))
                .values(undone_at=utcnow(), undone_by=principal.login)
            ).rowcount
            if not done:
                raise NotFound("그 예외는 없거나 이미 거두었습니다.")
            bump(connection)
            self._audit.append(
                connection, principal.login, "exclusion.undo", f"exclusion:{exclusion_id}", {}
            )
        self._rules.forget()

    def exclusions(self, principal: Principal) -> list[Exclusion]:
        """The list, the newest first, without what was taken back."""
        require(principal, Permission.PROTECT_PRIVACY)
        query = sa.select(exclusions).where(exclusions.c.undone_at.is_(None))
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(exclusions.c.id.desc()).limit(500)).all()
        return [to_exclusion(row) for row in rows]

    # --- behind the mask ------------------------------------------------------------------
    def reveal(self, principal: Principal, document_id: int, reason: str) -> Revealed:
        """A document's text without masks. On the record before it is shown: document, types, reason.
        Raises NotAllowed, NotFound, InvalidInput."""
        version = self._to_reveal(principal, document_id, reason)
        document = self._documents.get(principal, document_id)
        blocks = self._documents.blocks(principal, document_id, version.id)
        whole = joined([block_text(b) for b in blocks])
        places = self._masking.places(version.id, blocks, document.kind)
        pieces: list[tuple[str, str]] = []
        at, seen = 0, dict.fromkeys((p.type for p in places), 0)
        for place in places:
            if place.start < at:
                continue
            pieces += [(whole[at : place.start], ""), (whole[place.start : place.end], place.type)]
            seen[place.type] += 1
            at = place.end
        pieces.append((whole[at:], ""))
        self._recorded(principal, document_id, reason, "text", seen)
        return Revealed(document.title, tuple(p for p in pieces if p[0]), seen)

    def reveal_file(self, principal: Principal, document_id: int, reason: str) -> tuple[Path, str]:
        """The original of a document with masked places, and its name. Raises as ``reveal``."""
        version = self._to_reveal(principal, document_id, reason)
        path, _ = self._documents.original(principal, document_id, version.id)
        self._recorded(principal, document_id, reason, "file", {})
        return path, version.filename

    def _to_reveal(self, principal: Principal, document_id: int, reason: str) -> Version:
        require(principal, Permission.REVEAL)
        document = self._documents.get(principal, document_id)
        if reason not in REASONS:
            raise InvalidInput("가린 내용을 보는 사유를 골라 주세요. 아직 보여 드리지 않았습니다.")
        for version in self._documents.versions(principal, document_id):
            if version.id == document.current_version_id:
                return version
        raise NotFound("아직 읽지 못한 문서입니다. 준비된 뒤에 다시 해 주세요.")

    def _recorded(
        self, principal: Principal, document_id: int, reason: str, what: str, seen: dict[str, int]
    ) -> None:
        self._audit.record(
            principal,
            "privacy.reveal",
            f"document:{document_id}",
            reason=reason,
            what=what,
            types=",".join(sorted(seen)),
            count=sum(seen.values()),
        )


def _around(text: str, starts: Sequence[int], block: int, value: str) -> tuple[str, str]:
    """Masked words before and behind a masked value, within its block."""
    begin = starts[block] if block < len(starts) else 0
    end = starts[block + 1] - 1 if block + 1 < len(starts) else len(text)
    here = text[begin:end]
    at = here.find(value)
    if at < 0:
        return "", here[: 2 * AROUND]
    return here[max(0, at - AROUND) : at], here[at + len(value) : at + len(value) + AROUND]
