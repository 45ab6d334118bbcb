"""What the browser gets stays ours: same origin, small, no inline code, as recorded."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import jinja2
import pytest

ROOT = Path(__file__).resolve().parents[3]
STATIC = ROOT / "mokmin" / "base" / "web" / "static"
VENDOR = STATIC / "vendor"
MANIFEST = json.loads((ROOT / "frontend" / "vendor.json").read_text(encoding="utf-8"))
TEMPLATE_DIRS = [
    ROOT / "mokmin" / "base" / "web" / "templates",
    *sorted((ROOT / "mokmin" / "features").glob("*/templates")),
]
TEMPLATES = [path for folder in TEMPLATE_DIRS for path in sorted(folder.rglob("*.html"))]
SOURCES = [
    *TEMPLATES,
    STATIC / "app.css",
    STATIC / "comfort.css",
    STATIC / "logo.svg",
    *sorted((STATIC / "js").glob("*.js")),
    *(VENDOR / name for name in ("htmx.min.js", "icons.svg", "pretendard-gov/fonts.css")),
]
CHAT_SCRIPTS = (
    "early.js",
    "dom.js",
    "shell.js",
    "refill.js",
    "finder.js",
    "keys.js",
    "chat.js",
    "composer.js",
    "session.js",
)

XMLNS = re.compile(r"http://www\.w3\.org/(?:2000/svg|1999/xlink|1999/xhtml)")
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
TAG = re.compile(r"<[a-zA-Z][^<>]*>", re.DOTALL)


def _id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _packed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def test_there_is_something_to_check() -> None:
    assert len(TEMPLATES) >= 25
    assert all(path.is_file() for path in SOURCES)


@pytest.mark.parametrize("path", SOURCES, ids=_id)
def test_no_address_outside_this_server(path: Path) -> None:
    text = XMLNS.sub("", path.read_text(encoding="utf-8"))
    assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}[^\s\"')]*", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=_id)
def test_templates_hold_no_inline_code(path: Path) -> None:
    """The content security policy has no 'unsafe-inline'; such code would silently not run."""
    text = COMMENT.sub("", path.read_text(encoding="utf-8"))
    assert "<style" not in text
    assert "javascript:" not in text
    assert "|safe" not in text.replace(" ", "")
    for tag in TAG.findall(text):
        assert not re.search(r"\s(?:on[a-z]+|style|hx-on[:a-z-]*)\s*=", tag), tag
        if tag.startswith("<script"):
            assert " src=" in tag, tag
    assert not re.search(r"<script[^>]*>\s*[^<\s]", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=_id)
def test_every_posting_form_carries_the_token(path: Path) -> None:
    text = COMMENT.sub("", path.read_text(encoding="utf-8"))
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.DOTALL):
        assert "csrf()" in form or 'name="csrf_token"' in form, form[:120]


@pytest.mark.parametrize("path", TEMPLATES, ids=_id)
def test_templates_compile_and_say_what_they_need(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    jinja2.Environment(autoescape=True).parse(source)
    assert source.startswith("{#"), "a template opens with the contract of its context"


def test_every_icon_used_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "icons.svg").read_text("utf-8")))
    used: set[str] = set()
    for path in [*TEMPLATES, *sorted((STATIC / "js").glob("*.js"))]:
        text = path.read_text(encoding="utf-8")
        used |= set(re.findall(r"\bicon\(\"([a-z0-9-]+)\"", text))
        used |= set(re.findall(r"glyph: \"([a-z0-9-]+)\"", text))
        used |= set(re.findall(r"\bempty\(\"([a-z0-9-]+)\"", text))
    assert used
    assert used <= sprite


def test_chat_page_scripts_stay_small() -> None:
    paths = [VENDOR / "htmx.min.js", *(STATIC / "js" / name for name in CHAT_SCRIPTS)]
    assert sum(map(_packed, paths)) <= 60 * 1024


def test_style_and_fonts_stay_small() -> None:
    assert _packed(STATIC / "app.css") <= 13 * 1024
    fonts = sum(path.stat().st_size for path in (VENDOR / "pretendard-gov").glob("*.woff2"))
    assert fonts <= 3 * 1024 * 1024


def test_vendored_files_are_those_recorded() -> None:
    recorded, folders = {}, {VENDOR}
    for item in MANIFEST["packages"]:
        folder = ROOT / item["into"] if "into" in item else VENDOR
        folders.add(folder)
        recorded |= {folder / path: sha for path, sha in item["files"].items()}
    found = {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert found == recorded
    assert not any(path.suffix == ".map" for path in found)
    assert b"sourceMappingURL" not in (VENDOR / "htmx.min.js").read_bytes()


def test_every_vendored_package_is_credited() -> None:
    notice = (ROOT / "frontend" / "NOTICE.vendor.txt").read_text(encoding="utf-8")
    for item in MANIFEST["packages"]:
        assert re.fullmatch(r"\d+\.\d+\.\d+", item["version"])
        assert f"{item['name']} {item['version']}: {item['licence']}" in notice
