"""Disclosure packs: two people, nothing beyond the maker's rights, nothing unmasked."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.errors import InvalidInput, NotAllowed
from mokmin.features.assistant.store import conversations, turns
from mokmin.features.records.service import JOB
from mokmin.features.tools.store import tool_runs
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.records.store import disposal_items, disposals

RRN = "900101-1234568"


def test_from_the_request_to_the_pack(app: App, people: Any, signed_in: Any, put: Any) -> None:
    for login, role in (("rec", "records"), ("rec2", "records"), ("boss", "lead")):
        app.people.create_account(
            login=login, name=login, password=people.password, role=role, department="회계과"
        )
    put(app, "동파.txt", f"겨울철 동파 민원. 신청인 주민등록번호 {RRN} 입니다.")
    secret = put(app, "비밀.txt", "동파 비밀 계획입니다.", audience=["복지과"])
    assert secret
    with app.db.write() as connection:
        now = utcnow()
        key = connection.execute(
            conversations.insert().values(
                user_id=people.kim.user_id, title="동파", created_at=now, updated_at=now
            )
        ).inserted_primary_key
        assert key is not None
        cited = json.dumps(
            {"lead": "인용한비밀", "sentences": [], "citations": [{"document_id": 9_999}]}
        )
        connection.execute(
            turns.insert().values(
                conversation_id=key[0],
                question=f"동파 {RRN} <script>",
                state="done",
                answer=cited,
                created_at=now,
            )
        )
    kim, rec, boss = signed_in("kim"), signed_in("rec"), signed_in("boss")
    assert kim.get("/records/disclosures").status_code == 403
    assert boss.post("/records/disclosures", {"matter": "동파"}).status_code == 403
    form = {"matter": "동파", "kinds": ["document", "conversation"]}
    where = rec.post("/records/disclosures", form).headers["location"]
    number = int(where.rsplit("/", 1)[1])
    assert rec.post(f"/disclosures/{number}", {}).status_code == 403
    me, lead = app.people.principal("rec"), app.people.principal("boss")
    _, lines = app.disclosures.one(me, number)
    kinds = [line.kind for line in lines]
    assert kinds == ["document", "conversation"], "the hidden document is not even listed"
    with pytest.raises(InvalidInput, match="제9조"):
        app.disclosures.decide(lead, number, {lines[0].id: ("closed", "", "")})
    assert "결정하고 자료 묶기" in boss.get(f"/disclosures/{number}").text
    assert boss.post(f"/disclosures/{number}", {}).status_code == 303
    assert app.queue.waiting(), "a worker is started for it"
    job = app.queue.lease("w", first=JOB)
    assert job is not None and (job.kind, job.subject_id) == (JOB, number)
    app.disclosures.run(number)
    app.disclosures.turn()
    with pytest.raises(NotAllowed):
        app.disclosures.file(app.people.principal("rec2"), number)
    sent = rec.get(f"{where}/pack.zip")
    assert sent.status_code == 200
    with zipfile.ZipFile(io.BytesIO(sent.content)) as pack:
        files = {name: pack.read(name) for name in pack.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    hashes = {name: hashlib.sha256(body).hexdigest() for name, body in files.items()}
    assert manifest["sha256"] == hashes and manifest["결정한 사람"] == "boss"
    records = [body.decode() for name, body in files.items() if name.startswith("records/")]
    assert len(records) == 2 and all("900101-1" in text and RRN not in text for text in records)
    assert not any(
        "인용한비밀" in text or "<script>" in text or "비밀 계획" in text for text in records
    )
    sheet = load_workbook(io.BytesIO(files["index.xlsx"])).active
    assert sheet is not None and sheet.max_row == 3
    assert app.audit.verify().ok


def test_more_sources_masked_by_the_decision(app: App, people: Any, put: Any) -> None:
    for login, role in (("rec", "records"), ("boss", "lead")):
        app.people.create_account(
            login=login, name=login, password=people.password, role=role, department="회계과"
        )
    rec, boss = app.people.principal("rec"), app.people.principal("boss")
    plain = put(app, "보수.txt", "청사 보수 계획입니다.").document_id
    private = put(app, "보수민원.txt", "청사 보수 민원. 전화 010-2345-6789 입니다.").document_id
    gone = put(app, "뺀것.txt", "청사 보수 옛 계획입니다.").document_id
    hidden = put(app, "비밀.txt", "청사 보수 비밀입니다.", audience=["복지과"]).document_id
    app.documents.delete(OPERATOR, gone)
    now = utcnow()
    with app.db.write() as connection:
        values = {"user_id": people.kim.user_id, "created_at": now, "updated_at": now}
        for cited in (plain, hidden):
            answer = {"lead": "청사 보수 3억", "citations": [{"document_id": cited}]}
            key = connection.execute(
                conversations.insert().values(title="예산", **values)
            ).inserted_primary_key
            assert key is not None
            connection.execute(
                turns.insert().values(
                    conversation_id=key[0],
                    question="얼마?",
                    state="done",
                    answer=json.dumps(answer, ensure_ascii=False),
                    created_at=now,
                )
            )
            result = {"columns": ["금액"], "rows": [], "title": "청사 보수", "citations": []}
            connection.execute(
                tool_runs.insert().values(
                    kind="table",
                    title="청사 보수 표",
                    inputs=json.dumps([[cited, 1]]),
                    options="{}",
                    state="done",
                    result=json.dumps(result, ensure_ascii=False),
                    grade="O",
                    **values,
                )
            )
        disposal = connection.execute(
            disposals.insert().values(
                state="done", reason="만료", made_by="rec", made_at=now, hash="h"
            )
        ).inserted_primary_key
        assert disposal is not None
        connection.execute(
            disposal_items.insert().values(
                disposal_id=disposal[0],
                kind="conversation",
                item_id=777,
                person="kim",
                closed_on=date(2020, 1, 1),
                period="3",
                state="disposed",
            )
        )
    app.audit.record(people.kim, "document.view", f"document:{gone}")
    app.records.place(rec, "dates", "", "소송", from_on=app.people.today())
    kinds = list(app.disclosures.kinds)
    number = app.disclosures.propose(rec, "청사 보수", "", None, None, kinds)
    _, lines = app.disclosures.one(rec, number)
    found = [(line.kind, line.item_id) for line in lines]
    assert [key for kind, key in found if kind == "document"] == [plain, private, gone]
    assert [kind for kind, _ in found].count("conversation") == 1, (
        "words of the answer that is seen"
    )
    assert [kind for kind, _ in found].count("tool_run") == 1
    app.disclosures.decide(boss, number, {line.id: ("open", "", "") for line in lines})
    app.disclosures.turn()
    names, rows = opened(app, rec, number)
    originals = [name for name in names if name.startswith("originals/")]
    assert len(originals) == 2, "not of the one in which something had to be masked"
    remarks = {(row[1], row[2]): row[8] for row in rows}
    assert "원본 없음" in remarks["문서고 문서", str(private)]
    assert "처분 전" in remarks["문서고 문서", str(gone)]
    assert all("보존 조치 중" in remark for remark in remarks.values())

    number = app.disclosures.propose(rec, "", "kim", None, None, ["conversation", "audit"])
    found_pack, lines = app.disclosures.one(rec, number)
    assert found_pack.counts["absent"] == 1
    app.disclosures.decide(boss, number, {line.id: ("open", "", "") for line in lines})
    app.disclosures.turn()
    names, rows = opened(app, rec, number)
    absent = next(row for row in rows if row[4] == "부존재")
    assert absent[2] == "777" and absent[7] == "" and "처분 확인서" in absent[8]
    activity = next(body for name, body in names.items() if "-audit-" in name).decode()
    assert "<table" in activity and f"document:{gone}" not in activity
    assert "문서 열람" in activity


def opened(app: App, maker: Any, number: int) -> tuple[dict[str, bytes], list[list[str]]]:
    """The files of a pack, and the rows of its index."""
    with zipfile.ZipFile(app.disclosures.file(maker, number)) as pack:
        files = {name: pack.read(name) for name in pack.namelist()}
    sheet = load_workbook(io.BytesIO(files["index.xlsx"])).active
    assert sheet is not None
    rows = [[str(c.value or "") for c in row] for row in sheet.iter_rows(min_row=2)]
    return files, rows
