"""The interface in English: compiled from the Korean templates and the catalogue."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

from jinja2 import DictLoader, Environment

from mokmin.base.web.language import WORDS, Words, speaking

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = (
    '<p title="닫기">{{ n }}건 <b>저장했습니다.</b></p>{% if kind == "닫기" %}{{ "닫기" }}{% endif %}'
    '{{ facts["닫기"] }}{% set given = "저장했습니다." %}{{ given }}{{ name }}'
)


def test_templates_speak_the_words_of_the_catalogue() -> None:
    catalogue = Words({"닫기": "Close", "저장했습니다.": "Saved.", "건": "items"})
    env = Environment(
        loader=DictLoader({"a": TEMPLATE}), autoescape=True, extensions=[speaking(catalogue)]
    )
    made = env.get_template("a").render(n=3, kind="닫기", facts={"닫기": "가"}, name="닫기")
    # Compared with and looked up by: as written. What comes from elsewhere, as a name: never touched.
    assert made == '<p title="Close">3 items <b>Saved.</b></p>Close가Saved.닫기'


def test_numbers_keep_their_places() -> None:
    catalogue = Words({"{}건 가운데 {}건": "{} out of {}", "모두": "all"})
    assert catalogue.of("1,200건 가운데 3건") == "1,200 out of 3"
    assert catalogue.of("2건 가운데 셋") == "2건 가운데 셋"
    assert catalogue.of("plain 3") == "plain 3"


def test_the_catalogue_is_whole_and_safe() -> None:
    korean = json.loads((WORDS / "ko.json").read_text("utf-8"))
    english = json.loads((WORDS / "en.json").read_text("utf-8"))
    assert set(english) <= set(korean)
    tool = runpy.run_path(str(ROOT / "tools" / "write_catalogue.py"))
    now = {*tool["of_templates"](), *tool["of_code"]()}
    assert len(now - set(korean)) <= 0.02 * len(now), "run tools/write_catalogue.py"
    for text, words in english.items():
        assert not re.search(r'[<>"]', words), words
        assert text.count("{}") == words.count("{}"), text
        assert words.strip() == words and words


def test_no_path_leads_out_of_the_words() -> None:
    assert {p.name for p in Path(WORDS).iterdir()} == {"ko.json", "en.json"}
