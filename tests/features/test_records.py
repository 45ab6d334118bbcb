"""The records officer's desk and the second person's."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from mokmin.app import App


def test_from_the_list_to_the_certificate_in_the_browser(
    app: App, people: Any, signed_in: Any, put: Any
) -> None:
    for login, role in (("rec", "records"), ("boss", "lead")):
        app.people.create_account(
            login=login, name=login, password=people.password, role=role, department="회계과"
        )
    put(app, "지침.txt", "겨울철 동파 대비 지침입니다.", closed_on=date(2001, 2, 3))
    kim, rec, boss = signed_in("kim"), signed_in("rec"), signed_in("boss")
    assert kim.get("/records").status_code == kim.get("/disposals").status_code == 403
    assert boss.post("/records/holds", {"scope": "person"}).status_code == 403
    wrong = rec.post("/records/holds", {"scope": "document", "target": "x", "reason": "감사"})
    assert wrong.status_code == 422 or wrong.status_code == 400
    where = rec.post("/records/disposals", {"reason": "만료분"}).headers["location"]
    number = re.findall(r"\d+", where)[0]
    assert rec.post(f"/disposals/{number}", {"decision": "approve"}).status_code == 403
    assert "승인하고 처분" in boss.get(f"/disposals/{number}").text
    unsure = boss.post(f"/disposals/{number}", {"decision": "approve", "note": "검토함"})
    assert unsure.status_code in (400, 422) and "표시해 주세요" in unsure.text
    fields = {"decision": "approve", "note": "검토함", "sure": "1"}
    sent = boss.post(f"/disposals/{number}", fields)
    assert sent.status_code == 303
    assert rec.get(f"{where}/certificate.csv").status_code in (400, 422)
    app.disposals.turn()
    page = rec.get(where).text
    assert "처분 끝남" in page and "처분함" in page
    paper = rec.get(f"{where}/certificate.csv")
    assert paper.status_code == 200 and "지침" not in paper.text and "처분함" in paper.text
    assert "처분 끝남" in rec.get("/records").text
