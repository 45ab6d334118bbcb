"""migrate, doctor, reindex, account, audit."""

from __future__ import annotations

import argparse
import sys

from mokmin import migrations
from mokmin.app import App
from mokmin.base.db import Database
from mokmin.commands.output import Output
from mokmin.features.console.checks import run_checks
from mokmin.settings import Settings


def migrate(_options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin migrate``."""
    settings.home.mkdir(parents=True, exist_ok=True)
    db = Database(settings.sqlalchemy_url)
    before, _ = migrations.state(db)
    migrations.upgrade(db)
    after, _ = migrations.state(db)
    out.data({"before": before, "after": after})
    out.say(
        "데이터베이스가 이미 최신입니다."
        if before == after
        else f"데이터베이스를 {after}로 올렸습니다."
    )
    return 0


def doctor(_options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin doctor``."""
    app = App(settings)
    checks = run_checks(
        app.db, app.index, app.embedder, app.analyser, app.models, app.queue, settings.home
    )
    out.data({"checks": [{"name": c.name, "ok": c.ok, "message": c.message} for c in checks]})
    for check in checks:
        out.say(f"{'정상' if check.ok else '확인'}  {check.name}: {check.message}")
    return 0 if all(c.ok for c in checks) else 1


def reindex(_options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin reindex``: the index anew from the database alone."""
    app = App(settings)
    count = app.ingestion.rebuild(lambda d, n: out.progress("색인 다시 만들기", d, n))
    out.data({"passages": count})
    out.say(f"단락 {count:,}개의 색인을 다시 만들었습니다.")
    return 0


def account(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin account LOGIN``."""
    app = App(settings)
    source = options.password_file
    text = source.read_text(encoding="utf-8") if source else sys.stdin.readline()
    app.people.create_account(
        login=options.login,
        name=options.name or options.login,
        password=text.strip(),
        role=options.role,
        department=options.department,
    )
    out.data({"login": options.login, "role": options.role})
    out.say(f"{options.login} 계정을 만들었습니다.")
    return 0


def audit(_options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin audit verify``."""
    result = App(settings).audit.verify()
    out.data({"entries": result.entries, "ok": result.ok, "first_bad": result.first_bad})
    out.say(
        f"감사 기록 {result.entries:,}건이 온전합니다."
        if result.ok
        else f"감사 기록이 {result.first_bad}번째에서 어긋납니다. 바로 감사 담당에게 알리세요."
    )
    return 0 if result.ok else 1
