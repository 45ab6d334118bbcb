"""Words that Korean writers broke at the end of a line are one word again."""

from __future__ import annotations

from mokmin.base.formats.pdf_layout import Line, PageLines, page_blocks

HEIGHT = 0.015


def line(row: int, text: str, *, right: float = 0.9) -> Line:
    """A line of the text, blank after it included."""
    top = 0.2 + row * 0.02
    box = (0.1, top, right, top + HEIGHT)
    return Line(text.strip(), box, 10.0, (300.0, 800.0 - row * 14), text.endswith(" "))


def paragraph(lines: list[Line]) -> str:
    blocks = [b for page in page_blocks([PageLines(1, tuple(lines))]) for b in page.blocks]
    return "\n".join(block.text for block in blocks)


TELLING = [line(n, "이 줄은 낱말 사이에서 나뉘어 ") for n in range(6)]


def test_a_word_broken_at_the_end_of_a_full_line_is_joined() -> None:
    text = paragraph(
        [*TELLING, line(6, "위반한 자에게 부과하는 과태료"), line(7, "는 다음과 같다.")]
    )
    assert text.endswith("과태료는 다음과 같다.")
    assert "나뉘어 이 줄은" in text


def test_a_number_and_its_unit_are_joined() -> None:
    text = paragraph([*TELLING, line(6, "시간 제한으로 9회까지 30"), line(7, "일 안에 한다.")])
    assert "30일 안에" in text


def test_a_short_line_was_not_broken_inside_a_word() -> None:
    text = paragraph([*TELLING, line(6, "변경 가능", right=0.8), line(7, "또한 그렇다.")])
    assert "변경 가능 또한" in text


def test_a_document_that_draws_no_blanks_does_not_tell() -> None:
    lines = [line(n, "낱말 사이에서 나뉘었으나 빈칸이 없다") for n in range(8)]
    assert "없다 낱말" in paragraph(lines)
    assert "없다낱말" not in paragraph(lines)


def test_a_few_blanks_are_no_habit() -> None:
    lines = [line(0, "빈칸으로 끝난 줄 "), line(1, "서비스포인트로"), line(2, "구분되며 적립한다.")]
    assert "서비스포인트로 구분되며" in paragraph(lines)


def test_latin_words_are_never_joined() -> None:
    text = paragraph([*TELLING, line(6, "파일은 OLE structured"), line(7, "storage 형식이다.")])
    assert "structured storage" in text
