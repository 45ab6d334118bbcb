"""Are the sums of use exactly what an endpoint counted? 1,000 calls of a scripted endpoint from 20 threads.

    python benchmarks/metering.py

Prints the endpoint's own sums, those of the table and of the log, and the milliseconds that counting adds
to an entry of the log. Exits with 1 when a figure differs.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sqlalchemy as sa

from mokmin import migrations
from mokmin.base.db import Database
from mokmin.base.llm.ports import Message, ModelProfile, Pieces, Usage
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.audit.model_calls import RecordedModel
from mokmin.governance.audit.service import AuditLog, audit_log
from mokmin.governance.usage.metering import meter, usage_days, usage_totals

CALLS, THREADS = 1_000, 20


class Endpoint:
    """Counts tokens itself, as an endpoint that reports its usage does."""

    name, grade = "scripted", "C"
    profile = ModelProfile(won_in=1_500, won_out=6_000)

    def __init__(self) -> None:
        self.told: list[Usage] = []
        self.random = random.Random(20261123)

    def stream(self, messages: list[Message], *, max_tokens: int = 1024) -> Pieces:
        """See ``ChatModel.stream``."""
        del messages
        usage = Usage(self.random.randint(1, 8_000), self.random.randint(0, max_tokens))

        def write(pieces: Pieces):
            yield "하나 "
            yield "둘"
            self.told.append(usage)
            pieces.usage = usage

        return Pieces(write)

    def probe(self) -> str:
        """See ``ChatModel.probe``."""
        return ""


def main() -> int:
    """Run and compare."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{Path(folder) / 'mokmin.db'}")
        migrations.upgrade(db)
        seconds = {}
        for counting in (False, True):
            endpoint, audit = Endpoint(), AuditLog(db)
            audit.meter = meter if counting else None

            def call(_: int, endpoint: Endpoint = endpoint, audit: AuditLog = audit) -> None:
                model = RecordedModel(
                    endpoint, audit, OPERATOR, purpose="answer", grade="O", count=len
                )
                list(model.stream([Message("user", "물음")], max_tokens=900))

            begin = time.perf_counter()
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(call, range(CALLS)))
            seconds[counting] = time.perf_counter() - begin
        told = (
            CALLS,
            sum(u.tokens_in for u in endpoint.told),
            sum(u.tokens_out for u in endpoint.told),
        )
        with db.read() as connection:
            tables = [
                tuple(
                    connection.execute(
                        sa.select(
                            sa.func.sum(t.c.calls),
                            sa.func.sum(t.c.tokens_in),
                            sa.func.sum(t.c.tokens_out),
                        )
                    ).one()
                )
                for t in (usage_days, usage_totals)
            ]
            entries = connection.execute(
                sa.select(audit_log.c.detail).order_by(audit_log.c.seq.desc()).limit(CALLS)
            ).scalars()
            details = [json.loads(text) for text in entries]
        log = (len(details), *(sum(d[k] for d in details) for k in ("tokens_in", "tokens_out")))
        added = (seconds[True] - seconds[False]) / CALLS * 1000
        sys.stdout.write(f"endpoint {told}\nby person {tables[0]}\ntotals {tables[1]}\nlog {log}\n")
        sys.stdout.write(f"{added:.2f} ms a call added by counting\n")
        return 0 if {told, *tables, log} == {told} else 1


if __name__ == "__main__":
    sys.exit(main())
