"""Write the catalogue of the interface's Korean strings: ``mokmin/base/web/words/ko.json``.

``python tools/write_catalogue.py`` collects what templates show, titles of pages, names of places of work and
messages of errors. ``--missing`` prints those that have no English in ``en.json``, one JSON string a line;
``--merge FILE`` takes lines of two JSON strings (Korean, tab, English) into ``en.json`` and drops what no
template says any more.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment
from jinja2.lexer import Token

from mokmin.base.web.language import RUN, WORDS, strings

ROOT = Path(__file__).resolve().parent.parent / "mokmin"
HANGUL = re.compile(r"[가-힣]")
TITLES = {"title", "flash", "label", "name", "text", "message", "notice", "told"}
ERRORS = {
    "InvalidInput", "UnreadableFile", "TooLarge", "NotSignedIn", "NotAllowed", "NotFound",
    "Conflict", "RateLimited", "Unavailable", "SourceDown", "source_refused",
}  # fmt: skip
NAMED = {"Desk", "Feature", "Place", "Role"}
# All strings of these are names that pages show.
WHOLE = re.compile(
    r"/features/__init__\.py$|/access/model\.py$|/transparency/first_use\.py$|_pages\.py$|/pages\.py$|/present\.py$"
    r"|/transparency/model\.py$|/endpoints/model\.py$|/prompts/catalogue\.py$|/posts\.py$|/privacy/policies\.py$|/records/model\.py$"
)
# What only speaks on the command line, at the start, or to programs.
APART = re.compile(
    r"/(?:demo|examples|commands|evaluation|backup|gateway)/|/(?:scim\w*|settings|plugins|finder\w*)\.py$"
)


def of_templates() -> Iterator[str]:
    """The strings that templates show."""
    env = Environment(trim_blocks=True, lstrip_blocks=True)
    for path in sorted(ROOT.rglob("templates/**/*.html")):
        source = path.read_text("utf-8")
        stream = env._tokenize(source, path.name)
        tokens: list[Token] = list(stream)
        for token, shown in strings(tokens):
            if token.type == "data":
                for run in RUN.findall(token.value):
                    yield run.strip()
            elif shown and HANGUL.search(token.value):
                yield token.value


def of_code() -> Iterator[str]:
    """Titles, names of places and messages that Python code gives to templates."""
    for path in sorted(ROOT.rglob("*.py")):
        if APART.search(str(path)):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        if WHOLE.search(str(path)):
            yield from constants(tree)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            function = node.func
            name = (
                function.attr
                if isinstance(function, ast.Attribute)
                else getattr(function, "id", "")
            )
            given = [k.value for k in node.keywords if k.arg in TITLES] if name == "page" else []
            if name in ERRORS:
                given = node.args[:1]
            elif name in NAMED:
                given = [*node.args, *(k.value for k in node.keywords)]
            for value in given:
                text = literal(value)
                if text and HANGUL.search(text):
                    yield text


def constants(tree: ast.Module) -> Iterator[str]:
    """Short strings of the assignments of a module: names of states, choices, groups."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            for inner in ast.walk(node):
                text = literal(inner) if isinstance(inner, ast.Constant) else ""
                if (
                    2 <= len(text) <= 60
                    and HANGUL.search(text)
                    and not re.search(r"[\\^$|?*]", text)
                ):
                    yield text


def literal(node: ast.expr) -> str:
    """A string, or an f-string whose values are numbers in all likelihood, with ``{}`` for them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"\d[\d,.]*\d|\d", "{}", node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [
            part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "{}"
            for part in node.values
        ]
        return re.sub(r"\d[\d,.]*\d|\d", "{}", "".join(parts))
    return ""


def main() -> int:
    """Write, print or merge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missing", action="store_true")
    parser.add_argument("--merge", type=Path)
    options = parser.parse_args()
    korean = sorted({*of_templates(), *of_code()})
    path = WORDS / "en.json"
    english = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    if options.missing:
        for text in korean:
            if text not in english:
                sys.stdout.write(json.dumps(text, ensure_ascii=False) + "\n")
        return 0
    if options.merge:
        for line in options.merge.read_text("utf-8").splitlines():
            source, _, target = line.partition("\t")
            if target.strip():
                english[json.loads(source)] = json.loads(target)
    english = {text: english[text] for text in korean if text in english}
    for name, content in (("ko", korean), ("en", english)):
        text = json.dumps(content, ensure_ascii=False, indent=0)
        (WORDS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(korean)} strings, {len(english)} with English\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
