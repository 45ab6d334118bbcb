"""The 40 real files that come beside the repository (absent in a plain checkout)."""

from __future__ import annotations

from pathlib import Path

import hwp2md
import pytest

from mokmin.base.errors import UnreadableFile
from mokmin.base.formats.reader import read_document

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "samples"
FILES = sorted(path for path in SAMPLES.glob("*/*") if path.is_file())
FAILURES = {"HWP3-password-123456.hwp": "password", "차트.hwp": "no-text"}

pytestmark = pytest.mark.skipif(not FILES, reason="the sample files are not beside the checkout")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_ready_with_text_or_failed_with_the_true_reason(path: Path) -> None:
    if path.name in FAILURES:
        with pytest.raises(UnreadableFile) as caught:
            read_document(path)
        assert caught.value.code == FAILURES[path.name]
        return
    document = read_document(path)
    assert any(char.isalnum() for block in document.blocks for char in block.text)
    assert document.title


@pytest.mark.parametrize(
    "path", [p for p in FILES if p.suffix in (".hwp", ".hwpx")], ids=lambda path: path.name
)
def test_agrees_with_an_independent_reader(path: Path) -> None:
    if path.name in FAILURES:
        pytest.skip("has no text by design")
    ours = {c for b in read_document(path).blocks for c in _words(b.text)}
    theirs = set(_words(hwp2md.convert_bytes(path.read_bytes(), path.name).markdown))
    missing = {word for word in theirs if len(word) > 1 and word not in ours}
    assert len(missing) <= 0.12 * len(theirs) + 5, sorted(missing)[:30]


def test_merged_cells_of_a_real_plan_fill_a_rectangle_without_repeats() -> None:
    path = next(path for path in FILES if path.name.startswith("디지털"))
    schedule = next(
        block
        for block in read_document(path).blocks
        if block.type == "table" and "추진일정" in block.text
    )
    assert [(c.text, c.row_span, c.col_span) for c in schedule.rows[0] if c.text] == [
        ("추진 과제", 3, 2),
        ("추진일정", 1, 8),
        ("관계\n부처", 3, 1),
    ]
    assert [cell.text for cell in schedule.rows[1]] == ["2019", "2020", "2021", "2022"]
    areas = [sum(c.row_span * c.col_span for c in row) for row in schedule.rows]
    assert sum(areas) == 12 * len(schedule.rows)


def _words(text: str) -> list[str]:
    return "".join(char if "가" <= char <= "힣" else " " for char in text).split()
