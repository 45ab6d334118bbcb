"""The register of model endpoints, for those who administer: entered, examined, switched, taken out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import InvalidInput, NotFound
from mokmin.base.llm.endpoints import ModelEndpoint
from mokmin.base.net.hosts import AllowedHosts
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog, Detail
from mokmin.governance.endpoints.checking import check_form, check_key, origin_of, same_name
from mokmin.governance.endpoints.directory import Directory
from mokmin.governance.endpoints.model import Endpoint, Examination, Form, Prices
from mokmin.governance.endpoints.pool import FIRST_ORDER, ModelPool
from mokmin.governance.endpoints.store import (
    endpoint_of,
    examination_text,
    model_departments,
    model_endpoints,
    values_of,
)
from mokmin.governance.people.sealing import Sealer
from mokmin.governance.people.store import departments

Examine = Callable[[Form, str, bool], Examination]
"""Asks an endpoint, given its key and whether the operator himself named it."""
MOST_ENDPOINTS = 200


def owner(endpoint_id: int) -> str:
    """To whom a sealed key belongs."""
    return f"endpoint:{endpoint_id}"


class EndpointRegister:
    """``given``: what the operator named in the settings; ``taken``: names that mean something else."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        directory: Directory,
        sealer: Sealer,
        hosts: AllowedHosts,
        given: Sequence[ModelEndpoint],
        examine: Examine,
        pool: Callable[[], object],
        taken: Collection[str] = (),
    ) -> None:
        self._db, self._audit, self._directory = db, audit, directory
        self._sealer, self._hosts, self._examine = sealer, hosts, examine
        self._given: Mapping[str, ModelEndpoint] = {e.name or e.model: e for e in given}
        self._pool, self._taken = pool, frozenset(taken)

    # --- looked at ------------------------------------------------------------------------
    def all(self, principal: Principal) -> list[Endpoint]:
        """Those of the settings, then those of the register, with the state that this process knows."""
        require(principal, Permission.ADMINISTER)
        self._directory.renew()
        known = self._directory.now()
        pool = self._pool()
        routes = pool.routes() if isinstance(pool, ModelPool) else []
        states = {route.model.name: route.state for route in routes}
        given = [self._from_settings(name, n) for n, name in enumerate(self._given)]
        return [
            replace(one, state=states.get(one.form.name, "closed"))
            for one in [*given, *known.endpoints]
        ]

    def get(self, principal: Principal, endpoint_id: int) -> Endpoint:
        """One of the register. Raises NotFound."""
        require(principal, Permission.ADMINISTER)
        with self._db.read() as connection:
            row = self._row(connection, endpoint_id)
            return endpoint_of(row, sorted(self._kept_to(connection, row.name)))

    def given(self, principal: Principal, name: str) -> Endpoint:
        """One of the settings. Raises NotFound."""
        require(principal, Permission.ADMINISTER)
        if name not in self._given:
            raise _gone()
        return self._from_settings(name, list(self._given).index(name))

    def prices(self, name: str) -> Prices | None:
        """What use of a model costs; None for a model that is not registered."""
        profile = None
        if name in self._given:
            profile = self._given[name].profile
        for endpoint in self._directory.now().endpoints:
            if profile is None and endpoint.form.name == name:
                profile = endpoint.form.profile
        if profile is None:
            return None
        return Prices(profile.won_in, profile.won_out, profile.won_per_hour, profile.watts)

    def key_opens(self, endpoint: Endpoint) -> bool:
        """Whether the endpoint's key can be read; not so when the data was brought here without the
        key file."""
        sealed = self._directory.now().sealed.get(endpoint.id, "")
        return not sealed or self._sealer.open(sealed, owner(endpoint.id)) is not None

    # --- changed --------------------------------------------------------------------------
    def add(self, principal: Principal, form: Form, key: str = "") -> int:
        """Register an endpoint, switched on. Raises InvalidInput, Conflict."""
        require(principal, Permission.ADMINISTER)
        form = self._checked(form)
        check_key(key)
        try:
            with self._db.write() as connection:
                count = sa.select(sa.func.count()).select_from(model_endpoints)
                if connection.execute(count).scalar_one() >= MOST_ENDPOINTS:
                    raise InvalidInput(f"모델은 {MOST_ENDPOINTS}곳까지 등록할 수 있습니다.")
                made = new_id(
                    connection,
                    model_endpoints.insert().values(
                        sealed_key="", is_on=True, examination="", **self._stamped(principal, form)
                    ),
                )
                self._seal(connection, made, key)
                self._keep_to(connection, form.name, form.departments)
                self._told(connection, principal, "add", form, key=bool(key))
        except IntegrityError as error:
            raise same_name(form.name) from error
        self._directory.renew()
        return made

    def change(
        self,
        principal: Principal,
        endpoint_id: int,
        form: Form,
        key: str = "",
        *,
        drop: bool = False,
    ) -> None:
        """Change an endpoint. Without ``key`` the old one stays, unless it is to be dropped; it never
        goes along to another machine. Raises InvalidInput, NotFound, Conflict."""
        require(principal, Permission.ADMINISTER)
        form = self._checked(form)
        check_key(key)
        try:
            with self._db.write() as connection:
                row = self._row(connection, endpoint_id)
                moved = origin_of(row.base_url) != origin_of(form.base_url)
                if moved and row.sealed_key and not key and not drop:
                    raise InvalidInput(
                        "주소의 기기나 포트를 바꾸면 저장된 키를 그대로 쓸 수 없습니다. 새 기기의 키를 "
                        "적거나 ‘저장된 키 지우기’를 골라 주세요. 바뀐 것은 없습니다."
                    )
                connection.execute(
                    model_endpoints.update()
                    .where(model_endpoints.c.id == endpoint_id)
                    .values(examination="", **self._stamped(principal, form))
                )
                if key or drop:
                    self._seal(connection, endpoint_id, key)
                if row.name != form.name:
                    self._keep_to(connection, row.name, ())
                self._keep_to(connection, form.name, form.departments)
                self._told(connection, principal, "change", form, key=bool(key), key_dropped=drop)
        except IntegrityError as error:
            raise same_name(form.name) from error
        self._directory.renew()

    def switch(self, principal: Principal, endpoint_id: int, *, is_on: bool) -> Endpoint:
        """Have an endpoint asked, or no longer. Raises NotFound."""
        require(principal, Permission.ADMINISTER)
        with self._db.write() as connection:
            found = endpoint_of(self._row(connection, endpoint_id))
            connection.execute(
                model_endpoints.update()
                .where(model_endpoints.c.id == endpoint_id)
                .values(is_on=is_on, changed_by=principal.login, changed_at=utcnow())
            )
            subject = f"endpoint:{found.form.name}"[:120]
            if is_on:
                self._audit.append(connection, principal.login, "endpoint.on", subject, {})
            else:
                self._audit.append(connection, principal.login, "endpoint.off", subject, {})
        self._directory.renew()
        return found

    def delete(self, principal: Principal, endpoint_id: int) -> Endpoint:
        """Take an endpoint out, with its key and its departments. Raises NotFound."""
        require(principal, Permission.ADMINISTER)
        with self._db.write() as connection:
            found = endpoint_of(self._row(connection, endpoint_id))
            self._keep_to(connection, found.form.name, ())
            connection.execute(model_endpoints.delete().where(model_endpoints.c.id == endpoint_id))
            self._told(connection, principal, "delete", found.form)
        self._directory.renew()
        return found

    def keep_to(self, principal: Principal, name: str, allowed: Sequence[int]) -> None:
        """Say which departments may use a model of the settings; none: everybody. Raises NotFound,
        InvalidInput."""
        endpoint = self.given(principal, name)
        form = self._checked(replace(endpoint.form, departments=tuple(allowed)), given=True)
        with self._db.write() as connection:
            self._keep_to(connection, name, form.departments)
            self._told(connection, principal, "change", form)
        self._directory.renew()

    def examine(self, principal: Principal, endpoint: Endpoint) -> Examination:
        """Ask an endpoint what it can do; of the register's own the result is kept."""
        require(principal, Permission.ADMINISTER)
        key = ""
        if endpoint.from_settings:
            given = self._given[endpoint.form.name].api_key
            key = "" if given == "none" else given
        else:
            with self._db.read() as connection:
                sealed = self._row(connection, endpoint.id).sealed_key
            key = (self._sealer.open(sealed, owner(endpoint.id)) or "") if sealed else ""
        found = self._examine(endpoint.form, key, endpoint.from_settings)
        now = utcnow()
        with self._db.write() as connection:
            connection.execute(
                model_endpoints.update()
                .where(
                    model_endpoints.c.id == endpoint.id,
                    # What was examined may have been changed meanwhile.
                    model_endpoints.c.base_url == endpoint.form.base_url,
                    model_endpoints.c.model == endpoint.form.model,
                )
                .values(examination=examination_text(found, now))
            )
            self._told(connection, principal, "examine", endpoint.form, good=found.is_good)
        self._directory.renew()
        return replace(found, at=now)

    # --- within ---------------------------------------------------------------------------
    def _from_settings(self, name: str, number: int) -> Endpoint:
        given = self._given[name]
        kept_to = self._directory.now().audiences.get(name, frozenset())
        form = Form(
            "chat",
            name,
            given.base_url,
            given.model,
            given.grade,
            given.timeout_seconds,
            FIRST_ORDER * (number + 1),
            profile=given.profile,
            departments=tuple(sorted(kept_to)),
        )
        return Endpoint(0, form, has_key=given.api_key not in ("", "none"))

    @staticmethod
    def _row(connection: Connection, endpoint_id: int) -> Any:
        query = sa.select(model_endpoints).where(model_endpoints.c.id == endpoint_id)
        row = connection.execute(query).first()
        if row is None:
            raise _gone()
        return row

    @staticmethod
    def _stamped(principal: Principal, form: Form) -> dict[str, Any]:
        return values_of(form) | {"changed_by": principal.login, "changed_at": utcnow()}

    def _seal(self, connection: Connection, endpoint_id: int, key: str) -> None:
        sealed = self._sealer.seal(key, owner(endpoint_id)) if key else ""
        connection.execute(
            model_endpoints.update()
            .where(model_endpoints.c.id == endpoint_id)
            .values(sealed_key=sealed)
        )

    @staticmethod
    def _kept_to(connection: Connection, name: str) -> list[int]:
        query = sa.select(model_departments.c.department_id)
        return list(
            connection.execute(query.where(model_departments.c.model_name == name)).scalars()
        )

    @staticmethod
    def _keep_to(connection: Connection, name: str, allowed: Sequence[int]) -> None:
        connection.execute(model_departments.delete().where(model_departments.c.model_name == name))
        for department in allowed:
            connection.execute(
                model_departments.insert().values(model_name=name, department_id=department)
            )

    def _told(
        self, connection: Connection, principal: Principal, verb: str, form: Form, **more: bool
    ) -> None:
        """On the log: which endpoint and where, never its key."""
        detail: Detail = {
            "kind": form.kind,
            "host": urlsplit(form.base_url).netloc[:200],
            "grade": form.grade,
            "departments": len(form.departments),
            **more,
        }
        subject = f"endpoint:{form.name}"[:120]
        self._audit.append(connection, principal.login, f"endpoint.{verb}", subject, detail)

    def _checked(self, form: Form, *, given: bool = False) -> Form:
        """The form as it is kept. Raises InvalidInput."""
        form = replace(
            form,
            name=" ".join(form.name.split()),
            base_url=form.base_url.strip().rstrip("/"),
            model=form.model.strip(),
            departments=tuple(sorted(set(form.departments))),
        )
        with self._db.read() as connection:
            query = sa.select(departments.c.id).where(departments.c.id.in_(form.departments))
            if len(connection.execute(query).all()) < len(form.departments):
                raise InvalidInput("고른 부서 가운데 없는 부서가 있습니다. 다시 골라 주세요.")
        if given:
            return form
        check_form(form)
        if form.kind == "rerank" and form.departments:
            raise InvalidInput("재정렬 모델은 모두의 찾기에 쓰입니다. 부서를 고르지 말아 주세요.")
        if form.name in self._given or form.name in self._taken:
            raise same_name(form.name)
        self._hosts.check(form.base_url)
        return form


def _gone() -> NotFound:
    return NotFound("그 모델은 목록에 없습니다. 그사이 지워졌을 수 있습니다.")
