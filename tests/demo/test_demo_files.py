"""The demo city: its manifest, its files and the questions that must be answerable from them."""

from __future__ import annotations

import io
import json
import lzma
import re
import sys
import zipfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pdfplumber
import pytest
from bs4 import BeautifulSoup
from dochan import Dochan
from docx import Document
from pptx import Presentation

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "mokmin" / "demo"
sys.path.insert(0, str(ROOT / "tools"))

from demo_render import RENDERERS  # noqa: E402
from demo_source import load  # noqa: E402

MANIFEST: list[dict[str, Any]] = json.loads((DEMO / "manifest.json").read_text(encoding="utf-8"))
CITY: dict[str, Any] = json.loads((DEMO / "city.json").read_text(encoding="utf-8"))
QUESTIONS: dict[str, Any] = json.loads((DEMO / "questions.json").read_text(encoding="utf-8"))
FILES = {entry["file"]: entry for entry in MANIFEST}
SOURCES = {source.file: source for source in load(DEMO / "sources")}
SCANS = {name for name, source in SOURCES.items() if source.meta.get("scan")}
DIVISIONS = {name for bureau in CITY["departments"] for name in bureau["divisions"]}
ASKED = QUESTIONS["starters"] + QUESTIONS["evaluation"]


def squeeze(text: str) -> str:
    """Without white space and Markdown marks: readers differ in both."""
    return re.sub(r"[\s\\*]+", "", text)


def _docx(path: Path) -> str:
    document = Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


def _xlsx(path: Path) -> str:
    book = openpyxl.load_workbook(path)
    return "\n".join(
        str(cell.value) for sheet in book for row in sheet for cell in row if cell.value is not None
    )


def _pptx(path: Path) -> str:
    parts = []
    for slide in Presentation(str(path)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                parts.append(shape.text_frame.text)
            if shape.has_table:
                parts += [cell.text for row in shape.table.rows for cell in row.cells]
    return "\n".join(parts)


def _pdf(path: Path) -> str:
    with pdfplumber.open(path) as pdf:
        return "\n".join(page.extract_text() for page in pdf.pages)


@cache
def text_of(name: str) -> str:
    """The text of one demo file, read with the library of its format, squeezed."""
    path = DEMO / "files" / name
    readers = {
        "hwpx": lambda: Dochan(str(path)).to_markdown(),
        "docx": lambda: _docx(path),
        "xlsx": lambda: _xlsx(path),
        "pptx": lambda: _pptx(path),
        "pdf": lambda: _pdf(path),
        "html": lambda: BeautifulSoup(path.read_bytes(), "html.parser").get_text(" "),
        "md": lambda: path.read_text(encoding="utf-8"),
        "txt": lambda: path.read_text(encoding=SOURCES[name].meta.get("encoding", "utf-8")),
        "csv": lambda: path.read_text(encoding="utf-8-sig"),
    }
    return squeeze(readers[path.suffix[1:]]())


def test_manifest_and_folder_name_the_same_files() -> None:
    on_disk = {path.name for path in (DEMO / "files").iterdir()}
    assert on_disk == set(FILES) == set(SOURCES)
    assert len(MANIFEST) == len(FILES) >= 60


def test_formats_and_sizes() -> None:
    kinds = Counter(name.rpartition(".")[2] for name in FILES)
    assert set(kinds) == {"hwpx", "docx", "pdf", "xlsx", "pptx", "md", "html", "txt", "csv"}
    assert kinds["hwpx"] * 2 >= len(FILES)
    sizes = [path.stat().st_size for path in (DEMO / "files").iterdir()]
    assert max(sizes) < 300_000
    assert sum(sizes) < 4_000_000


def test_old_windows_text_is_really_cp949() -> None:
    names = [n for n, source in SOURCES.items() if source.meta.get("encoding") == "cp949"]
    assert names
    for name in names:
        with pytest.raises(UnicodeDecodeError):
            (DEMO / "files" / name).read_text(encoding="utf-8")


def test_scans_hold_pictures_and_no_text() -> None:
    assert SCANS
    for name in SCANS:
        with pdfplumber.open(DEMO / "files" / name) as pdf:
            assert all(page.images and not page.extract_text().strip() for page in pdf.pages)


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_entry_is_complete(entry: dict[str, Any]) -> None:
    assert entry["department"] in DIVISIONS
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", entry["date"])
    assert entry["grade"] in {"O", "S", "C"}
    if entry["audience"] == "staff":
        assert entry["grade"] == "O"
    else:
        assert set(entry["audience"]) <= DIVISIONS
        assert entry["department"] in entry["audience"]
        assert entry["grade"] in {"S", "C"}
    if entry["supersedes"]:
        older = FILES[entry["supersedes"]]
        assert older["status"] == "superseded"
        assert older["date"] < entry["date"]


def test_versions_and_restrictions_are_there() -> None:
    superseded = {entry["file"] for entry in MANIFEST if entry["status"] == "superseded"}
    assert superseded == {entry["supersedes"] for entry in MANIFEST if entry["supersedes"]}
    assert len(superseded) >= 4
    assert sum(entry["audience"] != "staff" for entry in MANIFEST) >= 4
    assert any(entry["status"] == "not_yet" for entry in MANIFEST)


@pytest.mark.parametrize("name", sorted(set(FILES) - SCANS))
def test_every_file_reads_back_whole(name: str) -> None:
    blocks = SOURCES[name].blocks
    if name.endswith(".csv"):
        blocks = tuple(block for block in blocks if block.kind == "table")
    found = text_of(name)
    if name.endswith(".pdf"):  # a cell may wrap in the middle of another cell's line
        blocks = tuple(block for block in blocks if block.kind == "heading")
    elif name.endswith(".xlsx"):
        found = found.replace(",", "")
    for block in blocks:
        for piece in [block.text, *(cell for row in block.rows for cell in row)]:
            plain = piece.replace(",", "") if name.endswith(".xlsx") else piece
            assert piece in ("^^", "<<") or squeeze(plain) in found, piece


@pytest.mark.parametrize("name", sorted(n for n in FILES if not n.endswith(".pdf")))
def test_files_are_what_the_sources_build(name: str) -> None:
    built = RENDERERS[name.rpartition(".")[2]](SOURCES[name])
    kept = (DEMO / "files" / name).read_bytes()
    if not zipfile.is_zipfile(io.BytesIO(kept)):
        assert built == kept
        return
    with zipfile.ZipFile(io.BytesIO(built)) as new, zipfile.ZipFile(io.BytesIO(kept)) as old:
        assert new.namelist() == old.namelist()
        assert [n for n in new.namelist() if new.read(n) != old.read(n)] == []


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question["id"])
def test_question_is_answered_by_its_files(question: dict[str, Any]) -> None:
    quotes = question.get("quotes") or [question["quote"]]
    if not question["expected"]:
        assert quotes == [None]
        return
    texts = [text_of(name) for name in question["expected"]]
    for quote in quotes:
        cells = [squeeze(cell) for cell in quote.split(" | ")]
        assert any(all(cell in text for cell in cells) for text in texts), quote


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question["id"])
def test_question_is_asked_by_someone_who_may_read_the_answer(question: dict[str, Any]) -> None:
    home = {account["login"]: account["department"] for account in CITY["accounts"]}
    for name in question["expected"]:
        audience = FILES[name]["audience"]
        assert FILES[name]["status"] != "superseded"
        assert audience == "staff" or home[question["login"]] in audience
        for login in question.get("hidden_from", []):
            assert home[login] not in audience


def test_question_counts_and_roles() -> None:
    assert len(QUESTIONS["starters"]) == 12
    assert len(QUESTIONS["evaluation"]) == 40
    kinds = {question["kind"] for question in QUESTIONS["evaluation"]}
    assert kinds >= {"deadline", "exception", "who", "amount", "superseded", "unanswerable"}
    roles = {account["login"]: account["role"] for account in CITY["accounts"]}
    assert all(roles[question["login"]] == question["role"] for question in QUESTIONS["starters"])
    assert set(roles.values()) == {
        "official", "lead", "steward", "records", "privacy", "auditor", "admin",
    }  # fmt: skip


def test_phone_numbers_are_from_the_fictional_range() -> None:
    for source in SOURCES.values():
        for block in source.blocks:
            for text in [block.text, *(cell for row in block.rows for cell in row)]:
                for number in re.findall(r"\b0\d{1,2}-\d{3,4}-\d{4}\b", text):
                    assert number.startswith("070-0000-"), number
    assert set(CITY["phones"]) == DIVISIONS


@pytest.fixture(scope="module")
def statutes() -> list[dict[str, str]]:
    """All articles of the packed statutes."""
    with lzma.open(DEMO / "statutes.jsonl.xz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_statutes_are_complete(statutes: list[dict[str, str]]) -> None:
    fields = {"law", "article", "title", "text", "date", "promulgated", "department", "chapter"}
    assert len(statutes) == 6713
    assert len({article["law"] for article in statutes}) == 103
    assert all(set(article) == fields and article["text"] for article in statutes)
    assert not [a["chapter"] for a in statutes if re.search(r"<[^<>]*개정", a["chapter"])]


def test_articles_cited_in_questions_and_documents_exist(statutes: list[dict[str, str]]) -> None:
    articles = {(article["law"], article["article"]) for article in statutes}
    laws = {law for law, _ in articles}
    for question in ASKED:
        for cited in question["law"]:
            assert (cited["law"], cited["article"]) in articles
    cited_in_text = 0
    for source in SOURCES.values():
        text = "\n".join(f"{b.text} {b.footnote} {b.rows}" for b in source.blocks)
        for law, number, branch in re.findall(r"「([^」]+)」 제(\d+)조(의\d+)?", text):
            if law in laws:
                cited_in_text += 1
                assert (law, f"제{number}조{branch}") in articles, (source.file, law, number)
    assert cited_in_text >= 40
