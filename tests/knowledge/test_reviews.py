"""Reported answers: who may see them, what a grade holds, what becomes a test question."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.audit.service import audit_log
from mokmin.knowledge.answering.review_model import Filters, Grading, question_line, shares
from mokmin.knowledge.answering.review_store import answer_reviews
from mokmin.knowledge.evaluation.loading import load_questions

QUESTION = "주차요금은 얼마인가?"


def answer(*documents: int, refused: bool = False) -> dict[str, Any]:
    """An answer's JSON as it is kept with a turn, citing one passage of each document."""
    return {
        "question": QUESTION,
        "lead": "",
        "sentences": [
            {
                "text": f"요금은 {n},000원이다.", "support": "verified", "citations": [n],
                "reason": "", "group": "",
            }
            for n, _ in enumerate(documents, start=1)
        ],
        "citations": [
            {
                "n": n, "passage_id": 1, "document_id": document, "title": f"문서 {n}", "place": "",
                "locator": {}, "quote": f"요금은 {n},000원이다.", "grade": "S" if n == 2 else "O",
                "department": "회계과", "freshness": "in_force", "date": None,
                "effective_on": None,
            }
            for n, document in enumerate(documents, start=1)
        ],
        "refused": refused,
        "reason": "볼 수 있는 문서에 없습니다." if refused else "",
        "mode": "extractive",
        "model": "발췌",
        "nearest": [{"document_id": 99, "title": "비밀 감사 계획"}],
        "notices": ["비밀 감사 계획과 다릅니다"],
        "trace": {"considered": [{"title": "비밀 감사 계획"}]},
    }  # fmt: skip


@pytest.fixture
def library(app: App, people: Any, put: Any) -> dict[str, int]:
    app.people.create_account(
        login="welfare",
        name="최복지",
        password=people.password,
        role="steward",
        department="복지과",
    )
    app.people.create_account(
        login="audit", name="감사관", password=people.password, role="auditor", department="회계과"
    )
    return {
        "open": put(app, "가.txt", "주차요금은 1,000원이다.\n", title="주차").document_id,
        "ours": put(
            app, "나.txt", "회계과 내부 요금은 2,000원이다.\n", title="내부", audience=("회계과",)
        ).document_id,
        "theirs": put(
            app, "다.txt", "복지과 감면은 3,000원이다.\n", title="감면", audience=("복지과",)
        ).document_id,
    }


def report(app: App, who: Any, turn: int, *documents: int, **more: Any) -> int:
    given = {"value": -1, "reason": "wrong", "comment": "2026년 요금이 아님"} | more
    body = given.pop("answer", None) or answer(*documents)
    return app.reviews.report(who, turn_id=turn, question=QUESTION, answer=body, **given)


def ids(app: App, who: Any, **filters: Any) -> list[int]:
    return [r.id for r in app.reviews.queue(who, Filters(**filters)).reviews]


# --- rights -----------------------------------------------------------------------------------
def test_a_steward_sees_only_what_quotes_documents_that_are_all_open_to_them(
    app: App, people: Any, library: dict[str, int]
) -> None:
    welfare = app.people.principal("welfare")
    both = report(app, people.kim, 1, library["open"])
    ours = report(app, people.kim, 2, library["open"], library["ours"])
    mixed = report(app, people.kim, 3, library["ours"], library["theirs"])
    gone = report(app, people.kim, 4, 987_654)
    assert ids(app, people.lead) == [both, ours]
    assert ids(app, welfare) == [both]
    for hidden in (ours, mixed, gone):
        with pytest.raises(NotFound):
            app.reviews.get(welfare, hidden)
        with pytest.raises(NotFound):
            app.reviews.grade(welfare, hidden, Grading("right"))
        with pytest.raises(NotFound):
            app.reviews.reopen(welfare, hidden)
        assert app.reviews.next(welfare, both) is None
    assert app.reviews.departments(welfare) == ["회계과"]
    assert app.reviews.get(OPERATOR, ours).state == "open"


def test_an_administrator_has_no_way_around_the_documents(
    app: App, people: Any, library: dict[str, int]
) -> None:
    report(app, people.kim, 1, library["ours"])
    refused = report(app, people.kim, 2, answer=answer(refused=True))
    assert ids(app, people.admin) == [refused]


def test_a_refusal_stays_with_the_reporters_department(
    app: App, people: Any, library: dict[str, int]
) -> None:
    mine = report(app, people.kim, 1, answer=answer(refused=True))
    assert ids(app, people.lead) == [mine]
    assert ids(app, app.people.principal("welfare")) == []


@pytest.mark.parametrize("login", ["kim", "other", "audit"])
def test_officials_and_auditors_have_no_queue(
    app: App, people: Any, library: dict[str, int], login: str
) -> None:
    number = report(app, people.kim, 1, library["open"])
    who = app.people.principal(login)
    calls = [
        lambda: app.reviews.queue(who),
        lambda: app.reviews.get(who, number),
        lambda: app.reviews.grade(who, number, Grading("right")),
        lambda: app.reviews.reopen(who, number),
        lambda: app.reviews.graded(who),
        lambda: app.reviews.next(who, number),
        lambda: app.reviews.departments(who),
    ]
    for call in calls:
        with pytest.raises(NotAllowed):
            call()


def test_a_document_that_is_deleted_or_closed_takes_its_quotes_along(
    app: App, people: Any, library: dict[str, int]
) -> None:
    number = report(app, people.kim, 1, library["open"])
    assert ids(app, people.lead) == [number]
    app.documents.delete(OPERATOR, library["open"])
    assert ids(app, people.lead) == []
    with pytest.raises(NotFound):
        app.reviews.get(people.lead, number)
    app.documents.restore(OPERATOR, library["open"])
    assert ids(app, people.lead) == [number]


def test_the_snapshot_holds_nothing_but_the_answer_and_its_citations(
    app: App, people: Any, library: dict[str, int]
) -> None:
    number = report(app, people.kim, 1, library["open"])
    with app.db.read() as connection:
        row = connection.execute(sa.select(answer_reviews)).one()
    assert "비밀 감사 계획" not in json.dumps(list(map(str, row)), ensure_ascii=False)
    found = app.reviews.get(people.lead, number)
    assert found.answer["sentences"][0]["text"] == "요금은 1,000원이다."


def test_of_the_reporter_only_the_department_is_shown(
    app: App, people: Any, library: dict[str, int]
) -> None:
    number = report(app, people.kim, 41_234, library["open"])
    found = app.reviews.get(people.lead, number)
    assert (found.department, found.reporter) == ("회계과", "")
    assert "김주무" not in repr(found) and "41234" not in repr(found)
    assert app.reviews.get(OPERATOR, number).reporter == "김주무"


# --- reporting --------------------------------------------------------------------------------
def test_reporting_again_is_the_same_review_and_withdrawing_removes_it(
    app: App, people: Any, library: dict[str, int]
) -> None:
    first = report(app, people.kim, 1, library["open"])
    assert report(app, people.kim, 1, library["open"], reason="outdated") == first
    assert report(app, people.other, 1, library["open"]) != first, (
        "another reporter, another review"
    )
    assert app.reviews.get(people.lead, first).reason == "outdated"
    assert not app.reviews.withdraw(people.lead, 1), "nobody withdraws for another"
    assert app.reviews.withdraw(people.kim, 1)
    assert not app.reviews.withdraw(people.kim, 1)
    with pytest.raises(NotFound):
        app.reviews.get(people.lead, first)


def test_a_graded_one_stays_and_another_answer_drops_the_grade(
    app: App, people: Any, library: dict[str, int]
) -> None:
    number = report(app, people.kim, 1, library["open"])
    app.reviews.grade(people.lead, number, Grading("right", {0: "right"}))
    assert not app.reviews.withdraw(people.kim, 1)
    report(app, people.kim, 1, library["open"])
    same = app.reviews.get(people.lead, number)
    assert (same.state, same.verdict) == ("open", "right")
    report(app, people.kim, 1, library["open"], library["ours"])
    other = app.reviews.get(people.lead, number)
    assert (other.state, other.verdict, other.marks) == ("open", "", {})
    assert other.grade == "S", "the highest grade of the citations"


@pytest.mark.parametrize("more", [{"reason": "no such"}, {"comment": "가" * 2_001}])
def test_reports_that_are_wrong(
    app: App, people: Any, library: dict[str, int], more: dict[str, str]
) -> None:
    with pytest.raises(InvalidInput):
        report(app, people.kim, 1, library["open"], **more)
    assert ids(app, people.lead) == []


def test_nothing_of_what_was_written_is_on_the_audit_log(
    app: App, people: Any, library: dict[str, int]
) -> None:
    number = report(app, people.kim, 1, library["open"])
    app.reviews.grade(people.lead, number, Grading("wrong", correction="비밀값", note="비밀값"))
    with app.db.read() as connection:
        rows = connection.execute(sa.select(audit_log)).all()
    assert {"review.report", "review.grade"} <= {r.action for r in rows}
    text = " ".join(f"{r.subject} {r.detail}" for r in rows)
    assert not any(word in text for word in ("비밀값", "주차요금", "2026년 요금"))


# --- grading ----------------------------------------------------------------------------------
def test_a_grade_is_kept_and_given_to_what_was_looked_at(
    app: App, people: Any, library: dict[str, int]
) -> None:
    number = report(app, people.kim, 1, library["open"], library["ours"])
    seen = app.reviews.get(people.lead, number).edition
    given = Grading(
        "partly", {0: "right", 1: "wrong"}, " 1,000원 ", "둘째는 옛 값", [library["open"]]
    )
    app.reviews.grade(people.lead, number, given, edition=seen)
    found = app.reviews.get(people.lead, number)
    assert (found.state, found.verdict, found.correction) == ("done", "partly", "1,000원")
    assert (found.marks, found.gold) == ({0: "right", 1: "wrong"}, (library["open"],))
    assert found.graded_by == "lead" and found.graded_at is not None
    with pytest.raises(Conflict):
        app.reviews.grade(people.lead, number, Grading("wrong"), edition=seen)
    assert app.reviews.get(people.lead, number).verdict == "partly"
    assert ids(app, people.lead) == []
    assert ids(app, people.lead, state="done") == [number]
    app.reviews.reopen(people.lead, number)
    assert ids(app, people.lead) == [number]


@pytest.mark.parametrize(
    "given",
    [
        Grading(""),
        Grading("maybe"),
        Grading("right", {5: "right"}),
        Grading("right", {-1: "right"}),
        Grading("right", {0: "fine"}),
        Grading("right", correction="가" * 4_001),
        Grading("right", gold=[987_654]),
        Grading("right", gold=list(range(1, 30))),
    ],
)
def test_grades_that_are_wrong_change_nothing(
    app: App, people: Any, library: dict[str, int], given: Grading
) -> None:
    number = report(app, people.kim, 1, library["open"])
    with pytest.raises(InvalidInput):
        app.reviews.grade(people.lead, number, given)
    assert app.reviews.get(people.lead, number).state == "open"


def test_gold_documents_are_no_oracle_for_what_exists(
    app: App, people: Any, library: dict[str, int]
) -> None:
    """A hidden document and one that does not exist are refused with the same words."""
    number = report(app, people.kim, 1, library["open"])
    said = []
    for document in (library["theirs"], 987_654):
        with pytest.raises(InvalidInput) as refused:
            app.reviews.grade(people.lead, number, Grading("right", gold=[document]))
        said.append(refused.value.message.replace(str(document), "N"))
    assert said[0] == said[1]


def test_filters_and_the_next_one(app: App, people: Any, library: dict[str, int]) -> None:
    first = report(app, people.kim, 1, library["open"])
    second = report(app, people.kim, 2, library["open"], reason="outdated", value=1)
    third = report(app, people.kim, 3, library["open"])
    assert ids(app, people.lead, reason="outdated") == [second]
    assert ids(app, people.lead, value=-1) == [first, third]
    assert ids(app, people.lead, department="회계과") == [first, second, third]
    assert ids(app, people.lead, department="복지과") == []
    assert app.reviews.next(people.lead, first) == second
    assert app.reviews.next(people.lead, third) == first
    assert app.reviews.queue(people.lead, Filters(page=9)).page == 1


# --- what follows -----------------------------------------------------------------------------
def test_graded_ones_become_questions_that_the_evaluation_reads(
    app: App, people: Any, library: dict[str, int], tmp_path: Path
) -> None:
    grades = [
        Grading("right"),
        Grading("wrong", correction="14일", gold=[library["ours"]]),
        Grading("wrong"),
        Grading("no_basis"),
        Grading("unsure", correction="모름"),
        Grading("partly", {0: "wrong", 1: "right"}),
    ]
    for turn, given in enumerate(grades):
        number = report(app, people.kim, turn, library["open"], library["ours"])
        app.reviews.grade(people.lead, number, given)
    done = app.reviews.graded(people.lead)
    lines = [line for review in done if (line := question_line(review)) is not None]
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines), "utf-8")
    questions = load_questions(path)
    opened, ours = str(library["open"]), str(library["ours"])
    assert [(q.answer, q.relevant) for q in questions] == [
        ("요금은 1,000원이다.", {opened, ours}),
        ("14일", {ours}),
        (None, frozenset()),
        ("요금은 2,000원이다.", {ours}),
    ]
    by_reason = shares(done, "reason")
    assert [(s.label, s.judged, s.right, s.partly) for s in by_reason] == [("내용이 틀림", 5, 1, 1)]
    assert [(s.judged, s.right) for s in shares(done, "month")] == [(5, 1)]
    assert app.reviews.graded(app.people.principal("welfare")) == []
