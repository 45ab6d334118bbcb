"""The console's overview over a million rows: time of the whole page and of its sums.

``python benchmarks/overview.py --home COPY`` fills a copy of a demo home with 1,000,000 entries of the log, 90 days
of use by 11,111 people in 300 departments and 180 days of answers, then asks for ``/admin`` as an administrator, by
the application without a network. The entries break the chain of the log: the copy is for this alone. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi.testclient import TestClient

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.governance.audit.store import audit_log
from mokmin.governance.usage.metering import usage_days, usage_totals
from mokmin.governance.usage.quality import NUMBERS, TIMES, answer_days
from mokmin.settings import demo_password, load_settings
from mokmin.web import create_web

ENTRIES, PEOPLE, DEPARTMENTS, DAYS = 1_000_000, 11_111, 300, 90
CHUNK = 10_000
KINDS = ("answer", "search", "document.view")
FEATURES = ("assistant", "search", "tools", "drafting")


def fill(app: App) -> None:
    """Add the rows."""
    random.seed(3)
    now, day = utcnow(), utcnow().date()
    with app.db.write() as connection:
        last = connection.execute(sa.select(sa.func.max(audit_log.c.seq))).scalar_one()
        one = dict(connection.execute(sa.select(audit_log).limit(1)).mappings().one())
        for begin in range(0, ENTRIES, CHUNK):
            rows = [
                one | {
                    "seq": last + 1 + n,
                    "action": random.choice(KINDS),
                    "at": (now - timedelta(seconds=7 * (ENTRIES - n))).isoformat(),
                }
                for n in range(begin, begin + CHUNK)
            ]  # fmt: skip
            connection.execute(audit_log.insert(), rows)
        for back in range(DAYS):
            connection.execute(
                usage_days.insert(), [_used(day - timedelta(back), n) for n in range(PEOPLE)]
            )
        connection.execute(usage_totals.delete())
        keys = [c for c in usage_totals.primary_key.columns]
        sums = [c for c in usage_totals.c if c not in keys]
        query = sa.select(
            *(usage_days.c[k] for k in keys), *(sa.func.sum(usage_days.c[s]) for s in sums)
        ).group_by(*(usage_days.c[k] for k in keys))
        connection.execute(usage_totals.insert().from_select([*keys, *sums], query))
        connection.execute(answer_days.delete())
        for back in range(2 * DAYS):
            connection.execute(
                answer_days.insert(),
                [
                    {"day": day - timedelta(back), "department_id": place, "mode": mode}
                    | {name: random.randint(0, 9) for name in (*NUMBERS, *TIMES)}
                    for place in range(1, DEPARTMENTS + 1)
                    for mode in ("extractive", "generative")
                ],
            )


def _used(day: Any, number: int) -> dict[str, Any]:
    counts = {c: 5 for c in usage_days.c if c not in usage_days.primary_key.columns}
    return counts | {
        "day": day, "user_id": 100_000 + number, "department_id": number % DEPARTMENTS + 1,
        "feature": random.choice(FEATURES), "channel": "web", "model": "", "assistant_id": 0,
    }  # fmt: skip


def main() -> int:
    """Fill and measure; 1 when the bar of a second is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    app = App(load_settings(parser.parse_args().home))
    fill(app)
    app.warm_up()
    session = app.sign_in.with_password("ye.dan", demo_password())
    result: dict[str, Any] = {}
    with TestClient(create_web(app), base_url="http://testserver") as client:
        client.cookies.set("mokmin_session", session.token)
        for span in (7, 30, 90):
            seconds = []
            for _ in range(5):
                begin = time.perf_counter()
                answer = client.get(f"/admin?span={span}")
                seconds.append(time.perf_counter() - begin)
                assert answer.status_code == 200 and "<svg" in answer.text
            result[f"{span} days"] = {
                "first": round(seconds[0], 2),
                "median": round(statistics.median(seconds), 2),
            }
    with app.db.read() as connection:
        for table in (audit_log, usage_days, usage_totals, answer_days):
            count = sa.select(sa.func.count()).select_from(table)
            result[table.name] = connection.execute(count).scalar_one()
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if max(result[f"{span} days"]["first"] for span in (7, 30, 90)) <= 1 else 1


if __name__ == "__main__":
    sys.exit(main())
