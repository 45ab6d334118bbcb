"""An existing document becomes the start of a draft: nothing added, no line dropped."""

from __future__ import annotations

from mokmin.base.formats.model import Block, Cell, ParsedDocument
from mokmin.knowledge.official.importing import document_of
from mokmin.knowledge.official.serial import from_json, to_json

LETTER = """해온특별자치시
수신  각 부서장(물품관리관)
(경유)
제목  불용품 처리 계획 알림
1. 관련: 재산관리과-3127(2026. 9. 11.)
2. 다음과 같이 알립니다.
가. 기간: 2026. 12. 1.
1) 세부
붙임 1. 계획 1부.
2. 서식 1부. 끝.
해온특별자치시장
기안자 주무관 서하늘 검토자 팀장 예단 결재권자 과장 김정
시행 재산관리과-4000 (2026. 11. 23.) 접수
우 12345 해온특별자치시 물빛로 1 / www.haeon.go.kr
전화 (031)123-4567 팩스 (031)123-4568 / a@haeon.go.kr / 비공개(6)"""


def parsed(text: str, *more: Block) -> ParsedDocument:
    lines = tuple(Block("paragraph", line) for line in text.split("\n"))
    return ParsedDocument("hwpx", "파일 제목", (*lines, *more))


def test_a_letter() -> None:
    found = document_of(parsed(LETTER), name="알림.hwpx")
    assert (found.kind, found.title) == ("letter", "불용품 처리 계획 알림")
    assert [(b.level, b.text) for b in found.body] == [
        (1, "관련: 재산관리과-3127(2026. 9. 11.)"), (1, "다음과 같이 알립니다."),
        (2, "기간: 2026. 12. 1."), (3, "세부"),
    ]  # fmt: skip
    assert [a.text for a in found.attachments] == ["계획 1부.", "서식 1부."]
    assert [(a.role, a.post, a.name) for a in found.approvers][2] == ("결재", "과장", "김정")
    assert found.value("발신명의") == "해온특별자치시장" and found.value("공개구분") == "비공개(6)"
    assert all((o.kind, o.ref) == ("source", "알림.hwpx") for _, o in found.texts)
    assert from_json(to_json(found)) == found


def test_a_report_with_a_table() -> None:
    rows = ((Cell("구분", 2, 1), Cell("금액", 1, 2)), (Cell("올해"), Cell("내년")))
    table = Block("table", "…", rows=rows)
    text = "2026년 종합대책 추진계획\n□ 추진 배경\n○ 한파 늘어남\n- 지난해 20일\n※ 기상청\n< 예산 >\n(단위: 천원)"
    found = document_of(parsed(text, table), name="계획.hwpx")
    assert [(b.style, b.level) for b in found.body[-5:]] == [
        ("bullet", 1), ("bullet", 2), ("bullet", 3), ("bullet", 4), ("table", 1),
    ]  # fmt: skip
    last = found.body[-1]
    assert (last.caption, last.unit, last.rows[0][0].row_span) == ("예산", "천원", 2)


def test_a_kind_that_is_asked_for_stays() -> None:
    assert document_of(parsed("제1회 심의회 회의록\n본문"), "press").kind == "press"
    assert (
        document_of(ParsedDocument("txt", "", (Block("paragraph", "한 줄"),))).body[0].text
        == "한 줄"
    )
