"""HWPX output: read back by another reader, page size, merged cells, the AI label, hostile text."""

import io
import zipfile
from pathlib import Path

import pytest
from hwpx import validate_package

from mokmin.base.formats.ai_label import VISIBLE
from mokmin.base.formats.limits import ReadLimits
from mokmin.base.formats.model import Block, Cell
from mokmin.base.formats.reader import read_isolated
from mokmin.base.formats.writing_hwpx import hwpx_bytes
from mokmin.base.formats.writing_model import Footnote, OutputDocument
from mokmin.base.formats.writing_pages import pages_of

ROWS = (
    (Cell("구분", row_span=2), Cell("금액", col_span=2)),
    (Cell("2025"), Cell("2026")),
    (Cell("가로등"), Cell("1,000"), Cell("2,000")),
)
DOCUMENT = OutputDocument(
    "점용료 질문",
    (
        Block("heading", "사용료를 못 내면?", 2),
        Block("paragraph", "시장은 독촉장을 발부하여야 한다. [1]"),
        Block("list", "납부기한 다음 날부터 30일 이내 [1]", 1),
        Block("table", "", rows=ROWS),
        Block("paragraph", "표 다음 문단"),
    ),
    (Footnote(1, "도로법", "제66조", "2026. 1. 1.", "공개", "독촉장을 발부하여야 한다."),),
    "민감(S)",
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document as a file."""
    path = tmp_path_factory.mktemp("hwpx") / "답변.hwpx"
    path.write_bytes(hwpx_bytes(pages_of(DOCUMENT)))
    return path


def test_another_reader_reads_the_same_text(written: Path) -> None:
    read = read_isolated(written, name=written.name, limits=ReadLimits())
    texts = [block.text for block in read.blocks if block.type != "table"]
    assert texts == [
        "점용료 질문", VISIBLE, "사용료를 못 내면?", "시장은 독촉장을 발부하여야 한다. [1]",
        "· 납부기한 다음 날부터 30일 이내 [1]", "표 다음 문단", "근거",
        "[1] 도로법, 제66조, 2026. 1. 1., 공개: “독촉장을 발부하여야 한다.”",
    ]  # fmt: skip
    table = next(block for block in read.blocks if block.type == "table")
    assert tuple(tuple(cell for cell in row) for row in table.rows) == ROWS


def test_the_package_is_valid_and_says_what_it_is(written: Path) -> None:
    report = validate_package(str(written))
    assert [issue for issue in report.issues if issue.level == "error"] == []
    with zipfile.ZipFile(written) as package:
        section = package.read("Contents/section0.xml").decode()
        about = package.read("Contents/content.hpf").decode()
    assert 'width="59528"' in section and 'height="84189"' in section, "A4 in HWP units"
    assert "민감(S) · AI 작성" in section
    assert 'name="ai-generated" content="text">true' in about and ">점용료 질문<" in about
    assert "synthetic" not in about


def test_hostile_text_and_shapes() -> None:
    rows = ((Cell("가"),), (), (Cell("나", col_span=70), Cell("다")))
    blocks = (
        Block("paragraph", "a\x00\ud800<b>&" + "가" * 20_000),
        Block("table", "", rows=rows),
        Block("table", "", rows=()),
    )
    made = hwpx_bytes(pages_of(OutputDocument("<t>&", blocks)))
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        assert "a&lt;b&gt;&amp;가" in package.read("Contents/section0.xml").decode()
