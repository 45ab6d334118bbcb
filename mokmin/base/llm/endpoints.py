"""Chat endpoints that the operator named, and the file that lists several (docs/operator-guide.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mokmin.base.errors import InvalidInput
from mokmin.base.llm.ports import ModelProfile

GRADES = ("O", "S", "C")
_FLAGS = ("json_schema", "tools", "vision", "thinking", "personal_data")
_COSTS = ("won_in", "won_out", "won_per_hour", "watts")
_TEXTS = ("name", "base_url", "model", "api_key_file", "grade")
_KNOWN = frozenset((*_FLAGS, *_COSTS, *_TEXTS, "context_tokens", "timeout"))
DEFAULT_CONTEXT, LEAST_CONTEXT = 8192, 1024


@dataclass(frozen=True, slots=True)
class ModelEndpoint:
    """An OpenAI-compatible chat endpoint, and the highest grade it may see. ``timeout_seconds`` is
    its longest silence."""

    base_url: str
    model: str
    api_key: str = "none"
    grade: str = "S"
    timeout_seconds: float = 60.0
    name: str = ""
    profile: ModelProfile = field(default_factory=ModelProfile)


def read_models_file(path: Path) -> list[ModelEndpoint]:
    """The endpoints of a JSON file, in their order. Raises InvalidInput that names what is wrong."""
    try:
        items = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"모델 목록 파일을 읽을 수 없습니다: {path.name}") from error
    except ValueError as error:
        raise InvalidInput(f"모델 목록 파일이 올바른 JSON이 아닙니다: {path.name}") from error
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise InvalidInput(f"모델 목록 파일은 모델마다 {{…}} 하나인 목록이어야 합니다: {path.name}")
    found = [_endpoint(number, item, path) for number, item in enumerate(items, start=1)]
    names = [endpoint.name for endpoint in found]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(f"모델 목록에 같은 이름이 두 번 있습니다: {name}")
    return found


def _endpoint(number: int, item: Mapping[str, Any], path: Path) -> ModelEndpoint:
    where = f"모델 목록 {number}번째 항목"
    strange = sorted(set(item) - _KNOWN)
    if strange:
        raise InvalidInput(f"{where}에 모르는 이름이 있습니다: {', '.join(strange)}")
    for key in _TEXTS:
        if not isinstance(item.get(key, ""), str):
            raise InvalidInput(f"{where}의 {key}는 글자열이어야 합니다.")
    for key in _FLAGS:
        if not isinstance(item.get(key, False), bool):
            raise InvalidInput(f"{where}의 {key}는 true나 false여야 합니다.")
    for key in _COSTS:
        cost = item.get(key, 0)
        if isinstance(cost, bool) or not isinstance(cost, int | float) or not 0 <= cost < 1e12:
            raise InvalidInput(f"{where}의 {key}는 0 이상의 수여야 합니다.")
    base_url, model = item.get("base_url", ""), item.get("model", "")
    if not base_url.startswith(("http://", "https://")):
        raise InvalidInput(f"{where}의 base_url은 http:// 또는 https://로 시작해야 합니다.")
    if not model:
        raise InvalidInput(f"{where}에 model이 없습니다.")
    grade = item.get("grade", "S")
    if grade not in GRADES:
        raise InvalidInput(f"{where}의 grade는 O, S, C 가운데 하나여야 합니다.")
    context = item.get("context_tokens", DEFAULT_CONTEXT)
    if type(context) is not int or context < LEAST_CONTEXT:
        raise InvalidInput(f"{where}의 context_tokens는 {LEAST_CONTEXT} 이상의 정수여야 합니다.")
    timeout = item.get("timeout", 60)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout <= 0:
        raise InvalidInput(f"{where}의 timeout은 0보다 큰 초여야 합니다.")
    return ModelEndpoint(
        base_url=base_url,
        model=model,
        api_key=_key(item.get("api_key_file", ""), path, where),
        grade=grade,
        timeout_seconds=float(timeout),
        name=item.get("name", "") or model,
        profile=ModelProfile(
            context,
            **{key: item[key] for key in (*_FLAGS, *_COSTS) if key in item},
        ),
    )


def _key(name: str, path: Path, where: str) -> str:
    """The key in the named file (relative to the list), or "none"."""
    if not name:
        return "none"
    try:
        return (path.parent / name).read_text(encoding="utf-8").strip() or "none"
    except OSError as error:
        raise InvalidInput(f"{where}의 api_key_file을 읽을 수 없습니다: {name}") from error
