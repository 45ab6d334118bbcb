"""Arguments of every command, and the one place where an error becomes an exit status."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from mokmin.base import logs
from mokmin.base.errors import InvalidInput, MokminError
from mokmin.commands import (
    comparing,
    drafting,
    embedding,
    library,
    maintenance,
    measuring,
    opening,
    privacy,
    programs,
    serving,
    switching,
    updating,
)
from mokmin.commands.output import Output
from mokmin.settings import Settings, load_settings

Command = Callable[[argparse.Namespace, Settings, Output], int]


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = argparse.ArgumentParser(prog="mokmin", description="목민: 시 행정을 위한 인공지능 체계")
    root.add_argument("--home", type=Path, help="데이터 폴더 (기본: MOKMIN_HOME 또는 .home)")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, action: Command, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.add_argument("--json", action="store_true", help="표준 출력에 JSON만 씁니다")
        made.set_defaults(action=action)
        return made

    up = add("up", serving.up, "준비부터 서비스까지 한 번에 시작합니다")
    up.add_argument("--no-demo", action="store_true", help="시범 도시 없이 빈 상태로 시작합니다")
    add("demo", serving.demo, "시범 도시를 싣습니다")
    add("serve", serving.serve, "웹 서비스를 시작합니다")
    worker = add("worker", serving.worker, "문서 읽기 작업을 처리합니다")
    worker.add_argument("--until-idle", type=float, metavar="SECONDS", default=None)

    read = add("read", library.read, "파일 하나를 읽어 보여 줍니다(저장하지 않음)")
    read.add_argument("file", type=Path)
    ingest = add("ingest", library.ingest, "파일이나 폴더를 문서고에 넣습니다")
    ingest.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    ingest.add_argument("--grade", choices=("O", "S", "C"), default="O")
    ingest.add_argument("--department", default="")
    ingest.add_argument("--allow", action="append", default=[], metavar="GROUP")
    search = add("search", library.search, "문서고에서 찾습니다")
    search.add_argument("query")
    search.add_argument("--as", dest="user")
    search.add_argument("--top", type=int, default=10)
    ask = add("ask", library.ask, "질문에 근거를 달아 답합니다")
    ask.add_argument("question")
    ask.add_argument("--as", dest="user")
    ask.add_argument("--model")

    draft = add("draft", drafting.draft, "사실로 공문서를 써서 HWPX로 저장합니다")
    draft.add_argument("kind", metavar="KIND", help="기안문, 보고서, 보도자료 등 문서 종류")
    draft.add_argument("--facts", type=Path, required=True, metavar="F.json")
    draft.add_argument("--out", type=Path, required=True, metavar="FILE.hwpx")

    pii = add("pii", privacy.pii, "글에서 개인정보를 찾아 가립니다(저장하지 않음)")
    pii.add_argument("file", type=Path, nargs="?", metavar="FILE", help="없으면 표준 입력")

    _evaluation(commands.add_parser("eval", help="찾기와 답변의 품질을 잽니다"))

    migrate = add("migrate", maintenance.migrate, "데이터베이스를 최신 구조로 올립니다")
    migrate.add_argument("--to", metavar="REVISION", help="되돌릴 때: 이 구조로 내립니다")
    add("doctor", maintenance.doctor, "설치 상태를 점검합니다")
    add("reindex", maintenance.reindex, "데이터베이스로부터 색인을 다시 만듭니다")
    backup = add("backup", maintenance.backup, "서비스를 멈추지 않고 전체를 파일 하나로 백업합니다")
    backup.add_argument("file", type=Path, metavar="FILE")
    backup.add_argument("--force", action="store_true", help="있는 파일을 덮어씁니다")
    restore = add("restore", maintenance.restore, "백업을 빈 데이터 폴더에 되살립니다")
    restore.add_argument("file", type=Path, metavar="FILE")
    for command in (backup, restore):
        command.add_argument(
            "--home",
            type=Path,
            default=argparse.SUPPRESS,
            help="데이터 폴더 (명령 앞에 적어도 됩니다)",
        )
    account = add("account", maintenance.account, "계정을 만듭니다")
    account.add_argument("login")
    account.add_argument("--name", default="")
    account.add_argument("--role", default="official")
    account.add_argument("--department")
    account.add_argument("--password-file", type=Path, help="없으면 표준 입력에서 읽습니다")
    readers = add(
        "readers", opening.readers, "문서를 볼 사람을 보거나 더합니다(기간이 모두 끝났을 때)"
    )
    readers.add_argument("document", type=int, metavar="DOCUMENT", help="문서 번호")
    readers.add_argument(
        "--add", action="append", default=[], metavar="WHO", help="staff, 부서 이름, 아이디"
    )
    readers.add_argument("--until", type=date.fromisoformat, metavar="YYYY-MM-DD")
    switch = add("switch", switching.switch, "AI 기능과 모델을 끄고 켭니다(화면을 열 수 없을 때도)")
    switch.add_argument("what", choices=("list", "off", "on"))
    switch.add_argument("key", nargs="?", metavar="KEY", help="예: assistant, model:이름")
    switch.add_argument("--notice", default="", help="직원에게 보일 알림")
    update = add("update", updating.update, "서명된 묶음으로 새 판을 설치합니다(네트워크 없이)")
    update.add_argument("what", choices=("check", "apply", "history", "record"))
    update.add_argument("bundle", type=Path, nargs="?", metavar="BUNDLE")
    update.add_argument("--backup", type=Path, metavar="FILE", help="백업을 둘 파일")
    embed = add("embedding", embedding.embedding, "찾기에 쓰는 임베딩 모델을 보고 바꿉니다")
    embed.add_argument(
        "what",
        choices=("list", "check", "change", "accept", "status", "cancel", "back", "drop"),
    )
    embed.add_argument(
        "model", nargs="?", default="", metavar="MODEL", help="check는 모델, 나머지는 점검 번호"
    )
    embed.add_argument("--query-prefix", default="", help="질문 앞에 붙일 말, 예: 'query: '")
    embed.add_argument("--passage-prefix", default="", help="글 앞에 붙일 말, 예: 'passage: '")
    embed.add_argument("--most-characters", type=int, default=2000, metavar="N")
    mcp = add("mcp", programs.mcp, "이 기기의 프로그램에 MCP를 표준 입출력으로 엽니다")
    mcp.add_argument("--as", dest="user", required=True, metavar="LOGIN", help="누구의 권한으로")
    audit = add(
        "audit",
        maintenance.audit,
        "감사 기록이 온전한지 확인하거나(verify), 앵커와 지난 달 보관을 지금 합니다(care)",
    )
    audit.add_argument("what", choices=("verify", "care"))
    audit.add_argument(
        "--anchors", type=Path, metavar="DIR", help="따로 보관한 앵커의 폴더와도 맞춰 봅니다"
    )
    return root


def _evaluation(evaluate: argparse.ArgumentParser) -> None:
    """``eval retrieval``, ``eval answers`` and ``eval compare``."""
    evaluate.add_argument("--json", action="store_true", help="표준 출력에 JSON만 씁니다")
    kinds = evaluate.add_subparsers(dest="what", required=True, metavar="retrieval|answers|compare")

    def add(name: str, action: Command, text: str) -> argparse.ArgumentParser:
        made = kinds.add_parser(name, help=text, description=text)
        # Suppressed, so that ``eval --json answers`` is not undone here.
        made.add_argument(
            "--json",
            action="store_true",
            default=argparse.SUPPRESS,
            help="표준 출력에 JSON만 씁니다",
        )
        made.set_defaults(action=action)
        return made

    def measure(name: str, action: Command, text: str) -> argparse.ArgumentParser:
        made = add(name, action, text)
        made.add_argument("--corpus", type=Path, required=True, help="문서 모음 (JSONL)")
        made.add_argument("--limit", type=int, help="앞에서부터 이만큼의 질문만 잽니다")
        made.add_argument("--details", type=Path, help="질문별 결과를 적을 파일 (JSONL)")
        return made

    found = measure("retrieval", measuring.retrieval, "찾기 품질을 잽니다")
    found.add_argument("--queries", type=Path, required=True, help="질문과 정답 문서 (JSONL)")
    found.add_argument("--top", type=int, default=10, help="앞의 몇 건까지 볼지")
    found.add_argument("--mode", choices=("hybrid", "lexical", "dense"), default="hybrid")
    found.add_argument(
        "--rerank", action="store_true", help="재정렬 모델을 쓸 때와 안 쓸 때를 짝지어 잽니다"
    )
    answered = measure("answers", measuring.answers, "답변과 출처의 품질을 잽니다")
    answered.add_argument("--questions", type=Path, required=True, help="질문과 정답 (JSONL)")
    answered.add_argument("--model", help="물어볼 언어모델 (없으면 원문 발췌)")
    both = add("compare", comparing.compared, "앞뒤 두 결과를 질문별로 견줍니다")
    both.add_argument("before", type=Path, metavar="BEFORE", help="앞의 결과")
    both.add_argument("after", type=Path, metavar="AFTER", help="뒤의 결과")
    both.add_argument("--keep", action="store_true", help="답변 검토 화면에 보이게 둡니다")


def run(arguments: Sequence[str]) -> int:
    """Run one command; the exit status."""
    options = parser().parse_args(arguments)
    output = Output(json=options.json)
    try:
        settings = load_settings(options.home)
        logs.configure(settings.log_level if options.command in ("up", "serve") else "WARNING")
        action: Command = options.action
        return action(options, settings, output)
    except MokminError as error:
        output.error(error)
        return 2 if isinstance(error, InvalidInput) else 1
    except BrokenPipeError:
        # The reader of our output left (``| head``): nothing to say to it any more.
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        sys.stderr.write("\n멈췄습니다. 이미 끝난 것은 그대로 남아 있습니다.\n")
        return 1
