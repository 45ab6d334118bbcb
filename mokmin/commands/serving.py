"""up, serve, worker."""

from __future__ import annotations

import argparse
import getpass
import logging
import secrets
import signal
import subprocess
import sys
import threading
import time

import uvicorn
from sqlalchemy.exc import DBAPIError

from mokmin.app import App
from mokmin.base.errors import MokminError
from mokmin.base.jobs.supervisor import Supervisor
from mokmin.commands.output import Output
from mokmin.demo import loader
from mokmin.features.forms.batches import JOB as FORM_BATCH
from mokmin.features.records.service import JOB as DISCLOSURE
from mokmin.features.stewardship.watch_store import JOB as WATCH
from mokmin.governance.endpoints.watching import TURN_SECONDS
from mokmin.governance.records.disposal import JOB as DISPOSAL
from mokmin.knowledge.backup.updating import refuse_unfinished
from mokmin.knowledge.ingestion.embedding_runs import JOB as EMBED
from mokmin.knowledge.ingestion.worker import Task, Worker
from mokmin.settings import Settings, demo_password, first_password
from mokmin.web import create_web

log = logging.getLogger(__name__)
WORKER_IDLE_SECONDS = "20"
WARM_UP_DELAY_SECONDS = 1.0
CARE_SECONDS, RETRY_SECONDS = 3600.0, 60.0
# Short turns: looking through a text holds the interpreter.
SCAN_SECONDS, SCAN_PAUSE_SECONDS = 0.5, 5.0
FOLDER_SECONDS = 30.0


def up(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin up``: prepare what is missing, then serve."""
    refuse_unfinished(settings.home)
    app = App(settings)
    out.say("데이터베이스를 확인합니다.")
    app.db.ping()
    renew_index(app, out)
    if options.no_demo:
        _first_administrator(app, out)
    elif _demo_is_missing(app):
        out.say("시범 도시를 싣습니다. 처음 한 번만 하며 1~3분쯤 걸립니다.")
        # In a process of its own, so that what loading takes in memory does not stay.
        home = str(settings.home.resolve())
        command = [sys.executable, "-m", "mokmin", "--home", home, "demo"]
        if subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode:  # noqa: S603
            out.note("시범 도시를 다 싣지 못했습니다. 다시 시작하면 멈춘 곳부터 이어집니다.")
            return 1
    if not options.no_demo:
        _say_how_to_sign_in(out, settings)
    return _serve(app, out)


def demo(_options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin demo``: load the demo city, or what is missing of it."""
    fresh = loader.load(App(settings), demo_password(), out.progress)
    (settings.home / "demo-loaded").write_text(loader.fingerprint(), encoding="utf-8")
    out.data({"documents": fresh})
    out.say(f"새 문서 {fresh:,}건을 실었습니다.")
    return 0


def serve(_options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin serve``."""
    refuse_unfinished(settings.home)
    app = App(settings)
    renew_index(app, out)
    return _serve(app, out)


def worker(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin worker``."""
    app = App(settings)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    chores = (
        app.new_day.turn,
        app.audit_care.run,
        app.rights.follow_days,
        app.privacy_scan.turn,
        app.disposals.turn,
        app.disclosures.turn,
        app.form_batches.sweep,
        app.watch_desk.turn,
        app.webhooks.turn,
        app.weekly_reports.turn,
        app.notices.turn,
        app.reembedding.turn,
    )
    tasks: dict[str, Task] = {
        FORM_BATCH: app.form_batches,
        WATCH: app.folder_sync,
        DISPOSAL: app.disposals,
        DISCLOSURE: app.disclosures,
        EMBED: app.reembedding,
    }
    done = Worker(app.queue, app.ingestion, app.index, chores, tasks).run(
        idle_seconds=options.until_idle, stop=stop.is_set
    )
    out.data({"jobs": done})
    return 0


def renew_index(app: App, out: Output) -> None:
    """Rebuild an index that an older version made, or that is missing, in a process of its own."""
    if not app.index_is_outdated():
        return
    out.say("색인을 이 판에 맞게 다시 만듭니다. 문서는 그대로이며, 한 번만 합니다.")
    home = str(app.settings.home.resolve())
    command = [sys.executable, "-m", "mokmin", "--home", home, "reindex"]
    if subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode:  # noqa: S603
        out.note(
            "색인을 다 만들지 못해 찾기에 빠지는 문서가 있을 수 있습니다. 문서는 모두 그대로입니다. "
            "'mokmin reindex'로 다시 만들어 주세요."
        )


def _demo_is_missing(app: App) -> bool:
    mark = app.settings.home / "demo-loaded"
    return not mark.is_file() or mark.read_text(encoding="utf-8") != loader.fingerprint()


def _say_how_to_sign_in(out: Output, settings: Settings) -> None:
    accounts = loader.city()["accounts"]
    out.say("")
    out.say(f"  주소      http://{settings.host}:{settings.port}")
    out.say(f"  비밀번호  {demo_password()}  (시범 계정 공통)")
    for account in accounts:
        post = account.get("post", "")
        out.say(
            f"  아이디    {account['login']:<12} {account['name']} · {account['department']} {post}"
        )
    out.say("")


def _first_administrator(app: App, out: Output) -> None:
    if app.people.has_accounts():
        return
    password = first_password()
    if password is None and sys.stdin.isatty():
        while password is None:
            typed = getpass.getpass("첫 관리자(admin)의 비밀번호를 정해 주세요(10자 이상): ")
            try:
                _create_admin(app, typed)
            except MokminError as error:
                out.note(error.message)
                continue
            password = typed
        return
    if password is not None:
        _create_admin(app, password)
        return
    code = secrets.token_urlsafe(9)
    (app.settings.home / "setup-code").write_text(code, encoding="utf-8")
    (app.settings.home / "setup-code").chmod(0o600)
    out.say(f"첫 관리자를 만들려면 http://{app.settings.host}:{app.settings.port}/setup 을 여세요.")
    out.say(f"설정 코드: {code}")


def _create_admin(app: App, password: str) -> None:
    app.people.create_account(login="admin", name="관리자", password=password, role="admin")


def _warm_up(app: App, server: uvicorn.Server) -> None:
    """Load the models once the first page had its chance: loading holds the interpreter."""
    while not server.started and not server.should_exit:
        time.sleep(0.1)
    time.sleep(WARM_UP_DELAY_SECONDS)
    app.warm_up()


def _care(app: App, server: uvicorn.Server) -> None:
    """Begin the day where no request did, look after the audit log, and have the index drop rights
    that ended: at the start, once an hour, and when a day begins."""
    next_at = retry_at = 0.0
    while not server.should_exit:
        time.sleep(1)
        now = time.monotonic()
        if not server.started or now < retry_at:
            continue
        if now < next_at and not app.new_day.is_new():
            continue
        next_at, retry_at = now + CARE_SECONDS, now + RETRY_SECONDS
        try:
            app.new_day.turn()
            app.audit_care.run()
            app.rights.follow_days()
        except (MokminError, DBAPIError, OSError) as error:
            # Tried again at the next turn.
            log.warning("care broke", extra={"error": type(error).__name__})


def _watch_models(app: App, server: uvicorn.Server) -> None:
    """See whether models that failed are there again, so that nobody has to try them in vain."""
    while not server.should_exit:
        time.sleep(TURN_SECONDS)
        try:
            if server.started:
                app.endpoint_watch.turn()
        except (MokminError, DBAPIError, OSError) as error:
            # Tried again at the next turn.
            log.warning("model watch broke", extra={"error": type(error).__name__})


def _queue_folders(app: App, server: uvicorn.Server) -> None:
    """Queue the watched folders whose time has come, and a change of the embedding model that stopped:
    here, because a worker that has no jobs leaves."""
    while not server.should_exit:
        time.sleep(FOLDER_SECONDS)
        try:
            if server.started:
                app.watch_desk.turn()
                app.reembedding.turn()
        except (MokminError, DBAPIError, OSError) as error:
            # Tried again at the next turn.
            log.warning("folders not queued", extra={"error": type(error).__name__})


def _look_through(app: App, server: uvicorn.Server) -> None:
    """Find personal information in documents from before, a little at a time: here, because a worker
    that has no jobs leaves."""
    while not server.should_exit:
        time.sleep(SCAN_PAUSE_SECONDS)
        try:
            if server.started:
                app.privacy_scan.run(SCAN_SECONDS)
        except (MokminError, DBAPIError, OSError) as error:
            # Tried again at the next turn.
            log.warning("privacy scan broke", extra={"error": type(error).__name__})


def _serve(app: App, out: Output) -> int:
    settings = app.settings
    command = [
        sys.executable,
        "-m",
        "mokmin",
        "--home",
        str(settings.home.resolve()),
        "worker",
        "--until-idle",
        WORKER_IDLE_SECONDS,
    ]
    supervisor = Supervisor(app.queue, command)
    app.assistant.recover()
    app.ingestion.adopt()
    supervisor.start()
    out.say(f"목민이 http://{settings.host}:{settings.port} 에서 시작합니다. 멈추려면 Ctrl+C.")
    server = uvicorn.Server(
        uvicorn.Config(
            create_web(app),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            # Longer than clients and gateways keep an idle connection: whoever closes first must not be us
            # while a request is on its way.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=3,
        )
    )
    threading.Thread(target=_warm_up, args=(app, server), name="warm-up", daemon=True).start()
    threading.Thread(target=_care, args=(app, server), name="audit-care", daemon=True).start()
    threading.Thread(
        target=_watch_models, args=(app, server), name="model-watch", daemon=True
    ).start()
    threading.Thread(
        target=_queue_folders, args=(app, server), name="watched-folders", daemon=True
    ).start()
    threading.Thread(
        target=_look_through, args=(app, server), name="privacy-scan", daemon=True
    ).start()
    try:
        server.run()
    finally:
        supervisor.stop()
        app.db.close()
    return 0 if server.started else 1
