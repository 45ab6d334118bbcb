"""One form for many recipients: looked through first, then made by a worker.

Every recipient's file is written for itself, so that a batch whose worker was killed goes on where it
stopped. The list and the files hold personal data: they go after some days, and at once when the batch
is deleted.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, MokminError, NotAllowed, NotFound
from mokmin.base.formats.hwpx_forms import Form
from mokmin.base.jobs import JobQueue
from mokmin.features.forms.folder import BatchFolder
from mokmin.features.forms.model import KEPT_DAYS, PATTERN, Batch, Template, file_name
from mokmin.features.forms.service import FormService, by_key, missing_of, told
from mokmin.features.forms.sheets import Plan, Sheet, plan_of, sheet_of
from mokmin.features.forms.store import (
    form_batches,
    form_templates,
    form_versions,
    to_batch,
    to_template,
)
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.csv_table import safe_cell
from mokmin.governance.people.store import departments

JOB = "form_batch"
SHOWN = 30
_NOTE_SECONDS = 1.0
_UNFINISHED = ("queued", "running")


class BatchService:
    """A person's batches; nobody else sees them."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        forms: FormService,
        root: Path,
        finds_personal_data: Callable[[str], bool],
    ) -> None:
        self._db = db
        self._audit = audit
        self._forms = forms
        self._root = root
        self._is_personal = finds_personal_data

    # --- before ---------------------------------------------------------------------------------
    def prepare(self, principal: Principal, template_id: int, name: str, data: bytes) -> int:
        """Take in a list for a form and look it through; the id of the batch, which has not begun."""
        template = self._forms.open(principal, template_id)
        if principal.user_id is None:
            raise NotAllowed("명단은 사람의 계정으로만 올릴 수 있습니다.")
        sheet = sheet_of(data, name)
        plan = plan_of(template, sheet)
        if not plan.matched:
            raise InvalidInput(
                "명단의 열 이름 가운데 서식의 자리와 같은 것이 없습니다. ‘명단 양식’을 받아 첫 줄을 맞춰 "
                "주세요. 아무것도 만들지 않았습니다."
            )
        sample = "\n".join(" ".join(values.values()) for values in plan.values[:200])
        grade = "S" if template.grade == "O" and self._is_personal(sample) else template.grade
        with self._db.write() as connection:
            batch_id = new_id(
                connection,
                form_batches.insert().values(
                    template_id=template.id, edition_id=template.version_id, user_id=principal.user_id,
                    name=name[-200:], state="checking", grade=grade, pattern=_suggested(template, plan),
                    total=len(plan.values), created_at=utcnow(),
                ),
            )  # fmt: skip
            BatchFolder(self._root, batch_id).keep_rows(plan.values)
        return batch_id

    def plan(self, principal: Principal, batch: Batch) -> tuple[Template, Plan]:
        """What the list brings to the form, worked out again from what is kept."""
        template = self._forms.edition(principal, batch.template_id, batch.edition_id)
        rows = BatchFolder(self._root, batch.id).rows()
        columns = tuple(dict.fromkeys(name for row in rows for name in row))
        sheet = Sheet(columns, tuple(tuple(row.get(c, "") for c in columns) for row in rows))
        return template, plan_of(template, sheet)

    # --- running --------------------------------------------------------------------------------
    def start(self, principal: Principal, batch_id: int, pattern: str) -> None:
        """Hand the batch to a worker. Raises Conflict when it has begun."""
        pattern = " ".join(pattern.split())[:200] or PATTERN
        batch = self.open(principal, batch_id)
        self._forms.edition(principal, batch.template_id, batch.edition_id)
        with self._db.write() as connection:
            begun = connection.execute(
                form_batches.update()
                .where(form_batches.c.id == batch.id, form_batches.c.state == "checking")
                .values(state="queued", pattern=pattern)
            )
            if begun.rowcount != 1:
                raise Conflict("이미 시작했습니다. 진행을 확인해 주세요.")
            JobQueue.enqueue(connection, JOB, batch.id)
            detail = {"batch": batch.id, "rows": batch.total}
            self._audit.append(
                connection, principal.login, "form.batch", f"form:{batch.template_id}", detail
            )

    def run(self, batch_id: int) -> None:
        """Make the files, from where it stopped (worker). Raises MokminError for what another try may
        mend."""
        with self._db.write() as connection:
            row = connection.execute(
                sa.select(form_batches).where(form_batches.c.id == batch_id)
            ).first()
            if row is None or row.state not in _UNFINISHED:
                return
            connection.execute(
                form_batches.update().where(form_batches.c.id == batch_id).values(state="running")
            )
        batch = to_batch(row)
        template = self._edition(batch.edition_id)
        form = self._forms.form(template)
        folder = BatchFolder(self._root, batch.id)
        rows = folder.rows()
        outcome = self._make(batch, template, form, folder, rows)
        if outcome is None:
            folder.clear()
            return
        names, lines = outcome
        folder.finish(names, (("목록.csv", _csv(lines)), ("확인할 것.csv", _csv(_wrong(lines)))))
        with self._db.write() as connection:
            connection.execute(
                form_batches.update()
                .where(form_batches.c.id == batch.id, form_batches.c.state == "running")
                .values(
                    state="done",
                    made=len(names),
                    wrong=len(rows) - len(names),
                    finished_at=utcnow(),
                )
            )

    def _make(
        self,
        batch: Batch,
        template: Template,
        form: Form,
        folder: BatchFolder,
        rows: Sequence[Mapping[str, str]],
    ) -> tuple[dict[int, str], list[tuple[str, ...]]] | None:
        """All files; names by row, and a line of the index for each. None when it was called off."""
        names: dict[int, str] = {}
        taken: set[str] = set()
        lines: list[tuple[str, ...]] = [("순번", "명단의 줄", "파일", "결과", "확인할 것")]
        noted = 0.0
        for number, values in enumerate(rows, start=1):
            if time.monotonic() - noted > _NOTE_SECONDS:
                noted = time.monotonic()
                if not self._note(batch.id, len(names)):
                    return None
            try:
                notes = self._one(template, form, folder, number, values)
            except MokminError as error:
                lines.append((str(number), str(number + 1), "", "만들지 않음", error.message))
                continue
            name = _free(file_name(batch.pattern, number, values), taken)
            names[number] = name
            lines.append((str(number), str(number + 1), f"{name}.hwpx", "만듦", " / ".join(notes)))
        return names, lines

    @staticmethod
    def _one(
        template: Template, form: Form, folder: BatchFolder, number: int, values: Mapping[str, str]
    ) -> list[str]:
        if missing := missing_of(template, values):
            raise InvalidInput(f"꼭 채울 칸이 비었습니다: {', '.join(missing[:5])}")
        given = by_key(template, values)
        if folder.has(number):
            return told(template, form.problems(given))
        filled = form.fill(given)
        folder.put(number, filled.package)
        return told(template, filled.problems)

    def _note(self, batch_id: int, made: int) -> bool:
        """Tell how far it is; False when it was called off meanwhile."""
        with self._db.write() as connection:
            done = connection.execute(
                form_batches.update()
                .where(form_batches.c.id == batch_id, form_batches.c.state == "running")
                .values(made=made)
            )
        return done.rowcount == 1

    def _edition(self, version_id: int) -> Template:
        """The form of a batch that began with its owner's right."""
        query = (
            sa.select(
                form_templates, departments.c.name.label("department"),
                form_versions.c.id.label("version_id"), form_versions.c.number, form_versions.c.blob,
                form_versions.c.file_name, form_versions.c.fields, form_versions.c.uses,
                sa.literal(0).label("mine"),
            )
            .select_from(form_templates)
        .join(form_versions, form_versions.c.template_id == form_templates.c.id)
            .outerjoin(departments, departments.c.id == form_templates.c.department_id)
            .where(form_versions.c.id == version_id)
        )  # fmt: skip
        with self._db.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound("서식이 없습니다.")
        return to_template(row)

    def give_up(self, batch_id: int) -> None:
        """After the last try: what is made stays until the batch is deleted."""
        with self._db.write() as connection:
            connection.execute(
                form_batches.update()
                .where(form_batches.c.id == batch_id, form_batches.c.state.in_(_UNFINISHED))
                .values(
                    state="failed",
                    error="만드는 도중 여러 번 멈췄습니다. ‘다시 하기’를 누르면 멈춘 곳부터 이어집니다.",
                    finished_at=utcnow(),
                )
            )

    # --- after ----------------------------------------------------------------------------------
    def mine(self, principal: Principal) -> list[Batch]:
        """The person's newest batches."""
        query = (
            sa.select(form_batches)
            .where(form_batches.c.user_id == principal.user_id)
            .order_by(form_batches.c.id.desc())
            .limit(SHOWN)
        )
        with self._db.read() as connection:
            return [to_batch(row) for row in connection.execute(query)]

    def open(self, principal: Principal, batch_id: int) -> Batch:
        """One of the person's own batches. Raises NotFound."""
        query = sa.select(form_batches).where(
            form_batches.c.id == batch_id, form_batches.c.user_id == principal.user_id
        )
        with self._db.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound("그런 작업이 없습니다. 서식함에서 다시 골라 주세요.")
        return to_batch(row)

    def cancel(self, principal: Principal, batch_id: int) -> None:
        """Call a batch off; what was made of it goes."""
        batch = self.open(principal, batch_id)
        with self._db.write() as connection:
            done = connection.execute(
                form_batches.update()
                .where(
                    form_batches.c.id == batch.id,
                    form_batches.c.state.in_(("checking", *_UNFINISHED)),
                )
                .values(state="cancelled", finished_at=utcnow())
            )
        if done.rowcount != 1:
            raise Conflict("이미 끝난 작업입니다. 바꾼 것은 없습니다.")
        if batch.state != "running":  # a running one is cleared by its worker
            BatchFolder(self._root, batch.id).clear()

    def again(self, principal: Principal, batch_id: int) -> None:
        """Go on with a batch that stopped. Raises Conflict."""
        batch = self.open(principal, batch_id)
        BatchFolder(self._root, batch.id).rows()
        with self._db.write() as connection:
            begun = connection.execute(
                form_batches.update()
                .where(form_batches.c.id == batch.id, form_batches.c.state == "failed")
                .values(state="queued", error="", finished_at=None)
            )
            if begun.rowcount != 1:
                raise Conflict("멈춘 작업이 아닙니다. 바꾼 것은 없습니다.")
            JobQueue.enqueue(connection, JOB, batch.id)

    def delete(self, principal: Principal, batch_id: int) -> None:
        """Delete a finished batch with its list and its files, for good."""
        batch = self.open(principal, batch_id)
        with self._db.write() as connection:
            gone = connection.execute(
                form_batches.delete().where(
                    form_batches.c.id == batch.id, ~form_batches.c.state.in_(_UNFINISHED)
                )
            )
        if gone.rowcount != 1:
            raise Conflict("만드는 중인 작업은 먼저 그만둔 뒤에 지울 수 있습니다.")
        BatchFolder(self._root, batch.id).clear()

    def result(self, principal: Principal, batch_id: int) -> tuple[Batch, Path]:
        """The ZIP; on the record."""
        batch = self.open(principal, batch_id)
        if batch.state != "done":
            raise NotFound("아직 다 만들지 않았습니다.")
        path = BatchFolder(self._root, batch.id).result()
        self._audit.record(
            principal, "form.export", f"form:{batch.template_id}", batch=batch.id, files=batch.made
        )
        return batch, path

    def sweep(self) -> None:
        """Delete what is older than ``KEPT_DAYS`` (a worker's chore)."""
        before = utcnow() - timedelta(days=KEPT_DAYS)
        old = sa.and_(form_batches.c.created_at < before, ~form_batches.c.state.in_(_UNFINISHED))
        with self._db.write() as connection:
            ids = list(connection.execute(sa.select(form_batches.c.id).where(old)).scalars())
            if ids:
                connection.execute(form_batches.delete().where(form_batches.c.id.in_(ids)))
        for batch_id in ids:
            BatchFolder(self._root, batch_id).clear()


def _suggested(template: Template, plan: Plan) -> str:
    """A file name from the number and the column that names the recipient."""
    names = [*plan.matched, *plan.unused]
    for word in ("성명", "이름", "수신", "업체명", "기관명", "동아리명", "제목"):
        if found := next((n for n in names if word in n), None):
            return f"{PATTERN}_{{{{{found}}}}}"
    return f"{PATTERN}_{template.name[:40]}"


def _free(name: str, taken: set[str]) -> str:
    made, count = name, 2
    while made.casefold() in taken:
        made, count = f"{name}_{count}", count + 1
    taken.add(made.casefold())
    return made


def _csv(lines: Sequence[Sequence[str]]) -> str:
    sink = io.StringIO(newline="")
    csv.writer(sink).writerows([[safe_cell(cell) for cell in line] for line in lines])
    return sink.getvalue()


def _wrong(lines: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [lines[0], *(line for line in lines[1:] if line[4])]
