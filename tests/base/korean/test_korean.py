from concurrent.futures import ThreadPoolExecutor

import pytest

from mokmin.base.korean.bigrams import bigrams
from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.base.korean.josa import josa, with_josa
from mokmin.base.korean.kiwi import KiwiAnalyser
from mokmin.base.korean.ports import Analyser
from mokmin.base.korean.reading import hangul

ANALYSERS: list[Analyser] = [KiwiAnalyser(), SimpleAnalyser()]


def terms(text: str) -> list[str]:
    return KiwiAnalyser().morphemes([text])[0]


def test_content_words_stay_and_particles_go() -> None:
    found = terms("시장은 도로점용허가를 받아야 하는 자에게 알려야 한다.")
    assert {"시장", "도로", "점용", "허가", "도로점용", "점용허가", "받"} <= set(found)
    assert not {"은", "를", "어야", "에게", "하", "ᆫ다", "."} & set(found)


def test_the_same_verb_in_other_forms_is_one_term() -> None:
    shared = set(terms("여권을 새로 만들려면")) & set(terms("여권을 만드는 곳"))
    assert {"여권", "만들"} <= shared


def test_hanja_is_read_as_hangul_and_digits_stay() -> None:
    assert hangul("2026年 豫算") == "2026년 예산"
    assert "예산" in terms("豫算 편성")
    assert hangul("ＡＩ１") == "AI1"


def test_numbers_latin_words_and_articles() -> None:
    found = terms("제5조의2에 따라 2026. 10. 12.(월)까지 CCTV 12대, 02-120")
    assert {"제5조의2", "2026", "10", "12", "cctv"} <= set(found)
    assert terms("제 7 조")[-1] == "제7조"


def test_terms_hold_no_blanks_so_that_they_can_be_joined() -> None:
    text = "2026. 10. 12. 부터 https://city.go.kr/a b@c.kr New York #시정 홍길동\t\n　다 ①②"
    assert all(term and not any(c.isspace() for c in term) for term in terms(text))


def test_empty_texts_keep_their_place() -> None:
    for analyser in ANALYSERS:
        result = analyser.morphemes(["", "  \n", "시청"])
        assert result[:2] == [[], []]
        assert result[2] == ["시청"]
        assert analyser.morphemes([]) == []


def test_many_threads_find_the_same_as_one() -> None:
    texts = [f"주민등록번호 변경 신청은 {n}일 안에 처리한다." for n in range(40)]
    alone = [terms(text) for text in texts]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(terms, texts)) == alone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("시 청사", ["시", "청사"]),
        ("AI센터, 제5조", ["ai", "i센", "센터", "제5", "5조"]),
        ("ＡＢ１", ["ab", "b1"]),
        ("", []),
        ("※ - !", []),
    ],
)
def test_bigrams(text: str, expected: list[str]) -> None:
    assert bigrams(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "회의는 2026. 10. 12.(월)에 연다. 장소는 시청이다.",
            ["회의는 2026. 10. 12.(월)에 연다.", "장소는 시청이다."],
        ),
        ("붙임  1. 계획서 1부.  끝.", ["붙임  1. 계획서 1부.", "끝."]),
        (
            "제5조(목적) 이 조례는 복지를 정한다.제6조(정의) 뜻은 다음과 같다.",
            ["제5조(목적) 이 조례는 복지를 정한다.", "제6조(정의) 뜻은 다음과 같다."],
        ),
        ("1. 국가기관\n가. 시청\n나. 구청", ["1. 국가기관", "가. 시청", "나. 구청"]),
        ("1. 대상: 만 65세 이상. 2. 기간: 10일", ["1. 대상: 만 65세 이상.", "2. 기간: 10일"]),
        ("누가 받나요? 시민입니다! 그렇습니다.", ["누가 받나요?", "시민입니다!", "그렇습니다."]),
        (
            "시장은(다만, 급하면 그러하지 아니하다. 이하 같다) 허가한다. 끝.",
            ["시장은(다만, 급하면 그러하지 아니하다. 이하 같다) 허가한다.", "끝."],
        ),
        ("비율은 10.5%이다. No. 3 참고", ["비율은 10.5%이다.", "No. 3 참고"]),
        ("그는 “간다.” 하고 말했다.", ["그는 “간다.”", "하고 말했다."]),
        ("", []),
        ("  \n ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    for analyser in ANALYSERS:
        assert [text[a:b] for a, b in analyser.sentences(text)] == expected


def test_no_character_is_lost_and_spans_are_in_order() -> None:
    text = "가. 목적: 시민 편의. (미닫힘 괄호가 있다. 또 있다.\n② 시장은 한다.  3) 끝.\n\n" * 30
    spans = KiwiAnalyser().sentences(text)
    assert spans == sorted(spans)
    inside = "".join(text[a:b] for a, b in spans)
    assert "".join(inside.split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("시장", "시장은 시장이 시장을 시장과 시장으로"),
        ("담당자", "담당자는 담당자가 담당자를 담당자와 담당자로"),
        ("서울", "서울은 서울이 서울을 서울과 서울로"),
        ("제3", "제3은 제3이 제3을 제3과 제3으로"),
        ("2025", "2025는 2025가 2025를 2025와 2025로"),
        ("1", "1은 1이 1을 1과 1로"),
        ("100", "100은 100이 100을 100과 100으로"),
        ("URL", "URL은 URL이 URL을 URL과 URL로"),
        ("AI", "AI는 AI가 AI를 AI와 AI로"),
        ("5%", "5%는 5%가 5%를 5%와 5%로"),
        (
            "「주민등록법」",
            "「주민등록법」은 「주민등록법」이 「주민등록법」을 「주민등록법」과 「주민등록법」으로",
        ),
    ],
)
def test_josa(word: str, expected: str) -> None:
    made = [
        with_josa(word, "은/는"),
        with_josa(word, "이/가"),
        with_josa(word, "을/를"),
        with_josa(word, "과/와"),
        with_josa(word, "으로/로"),
    ]
    assert " ".join(made) == expected


def test_josa_without_any_letter_takes_the_open_form() -> None:
    assert josa("", "은/는") == "는"
