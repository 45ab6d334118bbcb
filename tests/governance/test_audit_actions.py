"""Whatever the source records is registered, with a name and a sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import mokmin
from mokmin.governance.audit.actions import ACTIONS, CATEGORIES, codes_of, sentence

SOURCE = Path(mokmin.__file__).parent
# Position of the action among the arguments of each way to record.
WAYS = {"record": 1, "record_as": 1, "append": 2, "_record": 2, "_append": 2, "_log": 2}
CODE = re.compile(r"[a-z][a-z-]*\.[a-z][a-z_-]*")
FILES = re.compile(r".*\.(html|js|css|json|jsonl|png|svg|txt|md|db|arrow|csv|ts|part|py|zip|gz)")
# Recorded through a name that the reading of the source below cannot follow.
PLAIN = {"search", "answer", "question", "sign-in", "sign-out"}


def calls(tree: ast.AST) -> Iterator[tuple[ast.expr, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            place = WAYS.get(node.func.attr)
            if place is not None and len(node.args) >= 3:
                yield node.args[place], node.lineno


def constants(node: ast.expr) -> list[str] | None:
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        first, second = constants(node.body), constants(node.orelse)
        return [*first, *second] if first and second else None
    return None


def recorded() -> Iterator[tuple[str, str]]:
    """(code, where) of everything that may be recorded; ``code.`` for a family of codes."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        where = path.relative_to(SOURCE).as_posix()
        loose = False
        for action, line in calls(tree):
            if isinstance(action, ast.JoinedStr):
                head = action.values[0]
                assert isinstance(head, ast.Constant), f"{where}:{line}"
                yield str(head.value), f"{where}:{line}"
                continue
            known = constants(action)
            loose = loose or known is None
            for code in known or []:
                yield code, f"{where}:{line}"
        if loose:
            # The code comes from elsewhere in this file: all that looks like one must be registered.
            for node in ast.walk(tree):
                text = node.value if isinstance(node, ast.Constant) else None
                if isinstance(text, str) and CODE.fullmatch(text) and not FILES.fullmatch(text):
                    yield text, where


def test_everything_that_is_recorded_is_registered() -> None:
    found = list(recorded())
    assert len(found) > 40 and {"search", "answer", "audit.view"} <= {code for code, _ in found}
    families = {code.split(".")[0] + "." for code in ACTIONS}
    unknown = {
        f"{code} ({where})"
        for code, where in found
        if code not in ACTIONS and not (code.endswith(".") and code in families)
    }
    assert not unknown, f"register them in governance/audit/actions.py: {sorted(unknown)}"


def test_nothing_is_registered_that_nobody_records() -> None:
    source = "\n".join(p.read_text(encoding="utf-8") for p in SOURCE.rglob("*.py"))
    register = (SOURCE / "governance/audit/actions.py").read_text(encoding="utf-8")
    source = source.replace(register, "")
    families = {code for code, _ in recorded() if code.endswith(".")}
    idle = {
        code
        for code in ACTIONS
        if f'"{code}"' not in source and code.split(".")[0] + "." not in families
    }
    assert not idle


def test_each_has_a_category_and_a_sentence_that_ends_like_one() -> None:
    for code, action in ACTIONS.items():
        assert action.category in CATEGORIES and action.name and code in codes_of(action.category)
        told = sentence("서하늘 주무관", code, "document:17")
        assert told.startswith("서하늘 주무관이 ") and told.endswith("."), told
        assert "{" not in told and "/" not in told.replace(" · ", ""), told
    assert sentence("서하늘 주무관", "document.view", "document:17") == (
        "서하늘 주무관이 문서 17을 열었습니다."
    )
    assert "‘old.code’" in sentence("서하늘", "old.code", "x:1"), "a code of an older version"
