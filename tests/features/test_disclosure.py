"""Disclosure packs: two people, nothing beyond the maker's rights, nothing unmasked."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from openpyxl import load_workbook

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.errors import InvalidInput, NotAllowed
from mokmin.features.assistant.store import conversations, turns

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
    app.disclosures.turn()
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
