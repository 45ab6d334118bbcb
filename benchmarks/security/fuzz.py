"""Generated requests to every route, for longer than the tests do: nothing may break.

Usage: python benchmarks/security/fuzz.py [--examples 40] [--seed 1] [--seconds 600] [--out FILE.json]

An application with quick models and accounts of every role is made in an empty folder. Schemathesis
generates requests from the description of all routes (pages, the interface for programs, SCIM), with ids
that exist and that do not, hostile texts, and bodies that no generator of valid text makes; they are sent
as somebody who may, somebody who may not, and nobody, without a network. Exit status 1 when an answer
is a 500, an error that is no problem document, a status that the description does not name, or lacks a
header.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from pathlib import Path

from argon2 import PasswordHasher
from fuzzing import House, fuzz
from starlette.testclient import TestClient

from mokmin import migrations
from mokmin.app import App
from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.base.llm.fakes import HashEmbedder
from mokmin.governance.people.service import PeopleService
from mokmin.knowledge.search.fakes import MemoryIndex
from mokmin.settings import Settings
from mokmin.web import create_web


def main() -> int:
    """See the module."""
    root = argparse.ArgumentParser(description=__doc__)
    root.add_argument("--examples", type=int, default=40)
    root.add_argument("--seed", type=int, default=1)
    root.add_argument("--seconds", type=float, default=600)
    root.add_argument("--out", type=Path)
    options = root.parse_args()
    logging.disable(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        app = App(
            Settings(home=Path(folder), database_url=""),
            embedder=HashEmbedder(),
            analyser=SimpleAnalyser(),
            index=MemoryIndex(),
            models=[],
        )
        migrations.upgrade(app.db)
        app.people = PeopleService(
            app.db, hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        )
        web = create_web(app)
        begin = time.monotonic()
        with TestClient(web, raise_server_exceptions=False) as client:
            house = House(app, web, client)
            house.people()
            done = fuzz(
                house,
                examples=options.examples,
                seed_value=options.seed,
                stop=lambda: time.monotonic() - begin > options.seconds,
            )
        app.db.close()
    report = {
        "operations": done,
        "requests": house.sent,
        "seconds": round(time.monotonic() - begin, 1),
        "statuses": dict(sorted(house.statuses.items())),
        "failures": house.failures,
    }
    text = json.dumps(report, ensure_ascii=False, indent=1)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    sys.stdout.write(text + "\n")
    return 1 if house.failures else 0


if __name__ == "__main__":
    sys.exit(main())
