"""Rights of documents: days, changes, undoing, explanations; tried by those who should not."""

from __future__ import annotations

import itertools
import json
import random
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from mokmin import migrations
from mokmin.app import App
from mokmin.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from mokmin.governance.access.grants import Grant
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.access.rules import document_groups, today, visible
from mokmin.governance.audit.service import audit_log
from mokmin.knowledge.documents.rights_model import Rights, RightsEdit
from mokmin.knowledge.documents.store import documents
from mokmin.knowledge.ingestion.worker import Worker
from mokmin.knowledge.search import service as searching

TEXT = "공유재산 사용료는 납부기한까지 내야 한다.\n"
DAY = timedelta(days=1)
# What no database does differently is tried on one of them.
on_one = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def doc(app: App, people: Any, put: Any) -> int:
    """A document of 회계과, open to 회계과, put in by kim."""
    made: int = put(
        app, "a.txt", TEXT, by=people.kim, title="사용료 편람", department="회계과",
        audience=("회계과",),
    ).document_id  # fmt: skip
    return made


def group(app: App, name: str) -> int:
    with app.db.write() as connection:
        return app.rights.audience.resolve(connection, name)


def give(app: App, document: int, *grants: Grant, by: Any = OPERATOR) -> int | None:
    return app.rights.change(by, [document], RightsEdit({}, "replace", grants))[0]


def sees(app: App, who: Any, document: int) -> bool:
    """By all ways at once: opened, listed, found. They must agree."""
    try:
        opened = app.documents.get(who, document).id == document
    except NotFound:
        opened = False
    listed = document in app.documents.ids(who)
    found = document in {h.document_id for h in app.search.search(who, "공유재산 사용료").hits}
    assert opened == listed == found
    return opened


def test_a_grant_holds_from_its_first_to_its_last_day_without_any_job(
    app: App, people: Any, doc: int
) -> None:
    days = ((0, None, 1), (None, 0, 1), (1, None, 0), (None, -1, 0), (-9, -2, 0), (-1, 1, 1))
    for begins, ends, seen in days:
        values = {
            "valid_from": None if begins is None else today() + begins * DAY,
            "valid_until": None if ends is None else today() + ends * DAY,
        }
        with app.db.write() as connection:  # behind the index's back
            connection.execute(document_groups.update().values(**values))
        assert sees(app, people.kim, doc) == bool(seen), (begins, ends)


@on_one
def test_what_ended_does_not_crowd_out_what_may_be_read(
    app: App, people: Any, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "CANDIDATES", 4)
    gone = [
        put(app, f"{n}.txt", f"{TEXT}{n}번째", audience=("회계과",)).document_id for n in range(12)
    ]
    kept = put(app, "k.txt", "사용료 안내는 게시판에 있다.\n", audience=("회계과",)).document_id
    with app.db.write() as connection:
        connection.execute(
            document_groups.update()
            .where(document_groups.c.document_id.in_(gone))
            .values(valid_until=today() - DAY)
        )
    hits = app.search.search(people.kim, "공유재산 사용료").hits
    assert {h.document_id for h in hits} == {kept}


def test_the_index_follows_days_that_have_passed_once(app: App, people: Any, doc: int) -> None:
    give(app, doc, Grant(group(app, "회계과"), None, today()), Grant(group(app, "복지과")))
    worker = Worker(app.queue, app.ingestion, app.index, (app.rights.follow_days,))
    worker.run(idle_seconds=0)
    assert app.rights.follow_days() == 0
    with app.db.write() as connection:
        connection.execute(
            document_groups.update()
            .where(document_groups.c.valid_until.is_not(None))
            .values(valid_until=today() - DAY)
        )
        connection.execute(sa.text("UPDATE rights_followed SET up_to = :d"), {"d": today() - DAY})
    assert app.rights.follow_days() == 1
    assert app.rights.follow_days() == 0
    Worker(app.queue, app.ingestion, app.index).run(idle_seconds=0)
    assert app.search.search(people.other, "공유재산 사용료").trace.rejected == 0
    result = app.search.search(people.kim, "공유재산 사용료")
    assert (result.hits, result.trace.rejected) == ((), 0)


@on_one
def test_who_may_change_what(app: App, people: Any, doc: int) -> None:
    change = app.rights.change
    secret = RightsEdit({"grade": "S", "legal_ground": "6"})
    with pytest.raises(NotFound):
        change(people.other, [doc], secret)
    with pytest.raises(NotFound):  # an administrator has no key to documents
        change(people.admin, [doc], secret)
    assert change(people.kim, [doc], secret)[0]
    with pytest.raises(NotAllowed):  # who put it in may not lower the grade
        change(people.kim, [doc], RightsEdit({"grade": "O"}))
    assert change(people.lead, [doc], RightsEdit({"grade": "O", "legal_ground": ""}))[0]
    give(app, doc, Grant(group(app, "전 직원")))
    with pytest.raises(NotAllowed):  # seeing is not managing
        change(people.other, [doc], secret)
    assert change(people.admin, [doc], secret)[0]
    assert app.documents.get(people.other, doc).grade == "S"


@on_one
@pytest.mark.parametrize(
    "values",
    [
        {"grade": "S"},
        {"grade": "C"},
        {"grade": "X"},
        {"disclosure": "closed", "legal_ground": "5", "disclosure_reason": "까닭"},
        {"disclosure": "part", "legal_ground": "5"},
        {"disclosure": "part", "disclosure_reason": "까닭"},
        {"legal_ground": "9"},
        {"retention": "7"},
        {"department": "없는과"},
    ],
)
def test_rights_that_do_not_fit_together_change_nothing(
    app: App, people: Any, doc: int, values: dict[str, Any]
) -> None:
    before = app.rights.of(people.lead, doc).rights
    with pytest.raises(InvalidInput):
        app.rights.change(people.lead, [doc], RightsEdit(values))
    assert app.rights.of(people.lead, doc).rights == before


@on_one
def test_nobody_is_left_without_a_reader(app: App, people: Any, doc: int) -> None:
    mine = group(app, "회계과")
    bad = (
        RightsEdit({}, "replace"),
        RightsEdit({}, "remove", (Grant(mine),)),
        RightsEdit({}, "replace", (Grant(mine, today(), today() - DAY),)),
        RightsEdit({}, "replace", (Grant(mine), Grant(mine, today()))),
    )
    for edit in bad:
        with pytest.raises(InvalidInput):
            app.rights.change(people.lead, [doc], edit)
    assert sees(app, people.kim, doc)


def test_many_at_once_leave_out_what_one_may_not_change_and_come_back(
    app: App, people: Any, doc: int, put: Any
) -> None:
    shared = put(app, "b.txt", "복지과의 사용료 안내.\n", department="복지과").document_id
    hidden = put(app, "c.txt", "복지과만의 사용료.\n", audience=("복지과",)).document_id
    ids = [doc, shared, hidden, 999_999]
    edit = RightsEdit({"retention": "10"}, "add", (Grant(group(app, "복지과")),))
    plan = app.rights.preview(people.lead, ids, edit)
    assert [p.document_id for p in plan.changed] == [doc]
    assert [p.document_id for p in plan.kept] == [shared]
    assert plan.unknown == 2  # hidden and absent are told alike
    assert not sees(app, people.other, doc)
    batch, done = app.rights.change(people.lead, ids, edit)
    assert done == plan
    assert sees(app, people.other, doc)  # at the next query, before the index followed
    assert app.documents.get(OPERATOR, hidden).retention == ""
    assert batch is not None
    with pytest.raises(NotFound):
        app.rights.undo(people.kim, batch)
    app.rights.undo(people.lead, batch)
    assert not sees(app, people.other, doc)
    with pytest.raises(NotFound):
        app.rights.undo(people.lead, batch)


@on_one
def test_undoing_spares_what_others_changed_since(app: App, people: Any, doc: int) -> None:
    batch = give(app, doc, Grant(group(app, "전 직원")), by=people.lead)
    give(app, doc, Grant(group(app, "회계과"), None, today() + 9 * DAY), by=people.kim)
    assert batch is not None
    plan = app.rights.undo(people.lead, batch)
    assert (plan.changed, len(plan.kept)) == ((), 1)
    assert app.rights.of(people.kim, doc).rights.grants[0].valid_until == today() + 9 * DAY


@on_one
def test_who_locked_oneself_out_gets_back_in_but_not_after_leaving(
    app: App, people: Any, doc: int
) -> None:
    batch = give(app, doc, Grant(group(app, "복지과")), by=people.kim)
    assert batch is not None
    assert not app.rights.keeps_seeing(people.kim, doc)
    stranger = app.people.principal("other")
    moved = type(stranger)(
        **{f: getattr(stranger, f) for f in stranger.__slots__} | {"login": "kim", "groups": ()}
    )
    assert app.rights.undo(moved, batch).changed == ()
    assert not sees(app, people.kim, doc)


@on_one
def test_two_people_at_one_form(app: App, people: Any, doc: int) -> None:
    seen = app.rights.of(people.lead, doc).rights.fingerprint
    app.rights.change(people.kim, [doc], RightsEdit({"retention": "3"}), seen=seen)
    with pytest.raises(Conflict):
        app.rights.change(people.lead, [doc], RightsEdit({"retention": "5"}), seen=seen)
    assert app.documents.get(people.kim, doc).retention == "3"


@on_one
def test_the_audit_log_holds_codes_and_no_words(app: App, people: Any, doc: int) -> None:
    values = {
        "grade": "S",
        "legal_ground": "6",
        "disclosure": "part",
        "disclosure_reason": "홍길동",
    }
    edit = RightsEdit(values, "add", (Grant(group(app, "복지과"), None, date(2026, 12, 31)),))
    app.rights.change(people.lead, [doc], edit, note="홍길동 때문에")
    with app.db.read() as connection:
        row = connection.execute(
            sa.select(audit_log).where(audit_log.c.action == "document.rights")
        ).one()
    detail = json.loads(row.detail)
    assert "grade=O" in detail["before"]
    assert "grade=S;legal_ground=6;disclosure=part" in detail["after"]
    assert f"{group(app, '복지과')}@~2026-12-31" in detail["after"]
    assert "홍길동" not in row.detail


def test_rights_survive_being_stored() -> None:
    grants = (Grant(1), Grant(2, date(2026, 1, 2), None), Grant(3, None, date(2026, 3, 4)))
    rights = Rights("과", "S", "6", date(2027, 1, 1), "part", "까닭", None, "semi", None, grants)
    assert Rights.from_json(rights.to_json()) == rights


# --- explanations -----------------------------------------------------------------------------
def test_explanations_say_what_the_rule_does(app: App, people: Any, doc: int, put: Any) -> None:
    pick = random.Random(7)
    with app.db.write() as connection:
        known = list(connection.execute(sa.text("SELECT id FROM groups")).scalars())
    ends = (None, -2, -1, 0, 1, 2)
    others = [
        put(app, f"{n}.txt", f"{n}번 문서.\n", department="회계과").document_id for n in range(6)
    ]
    for n in others:
        rows = [
            {
                "document_id": n,
                "group_id": g,
                "valid_from": pick.choice((None, today() - DAY, today(), today() + DAY)),
                "valid_until": (lambda e: None if e is None else today() + e * DAY)(
                    pick.choice(ends)
                ),
            }
            for g in pick.sample(known, 3)
        ]
        with app.db.write() as connection:
            connection.execute(document_groups.delete().where(document_groups.c.document_id == n))
            connection.execute(document_groups.insert(), rows)
    told = set()
    for login, n, shift in itertools.product(("kim", "lead", "other"), [doc, *others], (-1, 0, 1)):
        looked = app.rights_viewing.look(people.admin, login, today() + shift * DAY)
        said = app.rights_viewing.explain(OPERATOR, looked, n)
        with app.db.read() as connection:
            rule = connection.execute(
                sa.select(documents.c.id).where(
                    documents.c.id == n,
                    visible(looked.principal, documents.c.id, today() + shift * DAY),
                )
            ).first()
        assert said.seen == (rule is not None)
        assert ("볼 수 있습니다" in said.sentence) == said.seen
        assert "시스템 운영자" not in said.sentence
        told.add(said.sentence.split(". ", 1)[1][:12])
    assert len(told) >= 4


@on_one
def test_explanations_of_special_cases(app: App, people: Any, doc: int) -> None:
    def why(login: str) -> str:
        looked = app.rights_viewing.look(people.admin, login)
        return app.rights_viewing.explain(people.lead, looked, doc).sentence

    assert why("kim").endswith("까지 그곳에 열려 있기 때문입니다.") is False
    assert "회계과에 속하고" in why("kim")
    assert "회계과에만 열려 있고" in why("other")
    app.documents.delete(people.kim, doc)
    assert "지워진 문서" in why("kim")
    app.documents.restore(people.kim, doc)
    with app.db.write() as connection:
        connection.execute(
            sa.text("UPDATE users SET disabled = :yes WHERE login = 'kim'"), {"yes": True}
        )
    assert "멈춰 있어" in why("kim")


@on_one
def test_a_steward_learns_nothing_of_what_a_steward_may_not_see(
    app: App, people: Any, doc: int, put: Any
) -> None:
    viewing = app.rights_viewing
    hidden = put(app, "h.txt", "복지과의 비밀 사용료.\n", audience=("복지과",)).document_id
    give(app, hidden, Grant(group(app, "복지과")), Grant(group(app, "김주무 (kim)")))
    kim = viewing.look(people.lead, "김주무 (kim)")
    messages = []
    for n in (hidden, 999_999):
        with pytest.raises(NotFound) as told:
            viewing.explain(people.lead, kim, n)
        messages.append(told.value.message)
    for login in ("other", "nobody", ""):
        with pytest.raises(NotAllowed) as refused:
            viewing.look(people.lead, login)
        messages.append(refused.value.message)
    assert len(set(messages[:2])) == len(set(messages[2:])) == 1
    overview = viewing.overview(people.lead, kim)  # kim sees two, the steward one of them
    assert hidden in app.documents.ids(app.people.principal("kim"))
    assert overview.total == 1
    assert dict(overview.departments) == {"회계과": 1}
    assert [d.id for d in viewing.listed(people.lead, kim)[0]] == [doc]
    assert viewing.seen_by_both(people.lead, kim, [doc, hidden]) == {doc}
    with pytest.raises(NotAllowed):
        viewing.look(people.kim, "kim")


@on_one
def test_a_person_sees_on_a_day_what_that_day_gives(app: App, people: Any, doc: int) -> None:
    give(app, doc, Grant(group(app, "회계과"), None, today()), Grant(group(app, "이팀장 (lead)")))
    totals = [
        app.rights_viewing.overview(
            people.lead, app.rights_viewing.look(people.lead, "kim", today() + n * DAY)
        ).total
        for n in (0, 1)
    ]
    assert totals == [1, 0]


@on_one
def test_a_reader_is_a_department_a_tree_a_group_or_a_person(app: App, people: Any) -> None:
    with app.db.write() as connection:
        resolve = app.rights.audience.resolve
        ids = {resolve(connection, n) for n in ("전 직원", "회계과", "회계과 (아래 부서 포함)")}
        assert len(ids) == 3
        assert resolve(connection, "이팀장 (lead)") == resolve(connection, "lead")
        lead = resolve(connection, "lead")
        for wrong in ("", "없는 부서", "아무개 (nobody)", "user:1", "dept:1", "회계과' OR 1=1"):
            with pytest.raises(InvalidInput):
                resolve(connection, wrong)
    assert lead in app.people.principal("lead").groups
    assert lead not in app.people.principal("kim").groups


def test_documents_from_before_stay_as_open_as_they_were(app: App, people: Any, doc: int) -> None:
    app.db.close()
    command.downgrade(migrations._config(app.db), "0012")
    migrations.upgrade(app.db)
    rights = app.rights.of(people.kim, doc).rights
    assert (rights.legal_ground, rights.disclosure, rights.retention) == ("", "", "")
    assert [g.valid_until for g in rights.grants] == [None]
    assert sees(app, people.kim, doc)
    assert not sees(app, people.other, doc)
