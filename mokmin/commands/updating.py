"""update: a new version out of a signed bundle, without a network."""

from __future__ import annotations

import argparse
import socket
import sys
import tempfile
from pathlib import Path

from sqlalchemy.engine import make_url

from mokmin import __version__, migrations
from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.errors import Conflict, InvalidInput
from mokmin.commands.output import Output
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.backup.bundle import Bundle, open_bundle, trusted_keys, unfit
from mokmin.knowledge.backup.updating import Past, Updater, history, this_installation
from mokmin.settings import Settings


def update(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin update check|apply BUNDLE`` and ``mokmin update history``."""
    if options.what == "history":
        return _history(settings, out)
    if options.what == "record":
        return _record(settings)
    if options.bundle is None:
        raise InvalidInput("업데이트 묶음 파일을 적어 주세요.")
    bundle = open_bundle(options.bundle, trusted_keys(settings.update_keys))
    reasons = unfit(bundle.manifest, __version__)
    if options.what == "check" or reasons:
        with tempfile.TemporaryDirectory() as folder:
            bundle.unpack(Path(folder))  # every wheel is the one that was signed
        return _check(bundle, reasons, out)
    return _apply(bundle, options.backup, settings, out)


def _check(bundle: Bundle, reasons: list[str], out: Output) -> int:
    told = bundle.manifest
    out.data(
        {
            "version": told.version,
            "present": __version__,
            "signer": bundle.signer,
            "wheels": [w.file for w in told.wheels],
            "created_at": told.created_at,
            "notes": told.notes,
            "good": not reasons,
            "reasons": reasons,
        }
    )
    out.say(f"목민 {__version__} → {told.version} · 서명 {bundle.signer} · {told.created_at}")
    if told.notes:
        out.say(told.notes)
    for reason in reasons:
        out.say(f"안 됨  {reason}")
    if not reasons:
        out.say("설치할 수 있습니다. 서비스를 멈춘 뒤 'mokmin update apply'를 실행해 주세요.")
    return 1 if reasons else 0


def _apply(bundle: Bundle, backup: Path | None, settings: Settings, out: Output) -> int:
    _refuse_running(settings)
    app = App(settings)
    place = this_installation(Path(sys.executable), __version__)
    url = make_url(settings.sqlalchemy_url)
    database = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
    moment = f"{utcnow():%Y%m%d-%H%M%S}"
    target = backup or settings.home / "updates" / f"before-{bundle.manifest.version}-{moment}.zip"
    target.parent.mkdir(parents=True, exist_ok=True)

    def back_up(file: Path) -> None:
        app.audit.record(OPERATOR, "update.begin", f"update:{bundle.manifest.version}")
        app.backup.make(file, out.progress)
        app.db.close()

    revision = str(migrations.state(app.db)[0])
    updater = Updater(settings.home, place, database, revision, back_up)
    past = updater.apply(bundle, target.absolute(), out.say)
    _tell(past, out)
    if past.result == "applied":
        updater.tell_the_log()
        return 0
    App(settings).audit.record(OPERATOR, "update.fail", f"update:{past.after}")
    return 1


def _tell(past: Past, out: Output) -> None:
    out.data(
        {
            "result": past.result,
            "before": past.before,
            "after": past.after,
            "reason": past.reason,
            "backup": past.backup,
        }
    )
    if past.result == "applied":
        out.say(
            f"목민 {past.after}로 바꾸었습니다. 이제 서비스를 시작해 주세요. 백업: {past.backup}"
        )
    else:
        out.say(f"바꾸지 못해 {past.before}로 되돌렸습니다. 까닭: {past.reason}")


def _history(settings: Settings, out: Output) -> int:
    for past in history(settings.home):
        out.data({"at": past.at, "before": past.before, "after": past.after, "result": past.result})
        word = "바꿈" if past.result == "applied" else "되돌림"
        out.say(f"{past.at}  {past.before} → {past.after}  {word}  {past.reason}".rstrip())
    return 0


def _record(settings: Settings) -> int:
    """The new version says on the log that it is there."""
    App(settings).audit.record(OPERATOR, "update.apply", f"update:{__version__}")
    return 0


def _refuse_running(settings: Settings) -> None:
    """Raises Conflict while the service answers at its address."""
    try:
        with socket.create_connection((settings.host, settings.port), timeout=1):
            pass
    except OSError:
        return
    raise Conflict(
        f"{settings.host}:{settings.port}에서 서비스가 돌고 있습니다. 서비스와 worker를 멈춘 뒤 다시 해 주세요. "
        "바뀐 것은 없습니다."
    )
