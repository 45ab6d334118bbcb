"""개인정보 점검 through the web: rights, masks, reasons, exclusions, a scan that is cut off."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.governance.audit.service import audit_log
from mokmin.governance.privacy.findings import FindingState, Intake
from mokmin.governance.privacy.store import exclusions, findings, scans
from mokmin.knowledge.ingestion.service import Ingestion

RRN, OTHER_RRN = "900101-1234568", "850505-2345671"
OPEN = f"# 접수 대장\n\n민원인 주민등록번호는 {RRN}이고 휴대전화는 010-1234-5678이다.\n"
CLOSED = f"# 비밀 조사 보고\n\n조사 대상의 주민등록번호는 {OTHER_RRN}이다.\n"
TABLE = f"# 명단\n\n| 이름 | 주민등록번호 |\n|---|---|\n| 김민수 | {RRN} |\n"


@pytest.fixture
def house(app: App, people: Any, put: Any) -> Any:
    """Documents read with the intake on; a privacy officer of 복지과 beside the usual people."""
    app.people.create_account(
        login="officer",
        name="개인정보",
        password=people.password,
        role="privacy",
        department="복지과",
    )
    old = app.ingestion
    app.ingestion = Ingestion(
        app.db, app.blobs, app.index, lambda: app.feature_extractor, old._reader, app.intake
    )
    return {
        "open": put(app, "대장.md", OPEN, department="회계과", audience=("staff",)).document_id,
        "table": put(app, "명단.md", TABLE, department="회계과", audience=("staff",)).document_id,
        "closed": put(
            app, "조사.md", CLOSED, department="회계과", grade="C", audience=("회계과",)
        ).document_id,
    }


def test_desk_viewer_and_reveal(app: App, house: Any, signed_in: Any) -> None:
    officer, kim = signed_in("officer"), signed_in("kim")
    for url in ("/privacy", "/privacy/counts", "/privacy/policies", "/privacy/exclusions"):
        assert kim.get(url).status_code == 403
        assert officer.get(url).status_code == 200
    page = officer.get("/privacy").text
    assert "900101-1******" in page and "접수 대장" in page
    # Nothing of the document beyond the officer's rights but its number.
    for secret in (RRN, OTHER_RRN, "1234568", "비밀 조사", "850505"):
        assert secret not in page
    hidden = officer.get(f"/privacy?state=all&document={house['closed']}").text
    assert "비밀 조사" not in hidden and "조건에 맞는 발견이 없습니다" in hidden
    csv = officer.get("/privacy/counts.csv").text
    assert "회계과,주민등록번호,확인 전,3" in csv and "900101" not in csv

    for key in ("open", "table"):
        seen = kim.get(f"/library/{house[key]}").text
        assert "900101-1******" in seen and "1234568" not in seen, key
        assert kim.get(f"/library/{house[key]}/file").status_code == 403
    assert "1234568" not in kim.get("/search?q=주민등록번호").text

    url = f"/privacy/documents/{house['open']}/reveal"
    assert kim.post(url, {"reason": "duty"}).status_code == 403
    assert officer.post(url, {"reason": "duty", "csrf_token": "x"}).status_code == 403
    assert officer.post(url, {"reason": "호기심"}).status_code == 400
    closed = f"/privacy/documents/{house['closed']}/reveal"
    assert officer.post(closed, {"reason": "duty"}).status_code == 404
    assert RRN not in officer.get(url).text
    told = officer.post(url, {"reason": "duty"})
    assert RRN in told.text and told.headers["cache-control"] == "no-store"
    assert told.headers["refresh"].startswith("300;")
    got = officer.post(url, {"reason": "request", "what": "file"})
    assert RRN in got.text and got.headers["cache-control"] == "no-store"
    with app.db.read() as connection:
        rows = connection.execute(
            sa.select(audit_log).where(audit_log.c.action == "privacy.reveal")
        ).all()
    assert len(rows) == 2 and rows[0].subject == f"document:{house['open']}"
    assert '"duty"' in rows[0].detail and "rrn" in rows[0].detail
    assert not any("900101" in r.detail for r in rows)


def test_decisions_exclusions_and_undo(app: App, house: Any, signed_in: Any) -> None:
    officer = signed_in("officer")
    with app.db.read() as connection:
        rows = connection.execute(sa.select(findings).order_by(findings.c.id)).all()
    theirs = next(r for r in rows if r.document_id == house["closed"])
    mine = next(r for r in rows if r.document_id == house["open"] and r.type == "rrn")
    other = next(r for r in rows if r.document_id == house["open"] and r.type == "mobile")
    told = officer.post("/privacy/decide", {"ids": [theirs.id, mine.id], "state": "confirmed"})
    assert told.headers["location"].endswith("done=1")
    assert officer.post(f"/privacy/findings/{theirs.id}/exclude").status_code == 404
    assert (
        officer.post("/privacy/decide", {"ids": [mine.id], "state": "nonsense"}).status_code == 400
    )
    officer.post(f"/privacy/findings/{other.id}/exclude", {"everywhere": "true"})
    with app.db.read() as connection:
        held = connection.execute(sa.select(exclusions)).one()
        states = {
            (r.document_id, r.type): (r.state, r.decided_by)
            for r in connection.execute(sa.select(findings))
        }
    assert "5678" not in held.value and held.shown == "010-****-5678"
    assert states[house["open"], "mobile"] == ("false", "exclusion")
    assert states[house["open"], "rrn"] == ("confirmed", "officer")
    assert states[house["closed"], "rrn"][0] == "open"
    assert officer.post(f"/privacy/exclusions/{held.id}/undo").status_code == 303
    assert app.privacy_scan.run() == 3 and app.privacy_scan.waiting() == 0
    with app.db.read() as connection:
        again = {(r.document_id, r.type): r.state for r in connection.execute(sa.select(findings))}
    assert again[house["open"], "mobile"] == "open"
    assert again[house["open"], "rrn"] == FindingState.CONFIRMED


def test_scan_that_is_killed_goes_on(app: App, house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.db.write() as connection:
        before = connection.execute(sa.select(sa.func.count()).select_from(findings)).scalar_one()
        connection.execute(findings.delete())
        connection.execute(scans.delete())
    find, calls = Intake.find, []

    def dies(self: Intake, texts: Any, kind: str) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return find(self, texts, kind)

    monkeypatch.setattr(Intake, "find", dies)
    with pytest.raises(KeyboardInterrupt):
        app.privacy_scan.run()
    assert app.privacy_scan.waiting() == 2
    assert app.privacy_scan.run() == 2 and app.privacy_scan.run() == 0
    with app.db.read() as connection:
        after = connection.execute(sa.select(sa.func.count()).select_from(findings)).scalar_one()
    assert after == before > 3
