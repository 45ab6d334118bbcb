"""Files that are empty, lying, broken or malicious end in a true Korean reason."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mokmin.base.errors import UnreadableFile
from mokmin.base.formats.archive import expand_zip
from mokmin.base.formats.limits import MB, ReadLimits
from mokmin.base.formats.reader import read_document, read_isolated

Rewrite = Callable[[Path, Path, Callable[[bytes], bytes]], Path]
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100


def refusal(path: Path, *, name: str | None = None, limits: ReadLimits | None = None) -> str:
    """The code of the refusal that reading ends in."""
    with pytest.raises(UnreadableFile) as caught:
        read_isolated(path, name=name, limits=limits)
    assert caught.value.message.endswith((".", "kor"))
    return caught.value.code


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("빈.hwp", b"", "empty-file"),
        ("빈.zip", b"PK\x05\x06" + b"\x00" * 18, "empty-zip"),
        ("그림.hwp", PNG, "wrong-type"),
        ("그림.png", PNG, "unsupported"),
        ("옛.hwp", b"HWP Document File V3.00 \x1a" + b"\x00" * 200, "unsupported"),
        ("깨진.hwp", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x01" * 600, "damaged"),
        ("깨진.pdf", b"%PDF-1.7\n" + b"garbage " * 50, "damaged"),
        ("잡음.txt", bytes(range(256)) * 20, "wrong-type"),
        ("빈칸.txt", b" \n \n", "no-text"),
        ("기호.md", b"---\n***\n", "no-text"),
    ],
)
def test_true_reason(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(data)
    assert refusal(path, name=name) == code


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    assert refusal(tmp_path / "없음.hwp") == "missing"


def test_truncated_hwpx_is_damaged(hwpx_file: Callable[..., Path]) -> None:
    path = hwpx_file("본문입니다")
    path.write_bytes(path.read_bytes()[:-200])
    assert refusal(path) == "damaged"


def test_content_wins_over_extension_with_a_warning(docx_file: Path) -> None:
    document = read_document(docx_file, name="여비.hwp")
    assert document.format == "docx"
    assert "내용은 워드(DOCX)" in document.warnings[0]


def test_distribution_notice_is_never_a_body(hwpx_file: Callable[..., Path]) -> None:
    path = hwpx_file("이 문서는 상위 버전의 배포용 문서입니다.", "최신 버전이 필요합니다.")
    assert refusal(path) == "distribution"


def test_zip_bomb_is_refused_by_its_declared_size(tmp_path: Path) -> None:
    path = tmp_path / "폭탄.hwpx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/hwp+zip")
        with archive.open("Contents/section0.xml", "w", force_zip64=True) as member:
            for _ in range(120):
                member.write(b" " * MB)
    assert refusal(path) == "bomb"


def test_billion_columns(hwpx_file: Callable[..., Path], rewrite_section: Rewrite) -> None:
    source = hwpx_file("본문")
    wide = rewrite_section(
        source,
        source.with_name("넓은.hwpx"),
        lambda xml: xml.replace(
            b"</hs:sec>", b'<hp:tbl><hp:cellSpan colSpan="2000000000"/></hp:tbl></hs:sec>'
        ),
    )
    assert refusal(wide) == "too-wide"


def test_deep_nesting(hwpx_file: Callable[..., Path], rewrite_section: Rewrite) -> None:
    source = hwpx_file("본문")
    deep = rewrite_section(
        source,
        source.with_name("깊은.hwpx"),
        lambda xml: xml.replace(b"</hs:sec>", b"<hp:p>" * 5000 + b"</hp:p>" * 5000 + b"</hs:sec>"),
    )
    assert refusal(deep) == "too-deep"
    page = source.with_name("깊은.html")
    page.write_text("<div>" * 20_000 + "글" + "</div>" * 20_000, "utf-8")
    assert refusal(page) in ("too-deep", "no-text")


def test_time_memory_and_size_limits_end_in_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "큰.txt"
    path.write_text("글자 가득한 줄입니다.\n" * 400_000, "utf-8")
    assert refusal(path, limits=ReadLimits(seconds=0.05, seconds_per_mb=0)) == "timeout"
    assert refusal(path, limits=ReadLimits(memory_bytes=150 * MB)) == "memory"
    assert refusal(path, limits=ReadLimits(file_bytes=MB)) == "too-large"
    assert refusal(path, limits=ReadLimits(output_bytes=100_000)) == "too-large"


@pytest.mark.parametrize("name", ["a\"b'c.txt", "가" * 255, "../../etc/passwd.txt", "줄\n바꿈.txt"])
def test_odd_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / "upload"
    path.write_text("이름이 이상해도 읽습니다.", "utf-8")
    assert read_isolated(path, name=name).blocks[0].text == "이름이 이상해도 읽습니다."


def test_expand_zip_repairs_names_and_stays_inside(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("안쪽.txt", "내용")
    path = tmp_path / "묶음.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../밖.txt", "탈출")
        archive.writestr("폴더/묶음.zip", inner.getvalue())
        archive.writestr("AAAAAA.txt", "공고")
    path.write_bytes(path.read_bytes().replace(b"AAAAAA.txt", "공고문.txt".encode("cp949")))
    dest = tmp_path / "dest"
    dest.mkdir()
    found = expand_zip(path, dest, ReadLimits())
    names = [name for name, _ in found]
    assert names == ["밖.txt", "폴더/묶음.zip/안쪽.txt", "공고문.txt"]
    assert all(file.parent == dest for _, file in found)
    assert not (tmp_path.parent / "밖.txt").exists()


def test_expand_zip_refuses_bombs_and_too_many_files(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b" " * (5 * MB))
        archive.writestr("b.txt", "b")
    dest = tmp_path / "dest"
    dest.mkdir()
    for limits, code in (
        (ReadLimits(unpacked_bytes=MB), "bomb"),
        (ReadLimits(archive_files=1), "too-many-files"),
        (ReadLimits(unpacked_ratio=10, ratio_floor_bytes=MB), "bomb"),
    ):
        with pytest.raises(UnreadableFile) as caught:
            expand_zip(path, dest, limits)
        assert caught.value.code == code
