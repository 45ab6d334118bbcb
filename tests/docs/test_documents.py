"""The documents name what the code has: settings, error codes, files; and nothing of one machine."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from mokmin.base.errors import MokminError
from mokmin.base.formats.reasons import REASONS
from mokmin.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
RECORDS = sorted((DOCS / "adr").glob("*.md"))
SPECIAL = {"MOKMIN_DEMO_PASSWORD", "MOKMIN_ADMIN_PASSWORD"}
CODE = re.compile(r"""\bcode\s*=\s*"([a-z][a-z-]*)"|problem_json\([^,()]+,\s*"([a-z][a-z-]*)\"""")
# Written in parts, so that this file does not hold what it looks for.
HOSTS = ["pypi" + ".org", "files.python" + "hosted", "registry.npm" + "js"]
FOLDERS = re.compile(r"(?<![\w.<>)}\]~/-])/(?:work|tmp|farm|root|home/[a-z]\w*)" + r"(?:/|\b)")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _rows(text: str) -> Iterator[list[str]]:
    """Cells of the table rows of a document, without those of the heads."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and cells[0].startswith("`"):
            yield [cells[0].strip("`"), *cells[1:]]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if value is not None and str(value) else "(empty)"


def _classes(parent: type[MokminError]) -> Iterator[type[MokminError]]:
    yield parent
    for child in parent.__subclasses__():
        yield from _classes(child)


def _codes() -> set[str]:
    """Every code that the package can show."""
    found = {kind.code for kind in _classes(MokminError)} | set(REASONS)
    for path in (ROOT / "mokmin").rglob("*.py"):
        for match in CODE.finditer(_read(path)):
            found.add(match[1] or match[2])
    return found


def test_settings_table_is_that_of_the_code() -> None:
    table = {row[0]: row[1:] for row in _rows(_read(DOCS / "settings.md"))}
    wanted = {
        f"MOKMIN_{item.name.upper()}": [_shown(item.default), item.metadata["doc"]]
        for item in fields(Settings)
    }
    assert {name: row for name, row in table.items() if name not in SPECIAL} == wanted
    assert set(table) >= SPECIAL


def test_every_variable_that_a_document_names_exists() -> None:
    known = {f"MOKMIN_{item.name.upper()}" for item in fields(Settings)} | SPECIAL
    known |= {
        f"MOKMIN_{item.name.upper()}_FILE" for item in fields(Settings) if "secret" in item.metadata
    }
    for path in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        named = set(re.findall(r"MOKMIN_[A-Z_]+[A-Z]", _read(path)))
        assert named <= known, path.name


def test_error_codes_are_all_explained_and_none_is_invented() -> None:
    listed = [row[0] for row in _rows(_read(DOCS / "errors.md"))]
    assert len(listed) == len(set(listed))
    assert set(listed) == _codes()


def test_error_classes_are_shown_with_their_status_and_retry() -> None:
    table = {row[0]: row[1:] for row in _rows(_read(DOCS / "errors.md"))}
    for kind in _classes(MokminError):
        name, status, _meaning, retry = table[kind.code]
        assert (name, status) == (kind.__name__, str(kind.status))
        assert retry == ("yes" if kind.retry else "no")


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_decision_has_its_headings_in_order(path: Path) -> None:
    headings = re.findall(r"^## (.+)$", _read(path), re.MULTILINE)
    assert headings == ["Context", "Options", "Decision", "Consequences"]


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(path.stem[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_readme_names_the_two_commands_and_they_exist() -> None:
    text, makefile = _read(ROOT / "README.md"), _read(ROOT / "Makefile")
    for command in ("make up", "make test"):
        assert re.search(rf"^{command}\b", text, re.MULTILINE)
        assert re.search(rf"^{command.split()[1]}:", makefile, re.MULTILINE)


@pytest.mark.parametrize(
    "path",
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))],
    ids=lambda path: path.name,
)
def test_files_that_a_document_names_exist(path: Path) -> None:
    text = _read(path)
    named = re.findall(r"`((?:mokmin|docs|tools|tests|frontend|benchmarks)/[^`\s<>…]*)`", text)
    missing = [name for name in named if not (ROOT / name).exists()]
    links = re.findall(r"(?<!!)\[[^\]]*\]\((?!\w+:)([^)#]+)", text)
    missing += [link for link in links if not (path.parent / link).exists()]
    assert missing == []


def test_add_a_feature_names_the_places_that_hold_a_feature_today() -> None:
    text = _read(DOCS / "add-a-feature.md")
    holders = [
        "mokmin/features/__init__.py", "mokmin/app/features.py", "mokmin/web/routes.py", ".importlinter",
    ]  # fmt: skip
    for name in holders:
        assert f"`{name}`" in text
        assert "assistant" in _read(ROOT / name)


def _tracked() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True,
    ).stdout.decode()  # fmt: skip
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def test_patterns_of_machine_folders_catch_what_they_should() -> None:
    bad = ["cd |work|main", '"|tmp|x"', "(|root|.cache)", "=|home|user|a", "|farm"]
    good = [
        "framework|work|x",
        "https:||a.example|work|",
        "<|work>",
        "~|work|",
        "|homes|",
        "|etc|x",
    ]
    assert [text for text in bad if not FOLDERS.search(text.replace("|", "/"))] == []
    assert [text for text in good if FOLDERS.search(text.replace("|", "/"))] == []


def test_no_text_file_holds_registry_hosts_or_machine_folders() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("needs the list of files that git keeps")
    bad = []
    for path in _tracked():
        data = path.read_bytes()
        if b"\0" in data[:8192]:
            continue
        text = data.decode("utf-8", "replace")
        bad += [f"{path.name}: {host}" for host in HOSTS if host in text]
        bad += [f"{path.name}: {match[0]}" for match in FOLDERS.finditer(text)]
    assert bad == []
