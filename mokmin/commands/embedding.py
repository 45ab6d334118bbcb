"""embedding: the model that the library is searched with, looked at and changed."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict

from mokmin.app import App
from mokmin.base.errors import InvalidInput
from mokmin.commands.output import Output
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.ingestion.embedding_check import Report
from mokmin.knowledge.ingestion.embedding_desk import OPEN
from mokmin.knowledge.search.embedding import Choice, EmbeddingModel
from mokmin.settings import Settings

STATES = {
    "checked": "점검함",
    "refused": "쓸 수 없음",
    "embedding": "벡터 만드는 중",
    "waiting": "모델을 기다리는 중",
    "building": "새 색인 만드는 중",
    "switching": "바꾸는 중",
    "ready": "정해 주세요",
    "current": "쓰는 중",
    "leaving": "되돌리는 중",
    "returning": "되돌리는 중",
    "kept": "보관 중",
    "failed": "멈춤",
    "cancelled": "그만둠",
    "dropped": "지움",
}


def embedding(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin embedding list|check|change|accept|status|cancel|back|drop``."""
    app = App(settings)
    verbs: dict[str, Callable[[App, argparse.Namespace, Output], int]] = {
        "list": _list,
        "check": _check,
        "change": _change,
        "status": _status,
        "accept": _accept,
        "cancel": _cancel,
        "back": _back,
        "drop": _drop,
    }
    return verbs[options.what](app, options, out)


def _list(app: App, _options: argparse.Namespace, out: Output) -> int:
    found = app.embedding_desk.overview(OPERATOR)
    used = found.used.name if found.used is not None else found.built_in
    lines = [
        {
            "model": _name(o.choice),
            "name": o.name,
            "grade": o.grade,
            "source": o.choice.source,
        }
        for o in found.offers
    ]
    out.data({"in_use": used, "built_in": found.built_in, "models": lines})
    out.say(f"쓰는 모델  {used}")
    for line in lines:
        out.say(f"고를 수 있음  {line['model']}  {line['name']} · {line['grade']}등급까지")
    if not lines:
        out.say("고를 수 있는 다른 모델이 없습니다. 임베딩 기기를 등록하거나 모델 폴더를 두세요.")
    return 0


def _check(app: App, options: argparse.Namespace, out: Output) -> int:
    number, report = app.embedding_desk.check(OPERATOR, _choice(app, options))
    body = {k: v for k, v in asdict(report).items() if k != "mark"}
    out.data({"id": number, "good": report.is_good, **body})
    _tell(number, report, out)
    return 0 if report.is_good else 1


def _tell(number: int, report: Report, out: Output) -> None:
    for problem in report.problems:
        out.say(f"안 됨  {problem}")
    if not report.dimensions:
        return
    out.say(f"{report.name}: {report.dimensions:,}차원, 우리말 물음 {report.right}/12")
    if report.own is not None and report.own_built_in is not None:
        out.say(
            f"우리 글 {report.sample:,}개에서 제목으로 찾기(MRR): 내장 {report.own_built_in.mrr:.3f} → "
            f"새 모델 {report.own.mrr:.3f}"
        )
    out.say(
        f"글 {report.passages:,}개, 약 {report.seconds / 60:,.0f}분, 디스크 {report.disk_bytes / 2**20:,.0f} MB"
    )
    if report.is_good:
        out.say(f"바꾸려면: mokmin embedding change {number}")


def _change(app: App, options: argparse.Namespace, out: Output) -> int:
    app.embedding_desk.change(OPERATOR, _number(options))
    out.say("바꾸기를 시작했습니다. 서비스나 worker가 이어서 합니다. 그동안 찾기는 그대로 됩니다.")
    return _status(app, options, out)


def _accept(app: App, options: argparse.Namespace, out: Output) -> int:
    app.embedding_desk.accept(OPERATOR, _number(options))
    return _status(app, options, out)


def _cancel(app: App, options: argparse.Namespace, out: Output) -> int:
    app.embedding_desk.cancel(OPERATOR, _number(options))
    return _status(app, options, out)


def _back(app: App, options: argparse.Namespace, out: Output) -> int:
    app.embedding_desk.go_back(OPERATOR)
    return _status(app, options, out)


def _drop(app: App, options: argparse.Namespace, out: Output) -> int:
    app.embedding_desk.drop(OPERATOR)
    return _status(app, options, out)


def _status(app: App, _options: argparse.Namespace, out: Output) -> int:
    found = app.embedding_desk.overview(OPERATOR)
    used = found.used.name if found.used is not None else found.built_in
    out.data(
        {
            "in_use": used,
            "passages": found.passages,
            "lacking": found.lacking,
            "can_go_back": found.can_go_back,
            "runs": [_row(m) for m in found.models],
        }
    )
    out.say(f"쓰는 모델  {used} (글 {found.passages:,}개 가운데 벡터 없는 글 {found.lacking:,}개)")
    if found.can_go_back:
        out.say(f"되돌릴 수 있는 모델  {found.kept.name if found.kept else found.built_in}")
    for m in found.models:
        share = f" {m.done:,}/{m.everything:,}" if m.state in OPEN else ""
        out.say(f"{m.id:>4}  {STATES.get(m.state, m.state)}{share}  {m.name}  {m.reason}".rstrip())
    return 0


def _row(m: EmbeddingModel) -> dict[str, object]:
    return {
        "id": m.id,
        "name": m.name,
        "state": m.state,
        "done": m.done,
        "passages": m.everything,
        "reason": m.reason,
    }


def _name(choice: Choice) -> str:
    return f"folder:{choice.folder}" if choice.source == "folder" else str(choice.endpoint_id)


def _choice(app: App, options: argparse.Namespace) -> Choice:
    """By the name that ``list`` shows, or the model's own. Raises InvalidInput."""
    for offer in app.embedding_desk.overview(OPERATOR).offers:
        if options.model in (_name(offer.choice), offer.name):
            return Choice(
                offer.choice.source,
                offer.choice.endpoint_id,
                offer.choice.folder,
                options.query_prefix,
                options.passage_prefix,
                options.most_characters,
            )
    raise InvalidInput("그런 모델이 없습니다. 이름은 'mokmin embedding list'로 봅니다.")


def _number(options: argparse.Namespace) -> int:
    """Raises InvalidInput."""
    if not options.model.isdigit():
        raise InvalidInput("점검한 번호를 적어 주세요. 번호는 'mokmin embedding status'로 봅니다.")
    return int(options.model)
