"""Posts and their groups, departments and their history, imports, rotations: by attack."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import Conflict, InvalidInput, MokminError, NotAllowed
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.service import audit_log
from mokmin.governance.people.accounts import Filters
from mokmin.governance.people.store import departments, groups, posts, users
from mokmin.knowledge.documents.store import documents

DAY = timedelta(days=1)
# Where databases cannot differ, one is enough.
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TEXT = "공유재산 사용료는 연 천분의 오십으로 한다."


def today(app: App) -> date:
    return app.people.today()


def later(app: App, days: int) -> date:
    """Move the clock of all services."""
    day = date.today() + days * DAY
    app.people.today = lambda: day
    app.new_day.turn()
    return day


def place(app: App, name: str) -> int:
    with app.db.read() as connection:
        query = sa.select(departments.c.id).where(departments.c.name == name)
        return int(connection.execute(query).scalar_one())


def group(app: App, key: str, name: str = "") -> int:
    with app.db.write() as connection:
        return app.people.ensure_group(connection, key, name or key)


def found(app: App, who: Principal) -> list[str]:
    return [hit.title for hit in app.search.search(who, "공유재산 사용료").hits]


def again(app: App, who: Principal) -> Principal:
    return app.people.principal(who.login)


# --- groups from posts ------------------------------------------------------------------------------
def test_a_post_gives_its_groups_from_its_first_to_its_last_day(app: App, people: Any) -> None:
    bureau = app.organisation.create(people.admin, "복지국")
    app.organisation.change(people.admin, place(app, "복지과"), "move", parent_id=bureau)
    own, tree = group(app, f"dept:{place(app, '복지과')}"), group(app, f"tree:{bureau}")
    above = group(app, f"dept:{bureau}")
    kim = people.kim.user_id
    assert not {own, tree} & set(again(app, people.kim).groups)
    day = today(app)
    app.accounts.give_post(
        people.admin, kim, place(app, "복지과"), "secondment", from_on=day, until_on=day + DAY
    )
    now = again(app, people.kim)
    assert {own, tree} <= set(now.groups) and above not in now.groups
    assert now.department == "회계과", "a secondment leaves the main post as it is"
    later(app, 1)
    assert own in again(app, people.kim).groups, "the last day counts"
    later(app, 2)
    assert not {own, tree} & set(again(app, people.kim).groups)


@SQLITE
def test_a_secondment_until_yesterday_and_one_from_tomorrow_give_nothing(
    app: App, people: Any, put: Any
) -> None:
    put(app, "복지.txt", TEXT, title="복지 문서", audience=("복지과",))
    day, kim = today(app), people.kim.user_id
    for begin, end in ((day - 9 * DAY, day - DAY), (day + DAY, None)):
        app.accounts.give_post(
            people.admin, kim, place(app, "복지과"), "secondment", from_on=begin, until_on=end
        )
    assert found(app, again(app, people.kim)) == []
    later(app, 1)
    assert found(app, again(app, people.kim)) == ["복지 문서"]


@SQLITE
def test_groups_of_persons_and_free_groups_end_with_their_dates(app: App, people: Any) -> None:
    day, kim = today(app), people.kim
    alone, public = group(app, f"user:{kim.user_id}"), group(app, "public", "시민 공개")
    force = app.free_groups.save(people.admin, "추진단", until_on=day)
    app.free_groups.set_members(people.admin, force, add=["kim"])
    assert {alone, public, force} <= set(again(app, kim).groups)
    assert (
        force not in again(app, people.lead).groups and alone not in again(app, people.lead).groups
    )
    later(app, 1)
    assert force not in again(app, kim).groups and alone in again(app, kim).groups


def test_another_process_sees_what_ended_at_its_next_request(app: App, people: Any) -> None:
    second = App(app.settings, embedder=app.embedder(), analyser=app.analyser(), models=[])
    before = second.people.principal("kim").groups
    with app.db.read() as connection:
        post = connection.execute(
            sa.select(posts.c.id).where(posts.c.user_id == people.kim.user_id)
        ).scalar_one()
    app.accounts.end_post(people.admin, people.kim.user_id, post, today(app) - DAY)
    after = second.people.principal("kim")
    assert len(after.groups) < len(before) and after.department_id is None
    second.db.close()


# --- departments ------------------------------------------------------------------------------------
@SQLITE
def test_a_department_cannot_go_below_itself(app: App, people: Any) -> None:
    admin, service = people.admin, app.organisation
    a = service.create(admin, "가국")
    b = service.create(admin, "나과", parent_id=a)
    c = service.create(admin, "다팀", parent_id=b)
    for target in (a, b, c):
        with pytest.raises(InvalidInput, match="아래"):
            service.change(admin, a, "move", parent_id=target)
    with pytest.raises(Conflict):
        service.create(admin, "나과")
    with pytest.raises(InvalidInput):
        service.change(admin, b, "rename", today(app) - DAY, name="어제")


def test_a_planned_change_waits_for_its_day_can_be_taken_back_and_tells_why_it_failed(
    app: App, people: Any, put: Any
) -> None:
    put(app, "회계.txt", TEXT, title="회계 문서", department="회계과", audience=("회계과",))
    admin, service, day = people.admin, app.organisation, today(app)
    accounting = place(app, "회계과")
    gone = service.change(admin, accounting, "rename", day + DAY, name="버릴이름")
    service.cancel(admin, gone)
    service.change(admin, accounting, "rename", day + DAY, name="재산회계과")
    stuck = service.change(admin, place(app, "복지과"), "abolish", day + DAY)
    assert again(app, people.kim).department == "회계과"
    later(app, 1)
    kim = again(app, people.kim)
    assert kim.department == "재산회계과" and found(app, kim) == ["회계 문서"]
    with app.db.read() as connection:
        assert connection.execute(sa.select(documents.c.department)).scalar() == "재산회계과"
    plan = next(c for c in service.plans(admin) if c.id == stuck)
    assert "사람이 있습니다" in plan.problem
    assert again(app, people.other).department == "복지과"


@SQLITE
def test_whoever_takes_the_business_over_takes_the_documents_over(
    app: App, people: Any, put: Any
) -> None:
    put(app, "회계.txt", TEXT, title="회계 문서", department="회계과", audience=("회계과",))
    assert found(app, people.other) == []
    app.organisation.change(
        people.admin, place(app, "회계과"), "merge", successor_id=place(app, "복지과")
    )
    assert found(app, again(app, people.other)) == ["회계 문서"]
    assert again(app, people.kim).department == "복지과"
    app.organisation.create(people.admin, "회계과")
    assert [d.name for d in app.organisation.tree(people.admin)] == ["복지과", "회계과"]
    assert sorted(app.people.department_names()) == ["복지과", "회계과"]


# --- accounts ---------------------------------------------------------------------------------------
@SQLITE
def test_disabling_ends_sessions_and_the_last_administrator_stays(app: App, people: Any) -> None:
    admin, accounts = people.admin, app.accounts
    session = app.sign_in.with_password("kim", people.password)
    accounts.disable(admin, people.kim.user_id)
    assert app.sessions.find(session.token) is None
    with pytest.raises(NotAllowed):
        accounts.disable(admin, admin.user_id)
    with pytest.raises(NotAllowed):
        accounts.change(admin, admin.user_id, name="관리자", role="official")
    made, first = accounts.create(admin, login="second", name="둘째", role="admin")
    second = app.people.principal("second")
    with app.db.read() as connection:
        row = connection.execute(sa.select(users).where(users.c.id == made)).one()
    assert row.must_change_password and first.password not in str(row)
    accounts.disable(second, admin.user_id)
    with pytest.raises(NotAllowed, match="마지막"):
        accounts.disable(admin, made)
    with pytest.raises(NotAllowed, match="마지막"):
        accounts.change(admin, made, name="둘째", role="official")
    with pytest.raises(NotAllowed):
        accounts.find(people.lead, Filters())


def test_two_administrators_who_disable_each_other_leave_one(app: App, people: Any) -> None:
    app.accounts.create(people.admin, login="second", name="둘째", role="admin")
    both = [people.admin, app.people.principal("second")]
    said = at_once(
        lambda: app.accounts.disable(both[0], both[1].user_id),
        lambda: app.accounts.disable(both[1], both[0].user_id),
    )
    assert sorted(type(e).__name__ for e in said) == ["NoneType", "NotAllowed"]


def at_once(*actions: Callable[[], object]) -> list[MokminError | None]:
    """Run all at the same moment; what each raised."""
    barrier = threading.Barrier(len(actions))
    said: list[MokminError | None] = [None] * len(actions)

    def run(number: int, action: Callable[[], object]) -> None:
        barrier.wait()
        try:
            action()
        except MokminError as error:
            said[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


# --- import -----------------------------------------------------------------------------------------
BAD = [
    ("people", "아이디,이름\na,=HYPERLINK(1)\n", "계산식"),
    ("people", "아이디,이름\na,갑\nA,을\n", "2번째 줄에도"),
    ("people", "login,name,department\na,갑,없는과\n", "없는과"),
    ("people", "아이디,이름,역할\na,갑,황제\n", "황제"),
    ("people", "아이디,이름,시작일\na,갑,2026-13-40\n", "날짜"),
    ("people", "아이디,이름,역할\nadmin,관리자,주무관\n", "내 역할"),
    ("departments", "부서명,상위부서\n가,나\n나,다\n다,가\n", "자기 자신"),
    ("departments", "부서명,상위부서\n가,없는국\n", "없는국"),
    ("departments", "부서명\n가\n가\n", "같은 부서"),
]


@SQLITE
def test_a_bad_line_is_named_and_nothing_goes_in(app: App, people: Any) -> None:
    before = counts(app)
    for kind, text, said in BAD:
        plan = app.imports.preview(people.admin, kind, text)
        assert any(said in problem.message for problem in plan.problems), (said, plan.problems)
        with pytest.raises(InvalidInput):
            app.imports.apply(people.admin, kind, text, plan.fingerprint)
    assert counts(app) == before


def counts(app: App) -> list[int]:
    with app.db.read() as connection:
        tables = (users, departments, posts, groups)
        query = [sa.select(sa.func.count()).select_from(table) for table in tables]
        return [connection.execute(one).scalar_one() for one in query]


def test_departments_then_people_come_in_as_previewed_and_not_otherwise(
    app: App, people: Any
) -> None:
    admin, service = people.admin, app.imports
    places = (
        "부서명,부서코드,상위부서\n징수팀,T1,세무과\n세무과,T,재정국\n재정국,B,\n회계과,A,재정국\n"
    )
    plan = service.preview(admin, "departments", places)
    assert (plan.problems, plan.count("new"), plan.count("change")) == ([], 3, 1)
    assert "세무과" not in app.people.department_names(), "a preview changes nothing"
    service.apply(admin, "departments", places, plan.fingerprint)
    tree = {d.name: d.depth for d in app.organisation.tree(admin)}
    assert tree == {"재정국": 0, "회계과": 1, "세무과": 1, "징수팀": 2, "복지과": 0}
    text = "아이디;이름;부서;직위;역할\nnew;새사람;T1;팀장;팀장\nkim;김주무;복지과;주무관;\n"
    plan = service.preview(admin, "people", text)
    assert [step.action for step in plan.steps] == ["new", "change"]
    app.organisation.change(admin, place(app, "징수팀"), "rename", name="체납팀")
    with pytest.raises(Conflict, match="미리"):
        service.apply(admin, "people", text, plan.fingerprint)
    said = at_once(
        *[
            lambda: service.apply(
                admin, "people", text, service.preview(admin, "people", text).fingerprint
            )
        ]
        * 2
    )
    assert sum(error is None for error in said) >= 1
    new = app.people.principal("new")
    assert (new.department, new.role) == ("체납팀", "lead")
    assert again(app, people.kim).department == "복지과"
    with app.db.read() as connection:
        rows = connection.execute(sa.select(users).where(users.c.login == "new")).all()
        imports = connection.execute(
            sa.select(audit_log).where(audit_log.c.action == "people.import")
        ).all()
    assert [(row.password_hash, row.must_change_password) for row in rows] == [("", True)]
    assert len(imports) >= 2 and "새사람" not in str(imports)


# --- rotation ---------------------------------------------------------------------------------------
def rotate(app: App, people: Any, days: int = 1) -> int:
    """kim goes to 복지과, other comes to 회계과 and takes over; lead stays."""
    admin = people.admin
    made = app.rotations.draft(admin, "정기인사", today(app) + days * DAY)
    text = "아이디,이름,새 부서,직위\nkim,김주무,복지과,팀장\nother,박복지,회계과,주무관\n"
    assert app.rotations.load(admin, made, text) == []
    app.rotations.suggest(admin, made)
    return made


def plan(app: App, people: Any, rotation_id: int) -> str:
    edition = app.rotations.preview(people.admin, rotation_id).rotation.edition
    return app.rotations.plan(people.admin, rotation_id, edition)


def test_a_rotation_moves_documents_people_and_rights_on_its_day_and_not_before(
    app: App, people: Any, put: Any
) -> None:
    old = put(
        app,
        "회계.txt",
        TEXT,
        by=people.kim,
        title="회계 문서",
        department="회계과",
        audience=("회계과",),
    )
    put(app, "복지.txt", TEXT + " 복지", title="복지 문서", audience=("복지과",))
    made = rotate(app, people)
    kim, other = app.rotations.preview(people.admin, made).moves
    assert [(a.group, a.documents) for a in kim.ends] == [("회계과", 1)]
    assert [(a.group, a.documents) for a in kim.begins] == [("복지과", 1)]
    assert [(h.name, h.count) for h in kim.holdings] == [("올린 문서", 1)]
    assert kim.taker == "박복지 (other)" and other.holdings == ()
    assert plan(app, people, made) == "planned"
    assert found(app, again(app, people.kim)) == ["회계 문서"]
    app.rotations.reopen(people.admin, made)
    later(app, 1)
    assert found(app, again(app, people.kim)) == ["회계 문서"], "taken back before its day"
    app.rotations.redate(people.admin, made, today(app) + DAY)
    plan(app, people, made)
    later(app, 2)
    moved = again(app, people.kim)
    assert (moved.department, found(app, moved)) == ("복지과", ["복지 문서"])
    assert found(app, again(app, people.other)) == ["회계 문서"]
    with app.db.read() as connection:
        owner = sa.select(documents.c.owner).where(documents.c.id == old.document_id)
        assert connection.execute(owner).scalar() == "other"
        title = connection.execute(sa.select(users.c.post).where(users.c.login == "kim"))
        assert title.scalar() == "팀장"
    with pytest.raises(Conflict, match="시행된"):
        app.rotations.reopen(people.admin, made)
    done = app.rotations.preview(people.admin, made).moves[0]
    assert (done.from_department, done.to_department) == ("회계과", "복지과")


@SQLITE
def test_a_steward_who_leaves_is_no_steward_there_and_the_desk_goes_on(
    app: App, people: Any
) -> None:
    made = app.rotations.draft(people.admin, "인사", today(app))
    app.rotations.set_move(
        people.admin, made, login="lead", department_id=place(app, "복지과"), taker="kim"
    )
    assert plan(app, people, made) == "applied"
    assert again(app, people.lead).role == "official"
    assert again(app, people.kim).role == "steward"


@SQLITE
def test_who_takes_over_must_be_in_the_department_on_the_day(app: App, people: Any) -> None:
    made = app.rotations.draft(people.admin, "인사", today(app))
    app.rotations.set_move(
        people.admin, made, login="kim", department_id=place(app, "복지과"), taker="other"
    )
    with pytest.raises(InvalidInput):
        plan(app, people, made)
    assert again(app, people.kim).department == "회계과"


def test_a_rotation_that_was_changed_after_the_preview_or_by_two_is_planned_once(
    app: App, people: Any
) -> None:
    made = rotate(app, people)
    edition = app.rotations.preview(people.admin, made).rotation.edition
    app.rotations.redate(people.admin, made, today(app) + 2 * DAY)
    with pytest.raises(Conflict):
        app.rotations.plan(people.admin, made, edition)
    edition += 1
    said = at_once(*[lambda: app.rotations.plan(people.admin, made, edition)] * 2)
    assert sorted(type(e).__name__ for e in said) == ["Conflict", "NoneType"]


class Broken:
    """A room that fails in the middle of a handover."""

    name, unit = "고장", "건"

    def held(self, _connection: Any, _givers: Any) -> dict[int, int]:
        return {}

    def hand_over(self, _connection: Any, _givers: Any) -> int:
        raise KeyboardInterrupt


def test_a_rotation_that_is_killed_half_way_did_nothing_and_is_done_by_the_next_request(
    app: App, people: Any
) -> None:
    made = rotate(app, people)
    plan(app, people, made)
    whole = app.rotations._handovers
    app.rotations._handovers = (Broken(),)
    with pytest.raises(KeyboardInterrupt):
        later(app, 1)
    assert again(app, people.kim).department == "회계과" and app.new_day.is_new()
    app.rotations._handovers = whole
    at_once(*[app.new_day.turn] * 3)
    assert again(app, people.kim).department == "복지과"
    with app.db.read() as connection:
        applied = connection.execute(
            sa.select(sa.func.count()).where(audit_log.c.action == "rotation.apply")
        ).scalar_one()
    assert applied == 1


@SQLITE
def test_a_rotation_that_no_longer_fits_is_left_whole_with_the_reason(
    app: App, people: Any
) -> None:
    made = rotate(app, people)
    plan(app, people, made)
    app.accounts.disable(people.admin, people.other.user_id)
    later(app, 1)
    rotation = app.rotations.preview(people.admin, made).rotation
    assert rotation.state == "stuck" and "꺼진 계정" in rotation.problem
    assert again(app, people.kim).department == "회계과"


@SQLITE
def test_nobody_gives_oneself_a_role_by_rotation(app: App, people: Any) -> None:
    app.accounts.create(people.admin, login="second", name="둘째", role="admin")
    made = app.rotations.draft(people.admin, "인사", today(app))
    app.rotations.set_move(
        people.admin, made, login="admin", department_id=place(app, "복지과"), role="auditor"
    )
    with pytest.raises(InvalidInput):
        plan(app, people, made)
    with pytest.raises(NotAllowed):
        app.rotations.draft(people.lead, "인사", today(app))
