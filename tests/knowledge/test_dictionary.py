"""Departments' entries: checked, kept apart by rights, and used by the next search of any process."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from mokmin.governance.audit.service import audit_log
from mokmin.knowledge.search.dictionary import PAGE_SIZE, DictionaryService
from mokmin.knowledge.search.entries import LiveVocabulary, dictionary_entries
from mokmin.knowledge.search.entry_rules import MOST_LINES, Draft
from mokmin.knowledge.search.vocabulary import Synonym, Vocabulary

DRAFT = Draft("철거비 누가", "원상복구, 원상회복 비용", "자주 묻는다")


def add(app: App, who: Any, draft: Draft = DRAFT) -> int:
    return app.dictionary.add(who, who.department_id, draft)


def words(app: App, question: str) -> set[str]:
    """The official words that a question is widened with."""
    return set(app.vocabulary().widen(app.analyser().morphemes([question])[0]).words)


# --- effect -----------------------------------------------------------------------------------
def test_an_entry_is_used_by_the_next_search_and_not_after_its_removal(
    app: App, people: Any, put: Any
) -> None:
    put(app, "가.txt", "원상복구 비용은 사용자가 부담한다.\n", title="원상복구")
    assert app.search.search(people.kim, "철거비는 누가 내나").trace.widened == ()
    key = add(app, people.lead)
    trace = app.search.search(people.kim, "철거비는 누가 내나").trace
    assert trace.widened == (("철거비 누가", ("원상복구", "원상회복 비용")),)
    app.dictionary.remove(people.lead, key)
    assert app.search.search(people.kim, "철거비는 누가 내나").trace.widened == ()
    app.dictionary.restore(people.lead, key)
    assert words(app, "철거비 누가") == {"원상복구", "원상회복 비용"}
    app.dictionary.change(people.lead, key, Draft("철거비", "복구비"))
    assert words(app, "철거비 누가") == {"복구비"}


def test_another_process_sees_a_change_within_seconds(app: App, people: Any) -> None:
    now = [0.0]
    other = LiveVocabulary(app.db, app.analyser, clock=lambda: now[0])
    assert other().widen(["철거비", "누가"]).words == ()
    key = add(app, people.lead)
    now[0] = 1.9
    assert other().widen(["철거비", "누가"]).words == ()
    now[0] = 2.0
    assert other().widen(["철거비", "누가"]).words == ("원상복구", "원상회복 비용")
    app.dictionary.remove(people.lead, key)
    now[0] = 4.1
    assert other().widen(["철거비", "누가"]).words == ()
    same = other()
    now[0] = 9.0
    assert other() is same, "nothing changed: not read anew"


def test_extending_leaves_the_first_vocabulary_alone(app: App) -> None:
    first = Vocabulary(app.analyser(), [Synonym("철거", ("원상복구",))])
    second = first.extended([Synonym("철거", ("복구비",), source="회계과")])
    assert first.widen(["철거"]).words == ("원상복구",)
    assert second.widen(["철거"]).words == ("원상복구", "복구비")
    assert [s.source for s in second.widen(["철거"]).synonyms] == ["", "회계과"]


def test_trying_a_question_names_who_keeps_the_entry(app: App, people: Any) -> None:
    add(app, people.lead)
    tried = app.dictionary.try_out(people.lead, "철거비 누가 세금 밀리다")
    assert tried.terms == ("철거비", "누가", "세금", "밀리다")
    assert "회계과" in {s.source for s in tried.widening.synonyms}
    assert {"원상복구", "원상회복", "비용"} <= set(tried.widening.terms)
    with pytest.raises(InvalidInput, match="비어"):
        app.dictionary.try_out(people.lead, "  ")


# --- rules ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("everyday", "official", "said"),
    [
        ("", "체납", "쉬운 말을 적어"),
        ("철거비", " , ", "행정 용어를 하나 이상"),
        ("하나 둘 셋 넷 다섯 여섯", "체납", "5낱말까지"),
        ("철거비", "가나,나다,다라,라마,마바,바사", "5개까지"),
        ("가" * 41, "체납", "40자까지"),
        ("철거비", "나" * 41, "40자까지"),
        ("=SUM(A1)", "체납", "쓸 수 없습니다"),
        ("철거비", "-체납", "쓸 수 없습니다"),
        ("<b>철거</b>", "체납", "쓸 수 없습니다"),
        ("...", "체납", "찾기에 쓰이는 낱말이 없습니다"),
        ("철거비", "체납, ...", "찾기에 쓰이는 낱말이 없습니다"),
        ("철거 비용", "비용 철거", "더해지는 것이 없습니다"),
        ("공짜", "무료", "기본 용어에 이미"),
    ],
)
def test_bad_entries_are_refused_with_the_reason(
    app: App, people: Any, everyday: str, official: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        add(app, people.lead, Draft(everyday, official))
    assert app.dictionary.page(people.lead, "", 1).total == 0


def test_words_that_stand_almost_everywhere_are_refused(
    app: App, people: Any, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(10):
        rare = "수영장" if n == 0 else "도서관"
        put(app, f"{n}.txt", f"신청 방법은 {n}번 창구와 {rare} 안내이다.\n", title=f"{n}")
    add(app, people.lead, Draft("신청", "접수"))
    monkeypatch.setattr("mokmin.knowledge.search.entry_rules.FEWEST_PASSAGES", 5)
    monkeypatch.setattr("mokmin.knowledge.search.entry_rules.COMMON", 0.2)
    with pytest.raises(InvalidInput, match="‘방법’은 문서 1곳 가운데"):
        add(app, people.lead, Draft("방법", "절차"))
    with pytest.raises(InvalidInput, match="흔해서"):
        app.dictionary.import_(
            people.lead, people.lead.department_id, "수영장\t체육시설\n방법\t절차"
        )
    add(app, people.lead, Draft("수영장 방법", "체육시설 절차"))
    assert app.dictionary.page(people.lead, "", 1).total == 2


def test_a_note_is_one_short_line(app: App, people: Any) -> None:
    with pytest.raises(InvalidInput, match="메모"):
        add(app, people.lead, Draft("철거비", "복구비", "가" * 201))
    with pytest.raises(InvalidInput, match="메모"):
        add(app, people.lead, Draft("철거비", "복구비", "@cmd"))
    key = add(app, people.lead, Draft("  철거비 ", "복구비,  복구비 ,", "두\n줄"))
    entry = app.dictionary.get(people.lead, key)
    assert (entry.everyday, entry.official, entry.note) == ("철거비", ("복구비",), "두 줄")


def test_the_same_words_are_refused_in_one_department_and_allowed_in_another(
    app: App, people: Any
) -> None:
    first = add(app, people.lead)
    with pytest.raises(Conflict, match="‘철거비 누가’가 이미"):
        add(app, people.lead, Draft("누가 철거비", "복구비"))
    app.dictionary.change(people.lead, first, Draft("철거비 누가", "복구비"))
    second = add(app, people.lead, Draft("철거비 언제", "복구 기한"))
    with pytest.raises(Conflict):
        app.dictionary.change(people.lead, second, Draft("누가 철거비", "복구 기한"))
    app.dictionary.add(people.admin, people.other.department_id, DRAFT)
    app.dictionary.remove(people.lead, first)
    add(app, people.lead)
    with pytest.raises(Conflict):
        app.dictionary.restore(people.lead, first)


# --- rights -----------------------------------------------------------------------------------
def test_a_steward_changes_the_own_department_alone(app: App, people: Any) -> None:
    service = app.dictionary
    theirs = service.add(people.admin, people.other.department_id, DRAFT)
    city = service.add(people.admin, None, DRAFT)
    attempts = [
        lambda: service.add(people.lead, people.other.department_id, DRAFT),
        lambda: service.add(people.lead, None, DRAFT),
        lambda: service.import_(people.lead, people.other.department_id, "가\t나"),
        lambda: service.export(people.lead, None),
        lambda: service.get(people.lead, theirs),
        *(
            attempt
            for key in (theirs, city)
            for attempt in (
                lambda key=key: service.change(people.lead, key, Draft("철거비", "복구비")),
                lambda key=key: service.remove(people.lead, key),
            )
        ),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    service.remove(people.admin, theirs)
    with pytest.raises(NotAllowed):
        service.restore(people.lead, theirs)
    assert [e.id for e in service.page(people.lead, "", 1).entries] == [city]


def test_an_official_may_do_nothing_here(app: App, people: Any) -> None:
    service, kim = app.dictionary, people.kim
    key = add(app, people.lead)
    attempts = [
        lambda: service.page(kim, "", 1),
        lambda: service.shipped_page(kim, "", 1),
        lambda: service.homes(kim),
        lambda: service.get(kim, key),
        lambda: service.try_out(kim, "철거"),
        lambda: service.add(kim, kim.department_id, Draft("철거비", "복구비")),
        lambda: service.change(kim, key, Draft("철거비", "복구비")),
        lambda: service.remove(kim, key),
        lambda: service.export(kim, kim.department_id),
        lambda: service.import_(kim, kim.department_id, "철거비\t복구비"),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    assert service.get(people.lead, key).everyday == "철거비 누가"


def test_departments_and_entries_that_do_not_exist(app: App, people: Any) -> None:
    with pytest.raises(NotAllowed):
        app.dictionary.add(people.admin, 999, DRAFT)
    with pytest.raises(NotFound):
        app.dictionary.remove(people.admin, 999)


def test_changes_are_on_the_record_without_their_words(app: App, people: Any) -> None:
    key = add(app, people.lead)
    app.dictionary.change(people.lead, key, Draft("철거비", "복구비"))
    app.dictionary.remove(people.lead, key)
    app.dictionary.restore(people.lead, key)
    app.dictionary.import_(people.lead, people.lead.department_id, "이사비\t이전비")
    with app.db.read() as connection:
        query = audit_log.select().where(audit_log.c.action.startswith("dictionary."))
        rows = connection.execute(query.order_by(audit_log.c.seq)).all()
    assert [r.action.split(".")[1] for r in rows] == [
        "add",
        "change",
        "remove",
        "restore",
        "import",
    ]
    assert "철거" not in "".join(r.detail + r.subject for r in rows)


# --- lists and files --------------------------------------------------------------------------
def test_lists_are_searched_and_paged(app: App, people: Any) -> None:
    lines = "\n".join(f"쉬운{n}\t용어{n}" for n in range(PAGE_SIZE + 1))
    app.dictionary.import_(people.lead, people.lead.department_id, lines)
    second = app.dictionary.page(people.lead, "", 2)
    assert (second.total, second.pages, len(second.entries)) == (PAGE_SIZE + 1, 2, 1)
    assert app.dictionary.page(people.lead, "", 99).page == 2
    assert [e.everyday for e in app.dictionary.page(people.lead, "용어7", 1).entries] == ["쉬운7"]
    rows, total, page, pages = app.dictionary.shipped_page(people.lead, "체납 세금", 1)
    assert total == len(rows) and (page, pages) == (1, 1)
    assert all("체납" in "".join(r.official) + r.everyday for r in rows)
    assert app.dictionary.shipped_page(people.lead, "", 1)[1] > 900


def test_what_is_exported_can_be_imported_again(app: App, people: Any) -> None:
    home = people.lead.department_id
    add(app, people.lead)
    text = app.dictionary.export(people.lead, home) + "이사비\t이전비, 이주비\n"
    done = app.dictionary.import_(people.lead, home, text)
    assert (done.added, done.changed, done.same) == (1, 0, 1)
    again = text.replace("자주 묻는다", "가끔")
    done = app.dictionary.import_(people.lead, home, again)
    assert (done.added, done.changed, done.same) == (0, 1, 1)
    assert words(app, "이사비") == {"이전비", "이주비"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "용어가 없습니다"),
        ("# 설명만\n\n", "용어가 없습니다"),
        ("이사비\t이전비\n탭이 없는 줄", "2행: .*탭이 없습니다"),
        ("이사비\t이전비\n\n철거비\t...", "3행: .*아무것도 넣지 않았습니다"),
        ("이사비 누가\t이전비\n누가 이사비\t이주비", "2행: .*두 번"),
        ("가나\t다라\n" * (MOST_LINES + 1), "2,001개"),
    ],
)
def test_a_bad_file_changes_nothing_and_names_the_line(
    app: App, people: Any, text: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        app.dictionary.import_(people.lead, people.lead.department_id, text)
    with app.db.read() as connection:
        count = sa.select(sa.func.count()).select_from(dictionary_entries)
        assert connection.execute(count).scalar_one() == 0


def test_every_shipped_entry_has_an_effect(app: App) -> None:
    assert isinstance(app.dictionary, DictionaryService)
    analyse = app.analyser().morphemes
    dead = [
        s.everyday
        for s in app.dictionary._shipped
        if not analyse([s.everyday])[0] or not all(analyse(s.official))
    ]
    assert dead == []
