"""The library of forms: taking in, mapping, publishing, filling."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import InvalidInput, NotAllowed, NotFound
from mokmin.base.files import BlobStore
from mokmin.base.formats.hwpx_form_compare import differences
from mokmin.base.formats.hwpx_form_model import Filled, FormField, Problem
from mokmin.base.formats.hwpx_forms import LIMITS, Form, read_form
from mokmin.features.forms.model import FieldUse, Template, TemplateState, Version
from mokmin.features.forms.store import (
    add_version,
    form_template_groups,
    form_templates,
    form_versions,
    manageable,
    select_templates,
    to_template,
    uses_text,
    versions_of,
)
from mokmin.governance.access.model import GRADE_RANK, Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.documents.rights_audience import Audience

SHOWN = 300
_MISSING = "그런 서식이 없거나 쓸 수 없습니다. 서식함에서 다시 골라 주세요."
_NEXT: dict[TemplateState, tuple[TemplateState, ...]] = {
    "draft": ("published", "retired"),
    "published": ("retired", "draft"),
    "retired": ("published", "draft"),
}


class FormService:
    """Verbs on forms. Whoever may ask fills; a department's steward keeps its forms."""

    def __init__(self, db: Database, blobs: BlobStore, audit: AuditLog, audience: Audience) -> None:
        self._db = db
        self._blobs = blobs
        self._audit = audit
        self._audience = audience
        self._read = lru_cache(maxsize=8)(self._read_blob)

    # --- looking --------------------------------------------------------------------------------
    def library(self, principal: Principal, text: str = "") -> list[Template]:
        """The forms that the person may use or keeps, by name."""
        query = select_templates(principal).order_by(form_templates.c.name).limit(SHOWN)
        if words := text.strip()[:100]:
            like = form_templates.c.name.icontains(words, autoescape=True)
            query = query.where(
                sa.or_(like, form_templates.c.about.icontains(words, autoescape=True))
            )
        with self._db.read() as connection:
            return [to_template(row) for row in connection.execute(query)]

    def open(self, principal: Principal, template_id: int) -> Template:
        """One form. Raises NotFound."""
        with self._db.read() as connection:
            return self._one(connection, principal, template_id)

    def edition(self, principal: Principal, template_id: int, version_id: int) -> Template:
        """A form in the edition that a batch began with. Raises NotFound."""
        query = select_templates(principal, version_id=version_id)
        with self._db.read() as connection:
            row = connection.execute(query.where(form_templates.c.id == template_id)).first()
        if row is None:
            raise NotFound(_MISSING)
        return to_template(row)

    def versions(self, principal: Principal, template_id: int) -> list[Version]:
        """Its editions, for who keeps it."""
        with self._db.read() as connection:
            self._managed(connection, principal, template_id)
            return versions_of(connection, template_id)

    def readers(self, principal: Principal, template_id: int) -> list[str]:
        """Who may use it, in words."""
        with self._db.read() as connection:
            self._managed(connection, principal, template_id)
            ids = connection.execute(
                sa.select(form_template_groups.c.group_id).where(
                    form_template_groups.c.template_id == template_id
                )
            ).scalars()
            return sorted(r.name for r in self._audience.readers(connection, list(ids)).values())

    def choices(self, principal: Principal) -> list[str]:
        """Whom a form may be opened to."""
        return self._audience.choices(principal.department_id)

    def form(self, template: Template) -> Form:
        """The form looked through; kept for the next time."""
        return self._read(template.blob)

    def _read_blob(self, blob: str) -> Form:
        return read_form(self._blobs.path(blob).read_bytes())

    def file(self, principal: Principal, template_id: int) -> tuple[Template, bytes]:
        """The empty form."""
        template = self.open(principal, template_id)
        return template, self.form(template).package

    # --- keeping --------------------------------------------------------------------------------
    def upload(
        self,
        principal: Principal,
        name: str,
        about: str,
        grade: str,
        readers: Sequence[str],
        file_name: str,
        package: bytes,
    ) -> int:
        """Take in a form, not yet published; its id. Raises InvalidInput, UnreadableFile."""
        require(principal, Permission.CURATE)
        if principal.user_id is None:
            raise NotAllowed("서식은 사람의 계정으로만 올릴 수 있습니다.")
        name = " ".join((name or file_name.rsplit(".", 1)[0]).split())[:120]
        if not name:
            raise InvalidInput("서식의 이름을 적어 주세요. 올린 것은 없습니다.")
        if grade not in GRADE_RANK:
            raise InvalidInput("보안 등급을 골라 주세요. 올린 것은 없습니다.")
        form, blob = self._taken(package)
        now = utcnow()
        with self._db.write() as connection:
            groups = {self._audience.resolve(connection, text) for text in readers if text.strip()}
            template_id = new_id(
                connection,
                form_templates.insert().values(
                    name=name, about=" ".join(about.split())[:400], state="draft", grade=grade,
                    department_id=principal.department_id, created_by=principal.user_id,
                    created_at=now, updated_at=now,
                ),
            )  # fmt: skip
            self._open_to(connection, template_id, groups)
            self._edition(connection, principal, template_id, file_name, blob, form.fields, ())
            self._note(connection, principal, "form.upload", template_id, fields=len(form.fields))
        return template_id

    def renew(
        self, principal: Principal, template_id: int, file_name: str, package: bytes
    ) -> tuple[int, int]:
        """A further edition; fields of the same key keep their use. How many are new, and gone."""
        require(principal, Permission.CURATE)
        form, blob = self._taken(package)
        with self._db.write() as connection:
            # One after another: numbers of editions count up.
            mine = sa.select(form_templates.c.id).where(form_templates.c.id == template_id)
            connection.execute(mine.with_for_update())
            old = self._managed(connection, principal, template_id)
            self._edition(
                connection, principal, template_id, file_name, blob, form.fields, old.uses
            )
            self._touch(connection, template_id)
            self._note(connection, principal, "form.renew", template_id, fields=len(form.fields))
        before, after = {f.key for f in old.fields}, {f.key for f in form.fields}
        return len(after - before), len(before - after)

    def describe(
        self,
        principal: Principal,
        template_id: int,
        name: str,
        about: str,
        grade: str,
        readers: Sequence[str],
    ) -> None:
        """Name, description, grade and who may use it."""
        name = " ".join(name.split())[:120]
        if not name or grade not in GRADE_RANK:
            raise InvalidInput("서식의 이름과 보안 등급을 적어 주세요. 바꾼 것은 없습니다.")
        with self._db.write() as connection:
            self._managed(connection, principal, template_id)
            groups = {self._audience.resolve(connection, text) for text in readers if text.strip()}
            values = {"name": name, "about": " ".join(about.split())[:400], "grade": grade}
            connection.execute(
                form_templates.update().where(form_templates.c.id == template_id).values(**values)
            )
            self._open_to(connection, template_id, groups)
            self._touch(connection, template_id)
            self._note(connection, principal, "form.change", template_id, readers=len(groups))

    def map_fields(self, principal: Principal, template_id: int, uses: Sequence[FieldUse]) -> None:
        """What fills which field. Raises InvalidInput."""
        with self._db.write() as connection:
            template = self._managed(connection, principal, template_id)
            given = {use.key: use for use in uses}
            made = []
            for use in template.uses:
                new = given.get(use.key, use)
                name = " ".join(new.name.split())[:80] or use.key
                label = " ".join(new.label.split())[:80] or name
                made.append(replace(new, name=name, label=label, default=new.default[:2_000]))
            connection.execute(
                form_versions.update()
                .where(form_versions.c.id == template.version_id)
                .values(uses=uses_text(made))
            )
            self._touch(connection, template_id)
            self._note(connection, principal, "form.map", template_id, fields=len(made))

    def change_state(self, principal: Principal, template_id: int, state: TemplateState) -> None:
        """Publish, retire, or take back for work. Raises InvalidInput, NotFound."""
        with self._db.write() as connection:
            template = self._managed(connection, principal, template_id)
            if state not in _NEXT[template.state]:
                raise InvalidInput("이미 그렇게 되어 있습니다. 바꾼 것은 없습니다.")
            if state == "published" and not template.used:
                raise InvalidInput(
                    "채울 자리가 하나도 없어 내놓을 수 없습니다. 먼저 자리를 골라 주세요."
                )
            connection.execute(
                form_templates.update()
                .where(form_templates.c.id == template_id)
                .values(state=state, updated_at=utcnow())
            )
            self._note(connection, principal, _CHANGED[state], template_id)

    # --- filling --------------------------------------------------------------------------------
    def fill(
        self, principal: Principal, template_id: int, values: Mapping[str, str]
    ) -> tuple[Template, Filled]:
        """The form with values by the names of its mapping. Raises InvalidInput for what is missing."""
        template = self.open(principal, template_id)
        if missing := missing_of(template, values):
            raise InvalidInput(
                f"꼭 채워야 하는 자리가 비었습니다: {', '.join(missing[:5])}. 만들지 않았습니다."
            )
        filled = self.form(template).fill(by_key(template, values))
        self._audit.record(principal, "form.fill", f"form:{template_id}", version=template.version)
        return template, filled

    def look(self, template: Template, values: Mapping[str, str]) -> tuple[Problem, ...]:
        """What filling would bring to look at, without making a file."""
        return self.form(template).problems(by_key(template, values))

    def try_out(self, principal: Principal, template_id: int) -> tuple[Template, Filled, list[str]]:
        """The form with an example in every place, and what differs outside of them (nothing)."""
        with self._db.read() as connection:
            template = self._managed(connection, principal, template_id)
        form = self.form(template)
        values = {f.key: _example(f, use) for f, use in template.used}
        filled = form.fill(values)
        return template, filled, differences(form, filled.package, values)

    # --- inside ---------------------------------------------------------------------------------
    def _taken(self, package: bytes) -> tuple[Form, str]:
        if len(package) > LIMITS.file_bytes:
            raise InvalidInput(f"서식은 {LIMITS.file_bytes // 2**20}MB까지 올릴 수 있습니다.")
        form = read_form(package)
        blob, _ = self._blobs.put(io.BytesIO(package), max_bytes=LIMITS.file_bytes)
        return form, blob

    def _edition(
        self,
        connection: Connection,
        principal: Principal,
        template_id: int,
        file_name: str,
        blob: str,
        fields: Sequence[FormField],
        before: Sequence[FieldUse],
    ) -> None:
        known = {use.key: use for use in before}
        uses = [known.get(f.key) or FieldUse(f.key, f.key, f.label) for f in fields]
        values = {
            "blob": blob, "file_name": file_name[-200:], "made_by": principal.user_id or 0,
            "made_at": utcnow(),
        }  # fmt: skip
        add_version(connection, template_id, values, fields, uses)

    @staticmethod
    def _open_to(connection: Connection, template_id: int, groups: set[int]) -> None:
        mine = form_template_groups.c.template_id == template_id
        connection.execute(form_template_groups.delete().where(mine))
        for group_id in sorted(groups):
            connection.execute(
                form_template_groups.insert().values(template_id=template_id, group_id=group_id)
            )

    @staticmethod
    def _touch(connection: Connection, template_id: int) -> None:
        connection.execute(
            form_templates.update()
            .where(form_templates.c.id == template_id)
            .values(updated_at=utcnow())
        )

    @staticmethod
    def _one(connection: Connection, principal: Principal, template_id: int) -> Template:
        query = select_templates(principal).where(form_templates.c.id == template_id)
        row = connection.execute(query).first()
        if row is None:
            raise NotFound(_MISSING)
        return to_template(row)

    @staticmethod
    def _managed(connection: Connection, principal: Principal, template_id: int) -> Template:
        require(principal, Permission.CURATE)
        query = select_templates(principal).where(
            form_templates.c.id == template_id, manageable(principal)
        )
        row = connection.execute(query).first()
        if row is None:
            raise NotFound(_MISSING)
        return to_template(row)

    def _note(
        self,
        connection: Connection,
        principal: Principal,
        action: str,
        template_id: int,
        **more: int,
    ) -> None:
        self._audit.append(connection, principal.login, action, f"form:{template_id}", {**more})


_CHANGED: dict[TemplateState, str] = {
    "published": "form.publish",
    "retired": "form.retire",
    "draft": "form.reopen",
}


def missing_of(template: Template, values: Mapping[str, str]) -> list[str]:
    """Labels of the required names without a value."""
    return list(
        dict.fromkeys(
            use.label
            for _, use in template.used
            if use.required and not (values.get(use.name, "").strip() or use.default.strip())
        )
    )


def by_key(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """Values by the keys of the form's fields, defaults where there is none."""
    return {
        field.key: values.get(use.name, "").strip("\n") or use.default
        for field, use in template.used
    }


def told(template: Template, problems: Sequence[Problem]) -> list[str]:
    """Problems in words, with the labels of the mapping."""
    labels = {use.key: use.label for use in template.uses}
    return [f"{labels.get(p.key, p.key)}: {p.message}" for p in problems]


def _example(field: FormField, use: FieldUse) -> str:
    if use.default:
        return use.default
    if field.kind == "choice":
        return field.options[0] if field.options else ""
    if field.kind == "check":
        return "예"
    if field.kind == "date":
        day = datetime.now(UTC) + timedelta(hours=9)
        return f"{day.year}. {day.month}. {day.day}."
    return use.label[: field.room or 20]
