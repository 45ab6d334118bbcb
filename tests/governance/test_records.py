"""Retention, holds and disposal, attacked."""

from __future__ import annotations

import argparse
import io
import json
import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import InvalidInput, MokminError, NotAllowed, NotFound
from mokmin.commands import opening
from mokmin.commands.output import Output
from mokmin.features.assistant.store import conversations, turns
from mokmin.features.library.handover import SavedSearches
from mokmin.features.library.store import saved_searches
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import attachments, document_groups
from mokmin.governance.audit.care import AuditCare
from mokmin.governance.audit.store import audit_log
from mokmin.governance.people.handover import Giving
from mokmin.governance.records.log_keeping import log_is_held
from mokmin.governance.records.model import State, cutoff, due_on
from mokmin.governance.records.store import disposal_items
from mokmin.knowledge.documents.store import documents, passages, versions

OLD = datetime(2019, 5, 1, 3)


def test_periods_are_counted_from_the_next_january() -> None:
    assert due_on(date(2020, 1, 1), "3") == due_on(date(2020, 12, 31), "3") == date(2024, 1, 1)
    assert due_on(date(2020, 1, 1), "semi") is None and cutoff(date(2026, 1, 1), "forever") is None
    assert cutoff(date(2024, 1, 1), "3") == date(2021, 1, 1)
    assert cutoff(date(2023, 12, 31), "3") == date(2020, 1, 1)


@pytest.fixture
def officers(app: App, people: Any) -> tuple[Principal, Principal]:
    """The records officer, who was once given the right to approve as well, and a team lead."""
    for login, role in (("rec", "records"), ("boss", "lead")):
        app.people.create_account(
            login=login, name=login, password=people.password, role=role, department="회계과"
        )
    return app.people.principal("rec"), app.people.principal("boss")


def talk(app: App, who: Principal, when: datetime = OLD) -> int:
    with app.db.write() as connection:
        values = {"user_id": who.user_id, "title": "t", "created_at": when, "updated_at": when}
        key = connection.execute(conversations.insert().values(**values)).inserted_primary_key
        assert key is not None
        connection.execute(
            turns.insert().values(
                conversation_id=key[0], question="비밀질문", state="done", created_at=when
            )
        )
        return int(key[0])


def left(app: App, table: sa.Table) -> int:
    with app.db.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_a_list_a_second_person_a_hold_in_between_and_the_certificate(
    app: App, people: Any, officers: tuple[Principal, Principal], put: Any
) -> None:
    rec, boss = officers
    both = app.people.principal("rec")
    both = Principal(
        **{f: getattr(both, f) for f in both.__slots__}
        | {"permissions": rec.permissions | boss.permissions}
    )
    kept, gone = talk(app, people.kim), talk(app, people.other)
    recent = talk(app, people.other, datetime(2026, 1, 5))
    first = put(app, "지침.txt", "겨울철 수도 동파 대비 지침입니다.", closed_on=date(2001, 2, 3))
    with app.db.read() as connection:
        sha = connection.execute(
            sa.select(versions.c.sha256).where(versions.c.id == first.version_id)
        ).scalar_one()
    path = app.blobs.path(sha)
    with pytest.raises(NotAllowed):
        app.disposals.propose(people.kim, "기간 지남")
    key = app.disposals.propose(rec, "기간 지남")
    with pytest.raises(InvalidInput):
        app.disposals.propose(rec, "두 번")
    with pytest.raises(NotAllowed):
        app.disposals.decide(both, key, approve=True, note="내가 승인")
    app.disposals.run(key)
    assert left(app, conversations) == 3, "nothing before the approval"
    app.disposals.decide(boss, key, approve=True, note="검토함")
    with pytest.raises(InvalidInput):
        app.disposals.decide(boss, key, approve=False, note="다시")
    app.records.place(rec, "person", people.kim.login, "감사원 요구")
    app.disposals.turn()
    with app.db.read() as connection:
        found = set(connection.execute(sa.select(conversations.c.id)).scalars())
        words = connection.execute(sa.select(turns.c.conversation_id)).scalars().all()
    assert found == {kept, recent} == set(words) and gone not in found
    assert left(app, documents) == left(app, passages) == left(app, versions) == 0
    assert not path.exists()
    done = app.disposals.one(boss, key)
    assert done.state is State.DONE and done.counts == {"disposed": 2, "held": 1}
    paper = app.disposals.certificate(rec, key)
    assert done.hash in paper and "지침" not in paper and "비밀질문" not in paper
    with app.db.read() as connection:
        entries = (
            connection.execute(
                sa.select(audit_log.c.detail).where(audit_log.c.action == "disposal.done")
            )
            .scalars()
            .all()
        )
    assert len(entries) == 1 and done.hash in entries[0]


def test_killed_half_way_and_twice_at_once(
    app: App, people: Any, officers: tuple[Principal, Principal], monkeypatch: pytest.MonkeyPatch
) -> None:
    rec, boss = officers
    for _ in range(6):
        talk(app, people.kim)
    key = app.disposals.propose(rec, "기간 지남")
    app.disposals.decide(boss, key, approve=True, note="검토함")
    holding = app.disposals._holdings["conversation"]
    real, calls = holding.dispose, []

    def dies(connection: sa.Connection, item_id: int) -> Any:
        calls.append(item_id)
        found = real(connection, item_id)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(holding, "dispose", dies)
    with pytest.raises(KeyboardInterrupt):
        app.disposals.run(key)
    assert left(app, conversations) == 4, "two lines settled, the third rolled back"
    assert app.disposals.one(rec, key).counts == {"disposed": 2, "waiting": 4}
    threads = [threading.Thread(target=app.disposals.turn) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 7 and left(app, conversations) == 0
    assert app.disposals.one(rec, key).counts == {"disposed": 6}
    with app.db.read() as connection:
        query = sa.select(sa.func.count()).where(audit_log.c.action == "disposal.done")
        assert connection.execute(query).scalar_one() == 1


def test_a_list_that_was_changed_cannot_be_approved(
    app: App, people: Any, officers: tuple[Principal, Principal]
) -> None:
    rec, boss = officers
    talk(app, people.kim)
    recent = talk(app, people.kim, datetime(2026, 1, 5))
    key = app.disposals.propose(rec, "기간 지남")
    with app.db.write() as connection:
        connection.execute(disposal_items.update().values(item_id=recent))
    with pytest.raises(MokminError, match="만들 때와 다릅니다"):
        app.disposals.decide(boss, key, approve=True, note="검토함")
    app.disposals.turn()
    assert left(app, conversations) == 2
    app.records.change(rec, "conversation", "10", "의회 요구")
    with pytest.raises(InvalidInput):
        app.records.change(rec, "conversation", "7", "없는 기간")
    assert app.disposals.due(rec)["conversation"] == (0, 0)


def test_a_hold_or_a_longer_period_keeps_months_of_the_log(
    app: App, officers: tuple[Principal, Principal]
) -> None:
    rec, _ = officers
    app.audit.record(rec, "document.view", "document:7")
    folder, begun = app.settings.home / "audit", datetime.now()
    day = [begun]
    is_held = log_is_held(app.db, lambda: day[0].date())
    care = AuditCare(app.db, app.audit, folder, now=lambda: day[0], held=is_held)
    day[0] = begun + timedelta(days=200)
    month = care.run().archived[0]
    day[0] = begun + timedelta(days=1200)
    for scope, target, ends in (
        ("person", "rec", None),
        ("document", "7", None),
        ("dates", "", day[0]),
    ):
        hold = app.records.place(rec, scope, target, "소송", until_on=ends and ends.date())
        assert month not in care.run().removed, scope
        app.records.lift(rec, hold)
    app.records.change(rec, "audit", "30", "감사 지적")
    assert month not in care.run().removed
    app.records.change(rec, "audit", "1", "되돌림")
    other = app.records.place(rec, "person", "nobody", "소송")
    assert other and month in care.run().removed


def test_saved_searches_go_along_once(app: App, people: Any) -> None:
    assert people.kim.user_id and people.other.user_id
    with app.db.write() as connection:
        kept = {
            "user_id": people.kim.user_id,
            "created_at": OLD,
            "address": "q=동파",
            "name": "동파",
        }
        gone = kept | {"address": "q=x", "deleted_at": OLD}
        connection.execute(saved_searches.insert().values(**kept))
        connection.execute(saved_searches.insert().values(**gone))
        giving = [
            Giving(people.kim.user_id, "kim", None, "", "official", people.other.user_id, "other")
        ]
        room = SavedSearches()
        assert room.held(connection, giving) == {people.kim.user_id: 1}
        assert room.hand_over(connection, giving) == 1
        assert room.hand_over(connection, giving) == 0, "not twice"
        mine = sa.select(saved_searches.c.name).where(
            saved_searches.c.user_id == people.other.user_id
        )
        assert connection.execute(mine).scalars().all() == ["동파 (kim)"]


def test_an_attachment_of_a_shorter_period_goes_before_its_conversation(
    app: App, people: Any, officers: tuple[Principal, Principal]
) -> None:
    rec, boss = officers
    cid, held = talk(app, people.kim), talk(app, people.other)
    for owner, conversation, name in ((people.kim, cid, "갑"), (people.other, held, "을")):
        app.attaching.attach(
            owner, conversation, f"{name}.txt", io.BytesIO(b"text " * 40), grade="S"
        )
    recent = datetime(2023, 6, 1)
    with app.db.write() as connection:
        connection.execute(conversations.update().values(updated_at=recent))
    assert app.disposals.due(rec)["attachment"][0] == 0, "not sooner than the conversation"
    app.records.change(rec, "conversation", "10", "오래 둡니다")
    app.records.change(rec, "attachment", "1", "일을 마치면 쓸 곳이 없음")
    assert app.disposals.due(rec)["attachment"][0] == 2
    app.records.place(rec, "conversation", str(held), "소송")
    key = app.disposals.propose(rec, "기간 지남")
    app.disposals.decide(boss, key, approve=True, note="검토함")
    app.disposals.turn()
    assert left(app, conversations) == 2
    with app.db.read() as connection:
        files = connection.execute(sa.select(attachments.c.conversation_id)).scalars().all()
    assert files == [held], "one is gone, the held one stays"
    assert app.attaching.of(app.people.principal("kim"), cid) == []


def test_a_document_that_nobody_sees_is_opened_again_from_the_command_line(
    app: App, people: Any, put: Any, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    upload = put(app, "지침.txt", "동파 대비 지침입니다.", by=people.kim)
    with app.db.write() as connection:
        connection.execute(document_groups.update().values(valid_until=date(2020, 1, 1)))
    with pytest.raises(NotFound):
        app.documents.get(people.kim, upload.document_id)
    monkeypatch.setattr(opening, "App", lambda _settings: app)
    options = argparse.Namespace(document=upload.document_id, add=["kim"], until=None)
    assert opening.readers(options, app.settings, Output(json=True)) == 0
    kim = app.people.principal("kim")
    assert app.documents.get(kim, upload.document_id).title
    with pytest.raises(NotFound):
        app.documents.get(people.other, upload.document_id)
    said = json.loads(capsys.readouterr().out)
    assert any(line["until"] is None for line in said["readers"])
    with pytest.raises(MokminError):
        opening.readers(
            argparse.Namespace(document=10**6, add=["kim"], until=None),
            app.settings,
            Output(json=True),
        )
