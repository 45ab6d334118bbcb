"""Pages of rights, and the small edition of the leak test (benchmarks/rights)."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from mokmin.app import App
from mokmin.governance.access.rules import today
from mokmin.knowledge.search.fakes import MemoryIndex

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "rights"
TEXT = "공유재산 사용료는 납부기한까지 내야 한다.\n"
FINGERPRINT = re.compile(r'name="seen" value="([0-9a-f]+)"')


@pytest.fixture
def doc(app: App, people: Any, put: Any) -> int:
    made: int = put(app, "a.txt", TEXT, by=people.kim, department="회계과").document_id
    return made


def form(browser: Any, doc: int, **fields: Any) -> dict[str, Any]:
    """The form of a document's rights as the page gives it, with other fields."""
    found = FINGERPRINT.search(browser.get(f"/library/{doc}/rights").text)
    assert found is not None
    base = {"seen": found.group(1), "department": "회계과", "grade": "O"}
    return base | {"who": ["회계과"], "from": [""], "until": [""]} | fields


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestPages:
    """Through the web application."""

    def test_a_change_holds_at_the_next_request_and_is_undone(
        self, app: App, people: Any, doc: int, signed_in: Any
    ) -> None:
        kim, other = signed_in("kim"), signed_in("other")
        assert other.get(f"/library/{doc}").status_code == 200
        sent = form(kim, doc, grade="S", ground="5")
        done = kim.post(f"/library/{doc}/rights", sent)
        assert done.status_code == 303
        page = kim.get(done.headers["location"]).text
        assert "권한을 바꿨습니다" in page
        assert "제5호" in page
        assert other.get(f"/library/{doc}").status_code == 404
        assert TEXT.strip() not in other.get("/search?q=공유재산 사용료").text
        undo = re.search(r'action="(/library/rights/\d+/undo)"', page)
        assert undo is not None
        assert other.post(undo.group(1)).status_code == 404
        assert kim.post(undo.group(1), {"back": doc}).status_code == 303
        assert other.get(f"/library/{doc}").status_code == 200

    def test_a_wrong_form_says_so_and_keeps_what_was_typed(
        self, app: App, people: Any, doc: int, kim: Any
    ) -> None:
        sent = form(kim, doc, grade="C", reason="적던 사유", who=["회계과", "없는 과"])
        page = kim.post(f"/library/{doc}/rights", sent | {"from": ["", ""], "until": ["", ""]})
        assert page.status_code == 400
        assert "없는 과" in page.text
        assert "적던 사유" in page.text
        assert "아무것도 바꾸지 않았습니다" in page.text
        assert app.documents.get(people.kim, doc).grade == "O"

    def test_who_may_not_change_sees_no_form_and_no_readers(
        self, app: App, people: Any, doc: int, signed_in: Any
    ) -> None:
        other = signed_in("other")
        page = other.get(f"/library/{doc}/rights").text
        assert 'name="who"' not in page
        assert "볼 수 있는 사람" not in page
        refused = other.post(
            f"/library/{doc}/rights",
            {"grade": "S", "ground": "5", "who": "복지과", "from": "", "until": ""},
        )
        assert refused.status_code == 403
        assert app.documents.get(people.kim, doc).grade == "O"

    def test_many_are_previewed_and_changed(
        self, app: App, people: Any, doc: int, put: Any, signed_in: Any
    ) -> None:
        others = put(app, "b.txt", "복지과 안내.\n", department="복지과").document_id
        lead = signed_in("lead")
        assert f'name="ids" value="{doc}"' in lead.get("/library").text
        assert f'name="ids" value="{others}"' not in lead.get("/library").text
        sent = {"ids": [doc, others], "retention": "10", "grade": "-", "mode": "keep"}
        page = lead.post("/library/rights", sent).text
        assert "1건을 바꿉니다. 1건은 바꿀 권한이 없어 그대로 둡니다." in page
        assert app.documents.get(people.kim, doc).retention == ""
        done = lead.post("/library/rights", sent | {"step": "apply"})
        assert "1건의 권한을 바꿨습니다" in lead.get(done.headers["location"]).text
        assert app.documents.get(people.kim, doc).retention == "10"

    def test_the_simulator_and_the_explanation(
        self, app: App, people: Any, doc: int, signed_in: Any
    ) -> None:
        lead = signed_in("lead")
        page = lead.get("/access?who=kim").text
        assert "김주무 (kim)" in page
        assert f"/library/{doc}" in page
        assert "전 직원에게 열려 있기" in lead.get(f"/library/{doc}/rights?who=kim").text
        later = today() + timedelta(days=1)
        assert "볼 수 있습니다" in lead.get(f"/library/{doc}/rights?who=kim&on={later}").text
        told = [lead.get(f"/access?who={who}") for who in ("other", "nobody")]
        assert {page.status_code for page in told} == {403}
        assert "어느 날" in told[0].text
        assert signed_in("kim").get("/access").status_code == 403


# --- leaks --------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """40 people and 200 documents, and the leak test's own modules."""
    sys.path.insert(0, str(FOLDER))
    try:
        leaks = import_module("leaks")
        home = tmp_path_factory.mktemp("city")
        app = leaks.make_app(home, index=MemoryIndex())
        made = leaks.build(app, people=40, size=200, seed=5)
        yield leaks, app, made, home / "mokmin.db", leaks.create_web(app)
        app.db.close()
    finally:
        sys.path.remove(str(FOLDER))


def test_nothing_leaks_while_rights_change(city: Any) -> None:
    leaks, app, made, file, web = city
    prober = leaks.in_turns(app, made, file, 45, 11, web=web)
    assert prober.bad == []
    assert prober.counts["documents shown"] > 100
    assert prober.counts["undecidable"] == 0
    assert prober.same_words(3) == 0, prober.bad


@pytest.mark.parametrize("check", ["days", "rights"])
def test_the_leak_test_finds_leaks_when_a_check_is_taken_out(city: Any, check: str) -> None:
    leaks, app, made, file, web = city
    kept = leaks.take_out(check)
    try:
        prober = leaks.in_turns(app, made, file, 60, 3, web=web, until_leak=True)
    finally:
        leaks.put_back(kept)
    assert prober.counts["leak"] > 0
