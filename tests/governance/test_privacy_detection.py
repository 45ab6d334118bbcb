"""Detection on whole documents by genre, on generated numbers, in tables and odd encodings."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
import time
import unicodedata
from pathlib import Path
from types import ModuleType

import pytest

from mokmin.commands.cli import run
from mokmin.governance.privacy.detection import detect
from mokmin.governance.privacy.masking import mask
from mokmin.governance.privacy.model import NUMBERED, TYPES

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "privacy"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    """The benchmark's module, which scores labelled texts."""
    spec = importlib.util.spec_from_file_location("privacy_genres", BENCHMARK / "detection.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


def _ratio(table: dict[str, list[int]], kinds: tuple[str, ...], part: int, whole: int) -> float:
    return sum(table[k][part] for k in kinds) / sum(table[k][whole] for k in kinds)


@pytest.mark.parametrize("half", ["genres_development", "genres_held_out", "genres_last"])
def test_bars_by_genre(benchmark: ModuleType, half: str) -> None:
    """Recall .97 on numbered types, .85 on names and on addresses; precision .97."""
    table = benchmark.score(benchmark.sentences(half), False)
    assert _ratio(table, NUMBERED, 1, 0) >= 0.97
    assert _ratio(table, ("name",), 1, 0) >= 0.85
    assert _ratio(table, ("address",), 1, 0) >= 0.85
    assert _ratio(table, tuple(TYPES), 3, 2) >= 0.97


@pytest.mark.parametrize("apart", [False, True])
def test_generated_numbers(benchmark: ModuleType, apart: bool) -> None:
    """Every type of number in every form and surrounding, Hangul whole and taken apart; no hit in
    numbers that cannot be a person's."""
    items = benchmark.values(3) + benchmark.wrong(200)
    table = benchmark.score(benchmark.decomposed(items) if apart else items, False)
    for kind in NUMBERED:
        assert table[kind][1] / table[kind][0] >= 0.97, kind
    assert _ratio(table, NUMBERED, 3, 2) >= 0.99


def test_columns_of_a_table_say_what_their_cells_are() -> None:
    text = "번호,이름,사번,비고\r\n1,옹선희,9343622,휴직\r\n2,Maria Santos,1362567,\r\n"
    assert [(s.type, s.text) for s in detect(text)] == [
        ("name", "옹선희"),
        ("number", "9343622"),
        ("name", "Maria Santos"),
        ("number", "1362567"),
    ]
    assert detect("품명,수량,비고\n옹선희,9343622,휴직품\n") == ()


def test_companies_in_a_table_are_no_persons() -> None:
    text = "납세자명,주민등록번호,연락처\n(주)대한상사,110111-1234567,02-2600-1234\n"
    assert detect(text) == ()


def test_a_name_known_from_its_label_is_found_again() -> None:
    text = "신청인 성명: 함초롬\n위 사람 함초롬은 서류를 냈다."
    assert [s.text for s in detect(text)] == ["함초롬", "함초롬"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My name is Maria Santos.", "My name is M**** ******."),
        ("거주자 마이클 존슨(미국) 대피", "거주자 마이○ ○○(미국) 대피"),
        ("김 영 자 할머니 방문", "김 ○ ○ 할머니 방문"),
        (
            unicodedata.normalize("NFD", "성명: 김민수"),
            unicodedata.normalize("NFD", "성명: ") + "김○○",
        ),
    ],
)
def test_foreign_spaced_and_decomposed_names_are_masked(text: str, expected: str) -> None:
    assert mask(text, detect(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "안중근 의사 순국 추모식",
        "김구 선생 기념관",
        "1995. 5. 15.자 94마1059 결정",
        "여성가족과(☎ 055-225-3940)",
        "가상계좌 농협 790-1234-5678-90",
        "사업자등록번호 124-81-00998",
        "물품식별번호 43211503-25148796",
        "펌웨어 7.2.1.140으로 업데이트",
    ],
)
def test_nothing_personal(text: str) -> None:
    assert detect(text) == ()


@pytest.mark.parametrize(
    "unit",
    [
        "12가",
        "동 1",
        "| 성명 |\n",
        "성명,주소\n",
        "Abc ",
        "아 씨 ",
        "(베트남) ",
        "응옌",
        "\u1100\u1161",
        "마을 1동 100호",
    ],
)
def test_time_is_linear_in_what_the_newer_patterns_love(unit: str) -> None:
    text = (unit * 300_000)[:300_000]
    begin = time.process_time()
    detect(text)
    assert time.process_time() - begin < 6


def test_pii_command_gives_offsets_of_the_text_as_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Windows line ends, decomposed Hangul and full-width digits move nothing."""
    text = (
        unicodedata.normalize("NFD", "신청인 김민수 님\r\n")
        + "번호 ９００１０１－１２３４５６８\r\n"
    )
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert run(["--home", str(tmp_path), "pii", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"spans", "masked_text"}
    assert all(set(s) == {"start", "end", "type", "text", "masked"} for s in answer["spans"])
    assert [s["type"] for s in answer["spans"]] == ["name", "rrn"]
    for span in answer["spans"]:
        assert text[span["start"] : span["end"]] == span["text"]
    assert [s["masked"] for s in answer["spans"]] == ["김○○", "９００１０１－１******"]
    assert "김○○" in answer["masked_text"]
