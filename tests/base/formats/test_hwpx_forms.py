"""Fields of an HWPX form are found, and filling changes nothing else."""

from __future__ import annotations

import io
import zipfile

import pytest

from mokmin.base.errors import MokminError
from mokmin.base.formats.hwpx_form_compare import differences
from mokmin.base.formats.hwpx_form_view import view
from mokmin.base.formats.hwpx_forms import fill, read_form

NS = (
    'xmlns:hs="http://www.hancom.co.kr/hwpml/2011/section" '
    'xmlns:hp="http://www.hancom.co.kr/hwpml/2011/paragraph"'
)
HEADER = (
    '<hh:head xmlns:hh="http://www.hancom.co.kr/hwpml/2011/head">'
    '<hh:borderFill id="1"><hh:leftBorder type="SOLID"/><hh:rightBorder type="SOLID"/>'
    '<hh:topBorder type="SOLID"/><hh:bottomBorder type="SOLID"/></hh:borderFill>'
    '<hh:charPr id="0" height="1000"/><hh:charPr id="7" height="1000"><hh:underline type="BOTTOM"/></hh:charPr>'
    "</hh:head>"
)
LAYOUT = '<hp:linesegarray><hp:lineseg textpos="0"/></hp:linesegarray>'


def p(text: str, look: str = "0") -> str:
    return f'<hp:p paraPrIDRef="3"><hp:run charPrIDRef="{look}"><hp:t>{text}</hp:t></hp:run>{LAYOUT}</hp:p>'


def cell(row: int, col: int, inner: str, name: str = "", rows: int = 1) -> str:
    return (
        f'<hp:tc name="{name}" borderFillIDRef="1"><hp:subList>{inner}</hp:subList>'
        f'<hp:cellAddr colAddr="{col}" rowAddr="{row}"/><hp:cellSpan colSpan="1" rowSpan="{rows}"/>'
        '<hp:cellSz width="9000" height="1500"/></hp:tc>'
    )


def table(*rows: str) -> str:
    inner = "".join(f"<hp:tr>{row}</hp:tr>" for row in rows)
    return f'<hp:p><hp:run charPrIDRef="0"><hp:tbl>{inner}</hp:tbl><hp:t/></hp:run>{LAYOUT}</hp:p>'


EMPTY = f'<hp:p paraPrIDRef="9"><hp:run charPrIDRef="5"/>{LAYOUT}</hp:p>'
BEGIN = '<hp:ctrl><hp:fieldBegin id="1" type="CLICK_HERE" name="본문"/></hp:ctrl>'
FIELD_END = '<hp:ctrl><hp:fieldEnd beginIDRef="1"/></hp:ctrl>'
BODY = (
    f'<hp:p paraPrIDRef="1"><hp:run charPrIDRef="2">{BEGIN}<hp:t>옛 글</hp:t></hp:run></hp:p>'
    '<hp:p><hp:run charPrIDRef="2"><hp:pic id="8"/><hp:t>둘째 &amp; 줄</hp:t></hp:run></hp:p>'
    f'<hp:p><hp:run charPrIDRef="2"><hp:t>셋째</hp:t>{FIELD_END}</hp:run></hp:p>'
)
INNER = table(cell(0, 0, p("안쪽 이름")) + cell(0, 1, EMPTY))
SECTION = (
    p("신 청 서")
    + table(
        cell(0, 0, p("성    명"))
        + cell(0, 1, EMPTY)
        + cell(0, 2, p("대표자"))
        + cell(0, 3, p("   (인)")),
        cell(1, 0, p("구분"))
        + cell(1, 1, p("□ 신규  □ 갱신"))
        + cell(1, 2, p("비고"))
        + cell(1, 3, INNER),
        cell(2, 0, p("기관")) + cell(2, 1, p("옛 기관"), name="기관명"),
    )
    + p("제출일: 2026.    .    .   담당자:                (전화번호:            )")
    + p("□ 보고서의 첫 줄은 고르는 상자가 아니다")
    + p("{{수신자}} 귀하, 금액 ○○○원, 연락처 ____")
    + '<hp:p><hp:run charPrIDRef="0"><hp:t>서명</hp:t></hp:run><hp:run charPrIDRef="7"><hp:t>        </hp:t></hp:run></hp:p>'
    + BODY
)


def package(section: str = SECTION, **more: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/hwp+zip")
        archive.writestr("Contents/header.xml", HEADER)
        if section:
            archive.writestr(
                "Contents/section0.xml", f"<?xml version='1.0'?><hs:sec {NS}>{section}</hs:sec>"
            )
        for name, data in more.items():
            archive.writestr(name.replace("__", "/").replace("_DOT_", "."), data)
    return sink.getvalue()


def text_of(made: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return archive.read("Contents/section0.xml").decode()


def test_every_place_is_found_once() -> None:
    fields = {f.key: f for f in read_form(package()).fields}
    assert list(fields) == [
        "본문", "성명", "대표자", "구분", "안쪽 이름", "기관명", "제출일", "담당자", "전화번호", "수신자",
        "금액", "연락처", "서명",
    ]  # fmt: skip
    assert fields["제출일"].kind == "date" and fields["구분"].options == ("신규", "갱신")
    assert fields["기관명"].example == "옛 기관" and fields["성명"].room > 0
    assert view(read_form(package()))


def test_filling_changes_the_filled_places_alone() -> None:
    form = read_form(package())
    values = {
        "성명": "김<주>&무\n둘째", "대표자": "이대표", "구분": "갱신", "안쪽 이름": "속", "제출일": "2026. 11. 23.",
        "담당자": "박", "전화번호": "041-1", "수신자": "해온시장", "금액": "5,000", "서명": "서명자",
        "본문": "새 글\n다음 줄", "기관명": "새 기관",
    }  # fmt: skip
    made = form.fill(values)
    assert differences(form, made.package, values) == []
    assert differences(form, made.package, ["성명"]) != []  # the proof can fail
    section = text_of(made.package)
    assert '<hp:run charPrIDRef="5"><hp:t>김&lt;주&gt;&amp;무</hp:t></hp:run></hp:p>' in section
    assert section.count('paraPrIDRef="9"') == 3  # a paragraph of the same look for the second line
    assert "□ 신규  ■ 갱신" in section and "이대표" in section and "(인)" in section
    assert "새 글<hp:lineBreak/>다음 줄" in section and '<hp:pic id="8"/>' in section
    assert "옛 글" not in section and "둘째 &amp; 줄" not in section and "옛 기관" not in section
    assert "해온시장 귀하, 금액 5,000원, 연락처 ____" in section
    assert form.fill({}).package and text_of(form.fill({}).package) == text_of(package())


def test_what_does_not_fit_is_told() -> None:
    form = read_form(package())
    told = form.fill({"성명": "가" * 200, "구분": "모름"}).problems
    assert {p.key for p in told} == {"성명", "구분"}
    with pytest.raises(MokminError):
        form.fill({"없는 자리": "값"})
    assert "\x00" not in text_of(fill(package(), {"담당자": "가\x00\ud800나"}))


def _twice() -> bytes:
    sink = io.BytesIO(package())
    with zipfile.ZipFile(sink, "a") as archive, pytest.warns(UserWarning):
        archive.writestr("Contents/section0.xml", "<a/>")
    return sink.getvalue()


DEEP = "<hp:p><hp:run><hp:tbl><hp:tr><hp:tc><hp:subList>" * 60 + (
    "</hp:subList></hp:tc></hp:tr></hp:tbl></hp:run></hp:p>" * 60
)


@pytest.mark.parametrize(
    "made",
    [
        lambda: b"HWP Document File",
        lambda: package(section=""),
        lambda: package(section="<broken"),
        lambda: package(section=DEEP),
        lambda: package(section=p("가" * 70_000_000)),
        lambda: package(Scripts__evil_DOT_js=b"new ActiveXObject('WScript.Shell')"),
        lambda: package(BinData__a_DOT_exe=b"MZ"),
        lambda: package(**{"__DOT__": b"", ".._DOT_x": b"", "..__x": b""}),
        lambda: package(**{"META-INF__manifest_DOT_xml": b"<a><encryption-data/></a>"}),
        _twice,
    ],
)
def test_hostile_packages_are_refused(made: object) -> None:
    with pytest.raises(MokminError):
        read_form(made())  # type: ignore[operator]


def test_entities_are_refused_and_harmless_scripts_are_not() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("Contents/section0.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    with pytest.raises(MokminError):
        read_form(sink.getvalue())
    script = "function OnDocument_New()\r\n{\r\n\t//todo : \r\n}\r\n".encode("utf-16-le")
    assert read_form(package(Scripts__sourceScripts_DOT_js=script)).fields
