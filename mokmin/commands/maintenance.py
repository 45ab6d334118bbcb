"""migrate, doctor, reindex, account, audit, backup, restore."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from sqlalchemy.engine import make_url

from mokmin import migrations
from mokmin.app import App
from mokmin.app import restore as restore_of
from mokmin.base.db import Database
from mokmin.base.errors import InvalidInput
from mokmin.commands.output import Output
from mokmin.features.console.checks import run_checks
from mokmin.knowledge.backup.service import Summary
from mokmin.settings import Settings


def migrate(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin migrate [--to REVISION]``."""
    settings.home.mkdir(parents=True, exist_ok=True)
    db = Database(settings.sqlalchemy_url)
    before, _ = migrations.state(db)
    if options.to:
        migrations.downgrade(db, options.to)
    else:
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
        app.db,
        app.index,
        app.embedder,
        app.analyser,
        app.models,
        app.queue,
        settings.home,
        app.reranker,
        app.plugins.states,
    )
    out.data({"checks": [{"name": c.name, "ok": c.ok, "message": c.message} for c in checks]})
    for check in checks:
        out.say(f"{'정상' if check.ok else '확인'}  {check.name}: {check.message}")
    return 0 if all(c.ok for c in checks) else 1


def reindex(_options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin reindex``: the index anew from the database alone; the service goes on answering."""
    app = App(settings)
    made = app.ingestion.rebuild(lambda d, n: out.progress("색인 다시 만들기", d, n))
    out.data(asdict(made))
    out.say(f"단락 {made.passages:,}개의 색인을 {made.seconds:,.1f}초에 다시 만들었습니다.")
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


def audit(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin audit verify`` and ``mokmin audit care``."""
    app = App(settings)
    if options.what == "care":
        done = app.audit_care.run()
        out.data(asdict(done))
        out.say(
            f"앵커 {done.anchored or '이미 있음'} · 보관한 달 {len(done.archived)} · 기한이 지나 지운 달 "
            f"{len(done.removed)}"
        )
        return 0
    if options.anchors is not None and not options.anchors.is_dir():
        raise InvalidInput(f"앵커 폴더 '{options.anchors}'이(가) 없습니다. 경로를 확인해 주세요.")
    result = app.audit.verify(options.anchors)
    anchored = {"anchors": result.anchors, "anchored": result.anchored} if result.anchors else {}
    found = {"entries": result.entries, "ok": result.ok, "first_bad": result.first_bad}
    out.data(found | anchored)
    compared = (
        f"앵커 {result.anchors:,}일치와도 맞춰 보았습니다(마지막 {result.anchored})."
        if result.anchors
        else "맞춰 볼 앵커는 아직 없습니다."
    )
    out.say(
        f"감사 기록 {result.entries:,}건이 온전합니다. {compared}"
        if result.ok
        else f"감사 기록이 {result.first_bad}번째에서 어긋납니다. 바로 감사 담당에게 알리세요."
    )
    return 0 if result.ok else 1


def backup(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin backup FILE``: status 1 when an original was already lost (the file is made)."""
    database = make_url(settings.sqlalchemy_url)
    is_file = database.get_backend_name() == "sqlite"
    if not settings.home.is_dir() or (is_file and not Path(database.database or "").is_file()):
        raise InvalidInput(
            f"'{settings.home}'에 목민의 데이터가 없습니다. --home으로 데이터 폴더를 지정해 주세요."
        )
    app = App(settings)
    summary = app.backup.make(options.file, out.progress, force=options.force)
    app.db.close()
    _tell(summary, out)
    out.say(f"백업을 '{summary.file}'에 만들었습니다. 문서가 다 들어 있으니 안전한 곳에 두세요.")
    return _tell_missing(summary, out)


def restore(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin restore FILE``."""
    summary = restore_of(settings).run(options.file, out.progress)
    _tell(summary, out)
    out.say(
        f"'{settings.home}'에 되살렸습니다. 이제 서비스를 시작하고, 모두 다시 로그인하면 됩니다."
    )
    return _tell_missing(summary, out)


def _tell(summary: Summary, out: Output) -> None:
    values = {
        "bytes": summary.bytes,
        "documents": summary.documents,
        "passages": summary.passages,
        "files": summary.files,
        "seconds": summary.seconds,
    }
    out.data({"file": str(summary.file), **values})
    out.say(
        f"문서 {summary.documents:,}건 · 단락 {summary.passages:,}개 · 원본 {summary.files:,}개 · "
        f"{summary.bytes / 2**20:,.1f} MB · {summary.seconds:,}초"
    )


def _tell_missing(summary: Summary, out: Output) -> int:
    if not summary.missing:
        return 0
    out.note(
        f"원본 파일 {len(summary.missing):,}개는 백업할 때 이미 디스크에 없거나 바뀌어 있었습니다. 글과 찾기는 온전합니다: "
        + ", ".join(key[:12] for key in summary.missing[:10])
    )
    return 1
