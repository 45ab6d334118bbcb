"""Know-how that staff share: rights, points, order."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest

from mokmin.app import App
from mokmin.base.errors import InvalidInput, NotAllowed, NotFound
from mokmin.features.know_how.board import board
from mokmin.features.know_how.model import week_of
from mokmin.features.know_how.service import Text
from mokmin.features.know_how.store import marks

BODY = "{{부서}}의 {{주제}} 민원 회신을 공감하는 말로 시작해 근거 조문과 함께 써 주세요."


def text(readers: str = "회계과", body: str = BODY, title: str = "민원 회신 초안") -> Text:
    return Text(title, "민원 회신을 처음 쓸 때", body, "", "answer", (readers,))


@pytest.fixture
def entry(app: App, people: Any) -> int:
    return app.know_how.add(people.kim, text())


def test_it_is_seen_where_it_was_shared_and_nowhere_else(
    app: App, people: Any, entry: int, signed_in: Any
) -> None:
    assert [e.id for e in app.know_how.find(people.lead)] == [entry]
    other = signed_in("other")
    assert app.know_how.find(people.other, "민원 회신") == []
    for path in ("", "/edit"):
        assert other.get(f"/know-how/{entry}{path}").status_code == 404
    for path in ("use", "like", "comments", "report", "hide", "delete", "restore"):
        assert (
            other.post(f"/know-how/{entry}/{path}", {"text": "말", "reason": "x"}).status_code
            == 404
        )
    assert other.client.get(f"/api/v1/know-how/{entry}").status_code == 404
    kim = signed_in("kim")
    changed = kim.post(f"/know-how/{entry}/edit", {
        "title": "민원 회신 초안", "body": BODY + " 고침", "category": "answer", "readers": "전 직원",
    })  # fmt: skip
    assert changed.status_code == 303
    assert app.know_how.get(people.other, entry).body.endswith("고침")
    assert [e.body for e in app.know_how.former(people.other, entry)] == [BODY]
    assert [e.title for e in app.know_how.find(people.other, "회신 민원")] == ["민원 회신 초안"]
    assert app.know_how.find(people.other, "전기요금") == []


def test_variables_are_asked_and_put_into_the_question_unsent(
    app: App, people: Any, entry: int, signed_in: Any
) -> None:
    lead = signed_in("lead")
    assert 'name="v:부서"' in lead.get(f"/know-how/{entry}").text
    used = lead.post(f"/know-how/{entry}/use", {"v:부서": "회계과<b>", "v:없는것": "x"})
    assert used.status_code == 303 and used.headers["location"].startswith("/chat?q=")
    page = lead.get(used.headers["location"]).text
    assert "회계과&lt;b&gt;의 [주제] 민원" in page
    assert app.conversations.recent(people.lead, limit=5) == [], "nothing was asked"


def test_points_are_for_what_others_used_once_a_day(app: App, people: Any, entry: int) -> None:
    service = app.know_how
    for _ in range(3):
        service.use(people.kim, entry, {})
    today = app.people.today()
    assert board(app.db, people.lead, today).people == ()
    threads = [
        threading.Thread(target=service.use, args=(people.lead, entry, {})) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    service.like(people.lead, entry)
    with pytest.raises(InvalidInput):
        service.like(people.kim, entry)
    week = board(app.db, people.lead, today)
    assert [(p.name, p.points) for p in week.people] == [("김주무", 4)]
    assert [(p.name, p.points) for p in week.departments] == [("회계과", 4)]
    assert board(app.db, people.other, today).people == (), "nor do others learn of it"
    service.like(people.lead, entry)
    assert board(app.db, people.lead, today).people[0].points == 3
    with app.db.write() as connection:
        connection.execute(marks.update().values(day=week_of(today)[0] - timedelta(days=1)))
    assert board(app.db, people.lead, today).people == (), "Sunday is over"
    assert week_of(date(2026, 11, 22)) == (date(2026, 11, 16), date(2026, 11, 22))


def test_personal_information_is_not_shared(app: App, people: Any, entry: int) -> None:
    with pytest.raises(InvalidInput, match="개인정보"):
        app.know_how.add(people.kim, text(body="김철수 010-2345-6789에게 전화할 때 쓰는 말"))
    with pytest.raises(InvalidInput, match="개인정보"):
        app.know_how.comment(people.lead, entry, "제 번호는 010-2345-6789입니다")
    for wrong in (
        text(title="x"), text(body="짧"), text(readers=""), text(body="가" * 5000),
        Text("제목입니다", "", BODY, "", "none", ("회계과",)),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            app.know_how.add(people.kim, wrong)


def test_what_is_reported_is_hidden_by_the_department_and_the_author_told(
    app: App, people: Any, entry: int, signed_in: Any
) -> None:
    service = app.know_how
    with pytest.raises(NotAllowed):
        service.reported(people.kim)
    service.comment(people.kim, entry, "참고하세요")
    lead, kim = signed_in("lead"), signed_in("kim")
    app.people.create_account(
        login="park", name="박주무", password=people.password, role="official", department="회계과"
    )
    park = app.people.principal("park")
    service.report(park, entry, "옛 서식입니다")
    with pytest.raises(InvalidInput):
        service.report(park, entry, "또 알립니다")
    with pytest.raises(NotFound):
        service.hide(park, entry, "내가 가림")
    shown = lead.get("/know-how").text
    assert "옛 서식입니다" in shown and "박주무" not in shown
    assert lead.post(f"/know-how/{entry}/hide", {"reason": "서식이 바뀜"}).status_code == 303
    assert service.find(park) == [] and service.reported(people.lead) == []
    assert "서식이 바뀜" in kim.get(f"/know-how/{entry}").text
    (comment,) = service.said(people.lead, entry)
    service.uncomment(people.lead, entry, comment.id)
    assert lead.post(f"/know-how/{entry}/hide", {"reason": ""}).status_code == 303
    assert [e.id for e in service.find(park)] == [entry]
    assert kim.post(f"/know-how/{entry}/delete").status_code == 303
    assert service.find(park) == []
    assert kim.post(f"/know-how/{entry}/restore").status_code == 303
    assert [e.id for e in service.find(park)] == [entry]
