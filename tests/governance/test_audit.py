"""The log that cannot be changed unseen."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.governance.audit.service import audit_log


@pytest.fixture
def logged(app: App, people: Any) -> App:
    for number in range(5):
        app.audit.record(people.kim, "search", f"hits:{number}", mode="hybrid", 셈=number)
    return app


def test_an_untouched_chain_is_whole(logged: App) -> None:
    result = logged.audit.verify()
    assert (result.entries, result.ok, result.first_bad) == (5, True, None)


def test_an_empty_log_is_whole(app: App) -> None:
    assert app.audit.verify().ok


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "other"),
        ("action", "document.delete"),
        ("subject", "hits:9"),
        ("detail", "{}"),
        ("at", "2026-01-01T00:00:00.000000"),
        ("hash", "0" * 64),
    ],
)
def test_a_changed_entry_is_found(logged: App, column: str, value: str) -> None:
    with logged.db.write() as connection:
        connection.execute(audit_log.update().where(audit_log.c.seq == 3).values({column: value}))
    result = logged.audit.verify()
    assert (result.ok, result.first_bad) == (False, 3)


@pytest.mark.parametrize("gone", [1, 3])
def test_a_missing_entry_is_found(logged: App, gone: int) -> None:
    with logged.db.write() as connection:
        connection.execute(audit_log.delete().where(audit_log.c.seq == gone))
    result = logged.audit.verify()
    assert (result.ok, result.first_bad) == (False, gone + 1)


def test_threads_write_one_chain(app: App, people: Any) -> None:
    def work() -> None:
        for number in range(10):
            app.audit.record(people.kim, "search", f"hits:{number}")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    result = app.audit.verify()
    assert (result.entries, result.ok) == (40, True)


def test_an_entry_of_a_failed_transaction_is_not_kept(app: App) -> None:
    with pytest.raises(RuntimeError), app.db.write() as connection:
        app.audit.append(connection, "kim", "document.upload", "document:1", {})
        raise RuntimeError
    assert app.audit.verify().entries == 0


def test_work_is_on_the_record_without_its_content(app: App, people: Any, put: Any) -> None:
    secret = "비밀회의록"
    put(app, "문서.txt", f"{secret} 사용료 감면 기준.\n", by=people.kim)
    app.answers.answer(people.kim, f"{secret} 사용료 감면 기준은?")
    with app.db.read() as connection:
        rows = connection.execute(sa.select(audit_log).order_by(audit_log.c.seq)).all()
    assert [r.action for r in rows] == ["document.upload", "answer"]
    assert {r.actor for r in rows} == {"kim"}
    assert secret not in str(rows)
