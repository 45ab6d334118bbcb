"""The wire form of SCIM 2.0: schemas, resources, filters, patches. Knows no database rows but their names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from mokmin.base.errors import InvalidInput
from mokmin.governance.access.model import ROLE_NAMES

Json = dict[str, Any]
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OUR_GROUP = "urn:mokmin:params:scim:schemas:extension:2.0:Group"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
ROOT = "/scim/v2"
MOST = 200
"""Resources in one answer."""
_TERM = re.compile(r'\s*([A-Za-z][\w.:$-]*)\s+(eq|co|sw)\s+("(?:[^"\\]|\\.)*"|true|false)\s*', re.I)


@dataclass(frozen=True, slots=True)
class Query:
    """A filter, all of whose terms must hold, and a page: ``start`` counts from 1."""

    terms: tuple[tuple[str, str, str | bool], ...] = ()
    start: int = 1
    count: int = 100


@dataclass(frozen=True, slots=True)
class UserChange:
    """What a request gives of a User; None: not given. An empty department: none."""

    login: str | None = None
    name: str | None = None
    title: str | None = None
    role: str | None = None
    department: str | None = None
    external_id: str | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What a request gives of a Group; ``members`` replaces, ``add`` and ``remove`` change."""

    name: str | None = None
    external_id: str | None = None
    kind: str = "group"
    parent: str | None = None
    code: str = ""
    members: tuple[str, ...] | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


# --- reading requests -----------------------------------------------------------------------------
def query(filter_: str, start: str, count: str) -> Query:
    """The query of a list. Raises InvalidInput (invalidFilter, invalidValue)."""
    terms = []
    rest = filter_.strip()
    if len(rest) > 1000:
        raise InvalidInput("filter가 너무 깁니다.", code="invalidFilter")
    while rest:
        found = _TERM.match(rest)
        if found is None:
            raise InvalidInput(
                "filter는 '속성 eq|co|sw \"값\"'을 and로 이어 적습니다.", code="invalidFilter"
            )
        attribute, operator, value = found.groups()
        text: str | bool = value.lower() == "true"
        if value.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", value[1:-1])
        terms.append((attribute.lower().rpartition(":")[2], operator.lower(), text))
        rest = rest[found.end() :]
        if rest:
            joined = re.match(r"and\s+(?=\S)", rest, re.I)
            if joined is None:
                raise InvalidInput("filter는 and로만 잇습니다.", code="invalidFilter")
            rest = rest[joined.end() :]
    try:
        first, size = int(start or 1), int(count or 100)
    except ValueError as error:
        raise InvalidInput("startIndex와 count는 정수입니다.", code="invalidValue") from error
    return Query(tuple(terms), min(max(1, first), 10**9), min(max(0, size), MOST))


def compare(
    column: ColumnElement[Any], operator: str, value: str | bool, *, exact: bool = False
) -> ColumnElement[bool]:
    """A term as SQL; texts without regard to case unless ``exact``. Raises InvalidInput."""
    if isinstance(value, bool) or isinstance(column.type, sa.Boolean):
        if operator != "eq" or not isinstance(value, bool):
            raise InvalidInput("참·거짓은 eq로만 견줍니다.", code="invalidFilter")
        return column if value else ~column
    if not exact:
        column, value = sa.func.lower(column), value.lower()
    if operator == "eq":
        return column == value
    contains = column.contains if operator == "co" else column.startswith
    return contains(value, autoescape=True)


def user_change(body: Mapping[str, Any]) -> UserChange:
    """A whole User as a change: what is not given stays. Raises InvalidInput."""
    found = UserChange()
    for key, value in body.items():
        found = _set(found, key, value)
    return found


def user_patch(body: Mapping[str, Any]) -> UserChange:
    """A PatchOp on a User. Raises InvalidInput."""
    found = UserChange()
    for operation, path, value in _operations(body):
        if operation == "remove":
            if not path:
                raise InvalidInput("remove에는 path가 있어야 합니다.", code="noTarget")
            value = "" if _plain(path) in ("title", "department", "externalid") else None
            if value is None:
                raise InvalidInput(f"{path[:60]}: 지울 수 없습니다.", code="mutability")
            found = _set(found, path, value)
        elif path:
            found = _set(found, path, value)
        elif isinstance(value, Mapping):
            for key, item in value.items():
                found = _set(found, key, item)
        else:
            raise InvalidInput("path나 값의 묶음이 있어야 합니다.", code="invalidValue")
    return found


def group_change(body: Mapping[str, Any]) -> GroupChange:
    """A whole Group. Raises InvalidInput."""
    ours = body.get(OUR_GROUP)
    ours = ours if isinstance(ours, Mapping) else {}
    kind = _text(ours.get("kind", "group"), "kind")
    if kind not in ("group", "department"):
        raise InvalidInput("kind는 group이나 department입니다.", code="invalidValue")
    return GroupChange(
        _text(body["displayName"], "displayName") if "displayName" in body else None,
        _text(body["externalId"], "externalId") if "externalId" in body else None,
        kind,
        _text(ours["parent"], "parent") if "parent" in ours else None,
        _text(ours.get("code", ""), "code"),
        _members(body["members"]) if "members" in body else None,
    )


def group_patch(body: Mapping[str, Any]) -> GroupChange:
    """A PatchOp on a Group. Raises InvalidInput."""
    found = GroupChange()
    for operation, path, value in _operations(body):
        one = re.fullmatch(r'members\[value eq "([^"]*)"\]', path, re.I)
        if one is not None and operation == "remove":
            found = replace(found, remove=(*found.remove, one.group(1)))
        elif path.lower() == "members":
            found = _patch_members(found, operation, value)
        elif path.lower() in ("displayname", "externalid") and operation != "remove":
            text = _text(value, path)
            named = path.lower() == "displayname"
            found = replace(found, name=text) if named else replace(found, external_id=text)
        elif not path and isinstance(value, Mapping) and operation != "remove":
            whole = group_change(value)
            found = replace(
                found,
                name=whole.name if whole.name is not None else found.name,
                external_id=whole.external_id,
            )
            if whole.members is not None:
                found = _patch_members(found, operation, value["members"])
        else:
            raise InvalidInput(f"{path[:60]}: 바꿀 수 없습니다.", code="invalidPath")
    return found


def _patch_members(found: GroupChange, operation: str, value: Any) -> GroupChange:
    if operation == "add":
        return replace(found, add=(*found.add, *_members(value)))
    if operation == "remove" and value is not None:
        return replace(found, remove=(*found.remove, *_members(value)))
    return replace(found, members=() if operation == "remove" else _members(value))


def _operations(body: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    found = []
    given, schemas = body.get("Operations"), body.get("schemas")
    if not isinstance(schemas, Sequence) or PATCH not in schemas or not isinstance(given, Sequence):
        raise InvalidInput("PatchOp이 아닙니다.", code="invalidSyntax")
    for item in given:
        operation = str(item.get("op", "")).lower() if isinstance(item, Mapping) else ""
        if operation not in ("add", "replace", "remove"):
            raise InvalidInput("op은 add, replace, remove입니다.", code="invalidSyntax")
        path = item.get("path") or ""
        if not isinstance(path, str):
            raise InvalidInput("path는 글이어야 합니다.", code="invalidPath")
        found.append((operation, path, item.get("value")))
    return found


def _plain(path: str) -> str:
    path = path.lower()
    return path.removeprefix(ENTERPRISE.lower() + ":").removeprefix(USER.lower() + ":")


def _set(change: UserChange, key: str, value: Any) -> UserChange:
    """One attribute taken over; those of the core schema that are not kept here are passed over."""
    name = _plain(key)
    if name in ("username", "title", "externalid", "department", "displayname", "name.formatted"):
        return _set_text(change, name, _text(value, key))
    if name == "active":
        return replace(change, active=_boolean(value))
    if name == "name" and isinstance(value, Mapping):
        full = (
            value.get("formatted") or f"{value.get('familyName', '')}{value.get('givenName', '')}"
        )
        return replace(change, name=_text(full, key)) if full and change.name is None else change
    if name == ENTERPRISE.lower() and isinstance(value, Mapping):
        for inner, item in value.items():
            change = _set(change, f"{ENTERPRISE}:{inner}", item)
        return change
    if name.startswith("roles"):
        return replace(change, role=_role(value))
    return change


def _set_text(change: UserChange, name: str, text: str) -> UserChange:
    if name == "username":
        return replace(change, login=text)
    if name == "externalid":
        return replace(change, external_id=text)
    if name == "department":
        return replace(change, department=text)
    return replace(change, title=text) if name == "title" else replace(change, name=text)


def _role(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        primary = [v for v in value if isinstance(v, Mapping) and v.get("primary")] or list(value)
        value = primary[0] if primary else "official"
    role = value.get("value") if isinstance(value, Mapping) else value
    if not isinstance(role, str) or role not in ROLE_NAMES or role == "citizen":
        raise InvalidInput("그런 역할은 없습니다.", code="invalidValue")
    return role


def _boolean(value: Any) -> bool:
    text = str(value).lower()
    if text not in ("true", "false"):
        raise InvalidInput("active는 true나 false입니다.", code="invalidValue")
    return text == "true"


def _text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 200 or "\x00" in value:
        raise InvalidInput(f"{name[:60]}: 200자까지의 글입니다.", code="invalidValue")
    return value


def _members(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    found = [item.get("value") if isinstance(item, Mapping) else item for item in items]
    if not all(isinstance(item, str) for item in found):
        raise InvalidInput("members에는 User의 id가 있어야 합니다.", code="invalidValue")
    return tuple(str(item) for item in found)


# --- writing answers ------------------------------------------------------------------------------
def user(row: Any, department: str | None, external_id: str | None) -> Json:
    """An account as a User."""
    found: Json = {
        "schemas": [USER, ENTERPRISE],
        "id": str(row.id),
        "userName": row.login,
        "displayName": row.name,
        "name": {"formatted": row.name},
        "title": row.post,
        "active": not row.disabled,
        "roles": [{"value": row.role, "display": ROLE_NAMES.get(row.role, ""), "primary": True}],
        "meta": {
            "resourceType": "User",
            "created": row.created_at.isoformat(timespec="seconds") + "Z",
            "location": f"{ROOT}/Users/{row.id}",
        },
    }
    if external_id:
        found["externalId"] = external_id
    if department:
        found[ENTERPRISE] = {"department": department}
        found["groups"] = [
            {
                "value": f"d-{row.department_id}",
                "display": department,
                "$ref": f"{ROOT}/Groups/d-{row.department_id}",
                "type": "direct",
            }
        ]
    return found


def group(
    key: str,
    name: str,
    members: Sequence[Any],
    external_id: str | None,
    ours: Mapping[str, Any],
) -> Json:
    """A department or free group as a Group."""
    found: Json = {
        "schemas": [GROUP, OUR_GROUP],
        "id": key,
        "displayName": name,
        "members": [
            {"value": str(m.id), "display": m.name, "$ref": f"{ROOT}/Users/{m.id}"} for m in members
        ],
        OUR_GROUP: dict(ours),
        "meta": {"resourceType": "Group", "location": f"{ROOT}/Groups/{key}"},
    }
    if external_id:
        found["externalId"] = external_id
    return found


def listing(resources: Sequence[Json], total: int, start: int) -> Json:
    """A ListResponse (RFC 7644 section 3.4.2)."""
    return {
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": list(resources),
    }
