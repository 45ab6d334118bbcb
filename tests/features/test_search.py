"""Searching over the web: found, marked, narrowed, proposed, kept; never for the wrong person."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any

import pytest

from mokmin.app import App
from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.features.library.marking import Marker, window
from mokmin.features.library.model import Wanted, wanted
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.audit.service import audit_log
from mokmin.knowledge.documents.model import Freshness

PARKING = "주차요금은 한 시간에 1,000원이다. 장애인 차량은 절반을 낸다.\n"
SECRET = "주차요금 횡령으로 정직을 의결하였다.\n"


@pytest.fixture
def library(app: App, people: Any, put: Any) -> App:
    """Documents of two departments, of several kinds, days and grades; one for 회계과 alone."""
    put(
        app,
        "파일 안내.txt",
        PARKING,
        title="주차 요금 안내",
        department="복지과",
        kind="안내",
        dated_on=date(2026, 3, 1),
    )
    put(
        app,
        "파일 규정.txt",
        "주차요금의 감면은 시장이 정한다.\n",
        title="주차 요금 규정",
        department="회계과",
        kind="규정",
        grade="S",
        dated_on=date(2025, 1, 2),
    )
    put(
        app,
        "파일 옛 규정.txt",
        "주차요금의 감면은 구청장이 정한다.\n",
        title="주차 요금 옛 규정",
        department="회계과",
        kind="규정",
        dated_on=date(2020, 1, 2),
        freshness=Freshness.SUPERSEDED,
    )
    put(
        app,
        "파일 징계 의결서.txt",
        SECRET,
        title="주차 요금 징계 의결서",
        department="회계과",
        kind="의결서",
        audience=("회계과",),
    )
    return app


def titles(page: str) -> list[str]:
    """The titles of the documents found, in order."""
    return [html.unescape(t) for t in re.findall(r"<h2><a [^>]*>([^<]+)</a></h2>", page)]


def test_results_say_what_where_and_link_to_the_passage(library: App, kim: Any) -> None:
    page = kim.get("/search?q=장애인 주차요금").text
    assert titles(page)[0] == "주차 요금 안내"
    assert "<mark>주차요금</mark>은" in page
    assert "<mark>장애인</mark> 차량" in page
    for word in ("안내", "복지과", "2026. 3. 1.", "공개", "현행", "민감", "구판"):
        assert word in page
    link = re.search(r'href="(/library/\d+\?passage=\d+)#passage"', page)
    assert link is not None
    assert '<mark id="passage">' in kim.get(link.group(1)).text


def test_what_is_in_force_stands_above_what_it_replaced(library: App, kim: Any) -> None:
    found = titles(kim.get("/search?q=구청장 감면").text)
    assert found[-1] == "주차 요금 옛 규정"


@pytest.fixture
def editions(app: App, people: Any, put: Any) -> App:
    """A manual of 2023, replaced by that of 2025."""
    old, new = (
        put(
            app,
            f"복무{year}.txt",
            f"병가는 연 {days}일까지 쓸 수 있다.\n",
            title=f"복무 매뉴얼({year}년판)",
            kind="매뉴얼",
            dated_on=date(year, 1, 2),
        ).document_id
        for year, days in ((2023, 30), (2025, 60))
    )
    app.documents.supersede(OPERATOR, old, new)
    return app


def folded(page: str) -> list[str]:
    """The titles of the editions folded under a result, in order."""
    lists = re.findall(r'<ul class="editions">(.*?)</ul>', page, re.DOTALL)
    return re.findall(r"<a [^>]*>([^<]+)</a>", "".join(lists))


@pytest.mark.parametrize(
    ("question", "first", "below", "summary"),
    [
        ("병가는 며칠인가", "2025", "2023", "지난 판 1건 보기"),
        ("2023년판 매뉴얼의 병가는 며칠인가", "2023", "2025", "현행 판 1건 보기"),
        ("예전 매뉴얼의 병가는 며칠인가", "2023", "2025", "현행 판 1건 보기"),
        ("2024년 3월 기준 병가는 며칠인가", "2023", "2025", "현행 판 1건 보기"),
    ],
)
def test_editions_are_one_result(
    editions: App, kim: Any, question: str, first: str, below: str, summary: str
) -> None:
    page = kim.get(f"/search?q={question}").text
    assert titles(page) == [f"복무 매뉴얼({first}년판)"]
    assert folded(page) == [f"복무 매뉴얼({below}년판)"]
    assert f"<summary>{summary}</summary>" in page
    assert '문서 <b class="num">2</b>건' in page


def test_the_day_that_is_named_is_told_and_can_be_switched_off(editions: App, kim: Any) -> None:
    question = "2024년 3월 기준 병가는 며칠인가"
    page = kim.get(f"/search?q={question}").text
    assert "2024. 3. 31. 현재 시행 중이던 문서를 앞에 두었습니다." in page
    link = re.search(r'<a href="([^"]+)">오늘 기준으로 보기</a>', page)
    assert link is not None
    page = kim.get(html.unescape(link.group(1))).text
    assert titles(page) == ["복무 매뉴얼(2025년판)"]
    assert "시행 중이던" not in page
    back = re.search(r'<a class="chosen" href="([^"]+)">오늘 기준', page)
    assert back is not None
    assert titles(kim.get(html.unescape(back.group(1))).text) == ["복무 매뉴얼(2023년판)"]


def test_no_time_is_told_that_is_not_asked_for_or_found(editions: App, kim: Any) -> None:
    assert "앞에 두었습니다" not in kim.get("/search?q=병가는 며칠인가").text
    assert "앞에 두었습니다" not in kim.get("/search?q=2019년판 매뉴얼의 병가").text
    assert "2023년의 문서를 앞에 두었습니다." in kim.get("/search?q=2023년판 매뉴얼의 병가").text


def test_an_edition_that_one_may_not_see_is_not_folded(
    app: App, people: Any, signed_in: Any, put: Any
) -> None:
    text = "병가는 연 {}일까지 쓸 수 있다.\n"
    new = put(app, "새.txt", text.format(60), title="복무 매뉴얼(2025년판)", audience=("회계과",))
    old = put(app, "옛.txt", text.format(30), title="복무 매뉴얼(2023년판)")
    app.documents.supersede(OPERATOR, old.document_id, new.document_id)
    page = signed_in("other").get("/search?q=병가는 며칠인가").text
    assert (titles(page), folded(page)) == (["복무 매뉴얼(2023년판)"], [])
    assert "2025년판" not in page


def test_the_api_says_which_edition_is_in_force(editions: App, kim: Any) -> None:
    headers = {"x-csrf-token": kim.csrf}
    found = kim.client.post("/api/v1/search", json={"query": "병가는 며칠"}, headers=headers)
    assert [h["freshness"] for h in found.json()["hits"]] == ["in_force", "superseded"]


def test_old_addresses_lead_to_the_search(library: App, kim: Any) -> None:
    answer = kim.client.get("/library?search=주차 요금&by=content", follow_redirects=False)
    assert answer.status_code == 303
    assert "안내" in kim.get("/library?search=주차요금").text
    assert kim.client.get("/library?by=content", follow_redirects=False).headers["location"] == (
        "/search"
    )


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ("department=복지과", {"주차 요금 안내"}),
        ("kind=규정", {"주차 요금 규정", "주차 요금 옛 규정"}),
        ("kind=규정&kind=안내&grade=O", {"주차 요금 안내", "주차 요금 옛 규정"}),
        ("grade=S", {"주차 요금 규정"}),
        ("from=2025-01-02&to=2025-12-31", {"주차 요금 규정"}),
        ("kind=규정&in_force=1", {"주차 요금 규정"}),
    ],
)
def test_filters_narrow_and_stay_in_the_address(
    library: App, kim: Any, narrowed: str, expected: set[str]
) -> None:
    page = kim.get(f"/search?q=주차요금&{narrowed}").text
    assert set(titles(page)) == expected
    chips = re.findall(r'class="chosen" href="/search\?([^"]*)"', page)
    assert chips
    for address in chips:
        less = html.unescape(address)
        assert len(less.split("&")) < len(f"q=주차요금&{narrowed}".split("&"))
        assert kim.get(f"/search?{less}").status_code == 200
    everything = html.unescape(chips[0]).split("&")[0]
    assert expected < set(titles(kim.get(f"/search?{everything}").text))


def test_documents_of_others_appear_nowhere(library: App, kim: Any, signed_in: Any) -> None:
    other = signed_in("other")
    assert "의결서" in kim.get("/search?q=주차요금 징계").text
    assert "징계 의결서" in kim.get("/search/suggest?q=징계").text
    for url in (
        "/search?q=주차요금 횡령 정직",
        "/search?q=횡령&kind=의결서&department=회계과",
        "/search/suggest?q=징계",
        "/search/suggest?q=주차",
        "/search",
    ):
        text = other.get(url).text
        assert "징계 의결서" not in text, url
        assert "의결하였다" not in text, url
    assert 'value="의결서"' not in other.get("/search?q=주차요금").text


def test_a_revoked_document_is_gone_from_the_next_proposal(library: App, kim: Any) -> None:
    assert "징계 의결서" in kim.get("/search/suggest?q=징계").text
    key = next(
        d["url"].rsplit("/", 1)[1] for d in kim.client.get("/search/suggest?q=징계").json()["items"]
    )
    library.documents.delete(library.people.principal("lead"), int(key))
    assert kim.client.get("/search/suggest?q=징계").json() == {"items": []}
    assert "징계 의결서" not in kim.get("/search?q=징계").text


def test_proposals_are_titles_and_own_searches(library: App, kim: Any, signed_in: Any) -> None:
    kim.get("/search?q=주차요금 감면")
    kinds = [
        (item["kind"], item["text"])
        for item in kim.client.get("/search/suggest?q=주차").json()["items"]
    ]
    assert ("recent", "주차요금 감면") in kinds
    assert ("document", "주차 요금 안내") in kinds
    assert kinds.index(("document", "주차 요금 규정")) < kinds.index(
        ("document", "주차 요금 옛 규정")
    )
    other = signed_in("other").client.get("/search/suggest?q=감면").json()["items"]
    assert other == []
    assert kim.post("/search/recent/forget").status_code == 303
    assert "주차요금 감면" not in kim.get("/search").text


def test_recent_searches_are_few_and_not_doubled(library: App, people: Any, kim: Any) -> None:
    for n in [*range(25), 24]:
        kim.get(f"/search?q=요금{n}")
    kept = [w.text for w in library.library_search.recent(people.kim)]
    assert kept == [f"요금{n}" for n in range(24, 4, -1)]


def saved_id(answer: Any) -> int:
    """The number of the search that a form saved."""
    found = re.search(r"saved=(\d+)", answer.headers["location"])
    assert found is not None
    return int(found.group(1))


def test_a_search_is_saved_run_renamed_deleted_and_brought_back(
    library: App, kim: Any, put: Any
) -> None:
    form = {"name": "감면 규정", "address": "q=감면&kind=규정&in_force=1"}
    answer = kim.post("/search/saved", form)
    assert answer.status_code == 303
    key = saved_id(answer)
    assert "검색을 저장했습니다" in kim.get(answer.headers["location"]).text
    page = kim.get("/search").text
    assert "감면 규정" in page
    assert "종류: 규정" in page
    assert titles(kim.get(f"/search/saved/{key}").text) == ["주차 요금 규정"]
    assert "새 문서" not in kim.get(f"/search/saved/{key}/news").text
    put(library, "감면 새 규정.txt", "체육관의 감면은 과장이 정한다.\n", kind="규정", title="새것")
    assert "새 문서 1건" in kim.get(f"/search/saved/{key}/news").text
    assert kim.get(f"/search/saved/{key}").text.count("새로 나옴") == 1
    assert "새로 나옴" not in kim.get(f"/search/saved/{key}").text
    assert kim.post(f"/search/saved/{key}/rename", {"name": "감면"}).status_code == 303
    assert kim.client.get("/search/suggest?q=감면").json()["items"][-1]["kind"] == "saved"
    assert kim.post(f"/search/saved/{key}/delete").status_code == 303
    assert kim.get(f"/search/saved/{key}").status_code == 404
    assert kim.post(f"/search/saved/{key}/restore").status_code == 303
    assert kim.get(f"/search/saved/{key}").status_code == 200


def test_a_name_in_use_is_told_and_nothing_is_lost(library: App, kim: Any) -> None:
    kim.post("/search/saved", {"name": "요금", "address": "q=요금"})
    again = kim.post("/search/saved", {"name": "요금", "address": "q=주차&kind=규정"})
    assert again.status_code == 409
    assert "이미 있습니다" in again.text
    assert 'value="주차"' in again.text
    for form in ({"name": "빈 것", "address": ""}, {"name": "가" * 61, "address": "q=요금"}):
        assert kim.post("/search/saved", form).status_code == 400


def test_saved_searches_of_others_do_not_exist(library: App, kim: Any, signed_in: Any) -> None:
    key = saved_id(kim.post("/search/saved", {"name": "내 검색", "address": "q=주차"}))
    other = signed_in("other")
    assert "내 검색" not in other.get("/search").text
    assert "내 검색" not in other.get("/search/suggest?q=내 검색").text
    for url in (f"/search/saved/{key}", f"/search/saved/{key}/news", f"/search?q=주차&saved={key}"):
        assert other.get(url).status_code == 404, url
    for action in ("rename", "delete", "restore"):
        assert other.post(f"/search/saved/{key}/{action}", {"name": "남"}).status_code == 404
    assert "내 검색" in kim.get("/search").text


def test_forms_need_their_token_and_pages_a_person(kim: Any, browser: Any) -> None:
    for url in ("/search/saved", "/search/recent/forget", "/search/saved/1/delete"):
        assert kim.post(url, {"csrf_token": "wrong"}).status_code == 403, url
    stranger = browser()
    assert stranger.client.get("/search/suggest?q=a").status_code == 401
    assert "signin" in str(stranger.get("/search?q=주차").url)


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' OR 1=1 --",
        "%",
        "\x00\x01",
        "../../etc/passwd",
        "{{ 7*7 }}",
        "🙂" * 50,
        "가" * 1_500,
    ],
)
def test_hostile_words_do_no_harm(library: App, kim: Any, hostile: str) -> None:
    words = {"q": hostile, "department": hostile, "kind": hostile, "grade": hostile}
    for url in ("/search", "/search/suggest"):
        answer = kim.get(url, params=words)
        assert answer.status_code == 200, url
        if url == "/search":
            assert "<script>alert" not in answer.text
            assert "<img src=x" not in answer.text
            assert titles(answer.text) == []
    assert kim.get("/search", params={"q": hostile}).status_code == 200


def test_a_hostile_title_and_text_are_shown_as_text(library: App, kim: Any, put: Any) -> None:
    put(
        library,
        "나쁜 문서.txt",
        "<img src=x onerror=alert(1)> 벌금 <b>부과</b> 안내\n",
        title="<script>벌금</script>",
    )
    page = kim.get("/search?q=벌금 부과").text
    assert "<script>벌금" not in page
    assert "<img src=x" not in page
    assert "&lt;b&gt;<mark>부과</mark>&lt;/b&gt;" in page
    assert (
        kim.client.get("/search/suggest?q=벌금").json()["items"][0]["text"].startswith("<script>")
    )


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("q=주차&from=2026-13-01", "읽을 수 없습니다"),
        ("q=주차&from=2026-02-01&to=2026-01-01", "시작이 끝보다"),
        ("q=" + "가" * 4_001, "너무 깁니다"),
    ],
)
def test_what_is_wrong_is_said_on_the_page(library: App, kim: Any, address: str, told: str) -> None:
    answer = kim.get(f"/search?{address}")
    assert answer.status_code == 400
    assert told in answer.text
    assert 'id="search-form"' in answer.text


def test_an_empty_result_helps_on(library: App, kim: Any) -> None:
    page = kim.get("/search?q=주차요금&kind=안내&grade=C").text
    assert "찾은 내용이 없습니다" in page
    assert "종류: 안내 빼기" in page
    assert "/chat?q=" in page
    assert "/library?q=" in page


def test_more_comes_in_pages(library: App, kim: Any, put: Any) -> None:
    for n in range(14):
        put(
            library,
            f"파일 {n:02}.txt",
            f"제{n}차 간담회 결과 {n}번 안건이다.\n",
            title=f"회의 {n:02}",
        )
    first = kim.get("/search?q=간담회 결과").text
    assert "남은 문서 4건" in first
    second = kim.get("/search?q=간담회 결과&page=2", headers={"HX-Request": "true"}).text
    assert "<html" not in second
    assert len(titles(first)) == 10
    assert len(titles(second)) == 4
    assert set(titles(first)).isdisjoint(titles(second))
    whole = kim.get("/search?q=간담회 결과&page=2").text
    assert titles(whole) == titles(first) + titles(second)


def test_each_search_is_on_the_record_without_its_words(library: App, kim: Any) -> None:
    kim.get("/search?q=주차요금")
    kim.get("/search/suggest?q=주차요금")
    with library.db.read() as connection:
        entries = [row for row in connection.execute(audit_log.select()) if row.actor == "kim"]
    assert [e.action for e in entries if e.action.startswith("search")] == ["search"]
    assert entries[-1].subject.startswith("hits:")
    assert not any("주차" in f"{e.subject}{e.detail}" for e in entries)


def test_words_are_marked_by_what_they_mean() -> None:
    marker = Marker(SimpleAnalyser)
    text = "체납은 대지가 아니라 대한 체납액, 체납까지"
    marked = [text[m.begin : m.end] for m in marker.marks(text, frozenset({"체납", "대"}))]
    assert marked == ["체납", "체납"]


def test_the_part_shown_holds_the_most_words_of_the_question() -> None:
    text = "가나다라 마바사. " * 40 + "체납 해지 절차이다. " + "아자차카 타파하. " * 40
    marks = Marker(SimpleAnalyser).marks(text, frozenset({"체납", "해지"}))
    begin, end = window(text, marks)
    assert "체납 해지 절차" in text[begin:end]
    assert end - begin < 300
    assert window("짧은 글", []) == (0, 4)


def test_an_address_is_read_as_it_is_written() -> None:
    asked = Wanted(
        "가 나&다=라", ("회계과", "복지과"), ("규정",), ("O",), date(2026, 1, 2), None, True, None
    )
    assert wanted(asked.pairs()) == (asked, "")
    assert wanted([("grade", "X"), ("q", " a \x00 b ")])[0] == Wanted("a b")
