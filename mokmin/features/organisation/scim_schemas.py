"""What the SCIM service says about itself (RFC 7643 sections 5 to 7)."""

from __future__ import annotations

from mokmin.governance.people.scim_model import (
    ENTERPRISE,
    GROUP,
    MOST,
    OUR_GROUP,
    ROOT,
    USER,
    Json,
)

_CORE = "urn:ietf:params:scim:schemas:core:2.0:"
SERVICE: Json = {
    "schemas": [f"{_CORE}ServiceProviderConfig"],
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
    "filter": {"supported": True, "maxResults": MOST},
    "changePassword": {"supported": False},
    "sort": {"supported": False},
    "etag": {"supported": False},
    "authenticationSchemes": [
        {
            "type": "oauthbearertoken",
            "name": "API token",
            "description": "API token of an administrator with the scope manage-people",
            "primary": True,
        }
    ],
    "meta": {
        "resourceType": "ServiceProviderConfig",
        "location": f"{ROOT}/ServiceProviderConfig",
    },
}


def _type(name: str, schema: str, extension: str) -> Json:
    return {
        "schemas": [f"{_CORE}ResourceType"],
        "id": name,
        "name": name,
        "endpoint": f"/{name}s",
        "schema": schema,
        "schemaExtensions": [{"schema": extension, "required": False}],
        "meta": {"resourceType": "ResourceType", "location": f"{ROOT}/ResourceTypes/{name}"},
    }


RESOURCE_TYPES: list[Json] = [_type("User", USER, ENTERPRISE), _type("Group", GROUP, OUR_GROUP)]


def _attribute(
    name: str,
    kind: str = "string",
    *,
    required: bool = False,
    multiple: bool = False,
    mutability: str = "readWrite",
    uniqueness: str = "none",
    parts: tuple[str, ...] = (),
) -> Json:
    found: Json = {
        "name": name,
        "type": kind,
        "multiValued": multiple,
        "required": required,
        "caseExact": False,
        "mutability": mutability,
        "returned": "default",
        "uniqueness": uniqueness,
    }
    if parts:
        found["subAttributes"] = [_attribute(part) for part in parts]
    return found


def _schema(key: str, name: str, attributes: list[Json]) -> Json:
    return {
        "schemas": [f"{_CORE}Schema"],
        "id": key,
        "name": name,
        "attributes": attributes,
        "meta": {"resourceType": "Schema", "location": f"{ROOT}/Schemas/{key}"},
    }


SCHEMAS: list[Json] = [
    _schema(
        USER,
        "User",
        [
            _attribute("userName", required=True, mutability="immutable", uniqueness="server"),
            _attribute("displayName"),
            _attribute("name", "complex", parts=("formatted",)),
            _attribute("title"),
            _attribute("active", "boolean"),
            _attribute("roles", "complex", multiple=True, parts=("value", "display", "primary")),
            _attribute(
                "groups",
                "complex",
                multiple=True,
                mutability="readOnly",
                parts=("value", "display", "$ref", "type"),
            ),
        ],
    ),
    _schema(ENTERPRISE, "EnterpriseUser", [_attribute("department")]),
    _schema(
        GROUP,
        "Group",
        [
            _attribute("displayName", required=True, uniqueness="server"),
            _attribute("members", "complex", multiple=True, parts=("value", "display", "$ref")),
        ],
    ),
    _schema(
        OUR_GROUP,
        "MokminGroup",
        [
            _attribute("kind", mutability="immutable"),
            _attribute("parent", mutability="immutable"),
            _attribute("code", mutability="immutable"),
        ],
    ),
]
