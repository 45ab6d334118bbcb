"""The inspector and the dictionary over the web: for stewards and administrators alone."""

from __future__ import annotations

import io
from typing import Any

import pytest

from mokmin.app import App
from mokmin.knowledge.search.entry_rules import Draft

SECRET = "복지과만 아는 주차요금 감면 대상자 명단이다.\n"
QUESTION = {"query": "주차요금은 얼마인가?"}
DRAFT = {"everyday": "철거비 누가", "official": "원상복구, 복구비", "note": "자주"}


@pytest.fixture
def library(app: App, people: Any, put: Any) -> App:
    put(app, "주차.txt", "주차요금은 한 시간에 1,000원이다.\n", title="주차 안내")
    put(app, "비밀.txt", SECRET, title="감면 명단", audience=("복지과",), department="복지과")
    return app


@pytest.fixture
def steward(library: App, signed_in: Any) -> Any:
    return signed_in("lead")


# --- rights -----------------------------------------------------------------------------------
@pytest.mark.parametrize("url", ["/inspect", "/dictionary", "/dictionary/export.tsv?department=1"])
def test_officials_are_refused_and_the_menu_does_not_offer_it(kim: Any, url: str) -> None:
    assert kim.get(url).status_code == 403
    assert f'href="{url}"' not in kim.get("/").text


def test_officials_forms_are_refused(app: App, steward: Any, kim: Any, people: Any) -> None:
    key = app.dictionary.add(people.lead, people.lead.department_id, _draft())
    file = {"file": ("가.tsv", "이사비\t이전비")}
    answers = [
        kim.post("/inspect", QUESTION),
        kim.post("/dictionary", DRAFT),
        kim.post(f"/dictionary/{key}", DRAFT),
        kim.post(f"/dictionary/{key}/remove"),
        kim.post(f"/dictionary/{key}/restore"),
        kim.post("/dictionary/import", files=file),
    ]
    assert [a.status_code for a in answers] == [403] * 6
    assert app.dictionary.page(people.lead, "", 1).total == 1


def test_forms_without_their_token_are_refused(steward: Any) -> None:
    steward.csrf = "wrong"
    assert steward.post("/inspect", QUESTION).status_code == 403
    assert steward.post("/dictionary", DRAFT).status_code == 403


def test_a_steward_reaches_no_other_department(app: App, steward: Any, people: Any) -> None:
    other = people.other.department_id
    for view in (f"dept:{other}", "user:other", "user:admin", "nonsense"):
        page = steward.post("/inspect", QUESTION | {"view": view})
        # The administrator of this test has no department: less than the steward's own rights.
        assert page.status_code == (200 if view == "user:admin" else 403)
        assert "감면 명단" not in page.text and "복지과만" not in page.text
    page = steward.post("/inspect", QUESTION | {"login": "other"})
    assert page.status_code == 403
    assert "그 눈으로는 볼 수 없습니다" in page.text
    assert 'value="주차요금은 얼마인가?"' in page.text, "what was typed is kept"
    theirs = app.dictionary.add(people.admin, other, _draft())
    for answer in (
        steward.post("/dictionary", DRAFT | {"department": str(other)}),
        steward.post("/dictionary", DRAFT | {"department": ""}),
        steward.get(f"/dictionary?edit={theirs}"),
        steward.post(f"/dictionary/{theirs}", DRAFT),
        steward.post(f"/dictionary/{theirs}/remove"),
        steward.get(f"/dictionary/export.tsv?department={other}"),
    ):
        assert answer.status_code == 403
    assert f"/dictionary/{theirs}/remove" not in steward.get("/dictionary").text


def test_an_administrator_sees_a_number_and_no_document(
    library: App, signed_in: Any, people: Any
) -> None:
    boss = signed_in("admin")
    hidden = library.documents.by_source(library.people.principal("other"), "복지과/비밀.txt")
    key = hidden.id if hidden else 2
    for more in (
        {"document": str(key)},
        {"title": "감면"},
        {"title": "명단", "document": str(key)},
    ):
        page = boss.post("/inspect", QUESTION | {"login": "other"} | more)
        assert page.status_code == 200
        assert "내가 볼 수 없는 글 조각 1개" in page.text
        assert "감면 명단" not in page.text and "복지과만" not in page.text


# --- the inspector ----------------------------------------------------------------------------
def test_the_page_shows_terms_lists_and_the_reason(
    library: App, steward: Any, people: Any, put: Any
) -> None:
    put(library, "정산.txt", "주차요금 정산이다.\n", title="정산서", audience=("회계과",))
    assert steward.get("/inspect").status_code == 200
    page = steward.post("/inspect", QUESTION | {"view": "staff", "title": "정산"})
    assert page.status_code == 200
    for text in ("합친 순위", "낱말로 찾은 목록", "뜻으로 찾은 목록", "주차 안내", "권한: 전 직원"):
        assert text in page.text
    assert "전 직원은 이 문서를 볼 권한이 없습니다. 회계과에 속해야" in page.text


def test_several_titles_are_offered_to_choose_from(library: App, steward: Any, put: Any) -> None:
    for n in (1, 2):
        put(library, f"{n}.txt", f"{n}층 안내이다.\n", title=f"층별 안내 {n}")
    page = steward.post("/inspect", QUESTION | {"title": "층별"}).text
    assert "어느 문서인가요?" in page and page.count('name="document"') == 2
    wanted = [
        t.document_id for t in library.inspection.titles(library.people.principal("lead"), "층별")
    ]
    page = steward.post("/inspect", QUESTION | {"title": "층별", "document": str(wanted[1])}).text
    assert "번째" in page and page.count("checked") == 1
    assert "문서가 없거나" in steward.post("/inspect", QUESTION | {"title": "없는것"}).text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("query", " ", "비어 있습니다"),
        ("dated_from", "어제", "날짜"),
        ("grade", "X", "그런 보안 등급은 없습니다"),
    ],
)
def test_wrong_input_is_explained_in_the_form(
    steward: Any, field: str, value: str, said: str
) -> None:
    page = steward.post("/inspect", QUESTION | {field: value})
    assert page.status_code == 400
    assert said in page.text and "합친 순위" not in page.text


def test_conditions_are_used_and_kept(steward: Any) -> None:
    page = steward.post("/inspect", QUESTION | {"kind": "법령", "in_force_on": "2026-01-02"}).text
    assert "보여 줄 후보가 없습니다" in page
    assert "2026. 1. 2.에 시행 중인 것만" in page and 'value="2026-01-02"' in page


# --- the dictionary ---------------------------------------------------------------------------
def test_an_entry_is_added_tried_changed_removed_and_brought_back(
    app: App, steward: Any, people: Any
) -> None:
    home = {"department": str(people.lead.department_id)}
    added = steward.post("/dictionary", DRAFT | home)
    assert added.status_code == 303
    assert "용어를 넣었습니다" in steward.get(added.headers["location"]).text
    (entry,) = app.dictionary.page(people.lead, "", 1).entries
    tried = steward.get("/dictionary", params={"question": "철거비는 누가 내나"}).text
    assert "더해진 낱말" in tried and "복구비" in tried
    form = steward.get(f"/dictionary?edit={entry.id}").text
    assert "용어 고치기" in form and 'value="원상복구, 복구비"' in form
    changed = steward.post(f"/dictionary/{entry.id}", DRAFT | {"official": "이전비"})
    assert changed.status_code == 303
    removed = steward.post(f"/dictionary/{entry.id}/remove")
    assert f"/dictionary/{entry.id}/restore" in steward.get(removed.headers["location"]).text
    assert app.dictionary.page(people.lead, "", 1).total == 0
    steward.post(f"/dictionary/{entry.id}/restore")
    (entry,) = app.dictionary.page(people.lead, "", 1).entries
    assert entry.official == ("이전비",)


def test_a_wrong_entry_is_explained_and_kept_in_the_form(
    app: App, steward: Any, people: Any
) -> None:
    home = {"department": str(people.lead.department_id)}
    page = steward.post("/dictionary", home | {"everyday": "공짜", "official": "무료"})
    assert page.status_code == 400
    assert "기본 용어에 이미" in page.text and 'value="공짜"' in page.text
    steward.post("/dictionary", DRAFT | home)
    page = steward.post("/dictionary", DRAFT | home)
    assert page.status_code == 409 and "이미 있습니다" in page.text
    (entry,) = app.dictionary.page(people.lead, "", 1).entries
    page = steward.post(f"/dictionary/{entry.id}", {"everyday": "", "official": "가나"})
    assert page.status_code == 400
    assert "용어 고치기" in page.text and 'value="가나"' in page.text


def test_an_administrator_adds_for_the_city_and_any_department(
    app: App, steward: Any, signed_in: Any, people: Any
) -> None:
    boss = signed_in("admin")
    for department in ("", str(people.other.department_id)):
        assert boss.post("/dictionary", DRAFT | {"department": department}).status_code == 303
    names = {e.department for e in app.dictionary.page(people.admin, "", 1).entries}
    assert names == {"시 전체", "복지과"}
    assert boss.post("/dictionary", DRAFT | {"department": "999"}).status_code == 403
    assert boss.post("/dictionary", DRAFT | {"department": "x"}).status_code == 400


def test_files_go_out_and_come_in(app: App, steward: Any, people: Any) -> None:
    home = {"department": str(people.lead.department_id)}
    lines = "이사비\t이전비\t메모\r\n철거비\t복구비\r\n".encode("cp949")
    sent = steward.post("/dictionary/import", home, files={"file": ("용어.tsv", lines)})
    assert sent.status_code == 303
    assert "새로 2개, 고침 0개, 그대로 0개" in steward.get(sent.headers["location"]).text
    out = steward.get(f"/dictionary/export.tsv?department={home['department']}")
    assert out.content.startswith(b"\xef\xbb\xbf")
    assert "이사비\t이전비\t메모" in out.text
    again = steward.post("/dictionary/import", home, files={"file": ("용어.tsv", out.content)})
    assert again.headers["location"].endswith("imported=0-0-2")
    for bad in (b"\x00\x01\x02" * 50, b"", "탭 없음".encode()):
        page = steward.post("/dictionary/import", home, files={"file": ("가.tsv", io.BytesIO(bad))})
        assert page.status_code == 400 and "아무것도 넣지 않았습니다" in page.text
    assert app.dictionary.page(people.lead, "", 1).total == 2


def test_a_file_that_is_too_large(steward: Any, people: Any) -> None:
    home = {"department": str(people.lead.department_id)}
    big = b"#" * (2**20 + 1)
    page = steward.post("/dictionary/import", home, files={"file": ("가.tsv", big)})
    assert page.status_code == 413


def test_shipped_entries_are_listed_and_searched(steward: Any) -> None:
    page = steward.get("/dictionary", params={"list": "shipped", "q": "공짜"}).text
    assert "무상" in page and "고칠 수 없습니다" in page
    assert "다음" in steward.get("/dictionary?list=shipped").text
    assert "맞는 용어가 없습니다" in steward.get("/dictionary?list=shipped&q=없는말말").text


def test_what_people_write_is_never_markup(app: App, steward: Any, people: Any) -> None:
    page = steward.get("/dictionary", params={"question": "<script>x</script>", "q": "<b>"}).text
    assert "<script>x" not in page and "<b>&" not in page
    page = steward.post("/inspect", QUESTION | {"query": "<script>x</script>", "title": "<i>x"})
    assert "<script>x" not in page.text and "<i>x" not in page.text


def _draft() -> Draft:
    return Draft(DRAFT["everyday"], DRAFT["official"], DRAFT["note"])
