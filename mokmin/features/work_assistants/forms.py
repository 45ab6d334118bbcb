"""The form of an assistant as a browser sends it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from starlette.datastructures import FormData

from mokmin.base.errors import InvalidInput
from mokmin.features.work_assistants.model import Content, Source, Trial

MOST_FIELDS = 1_000


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent. ``base``: the version that was edited; ``drop_closed``: take out what the editor may
    not see."""

    content: Content
    audience: str
    base: int
    drop_closed: bool
    ask: bool


def sent(form: FormData, before: Content, gathered: Collection[int] = ()) -> Sent:
    """A form as it was typed. Raises InvalidInput for what is no number or date."""

    def text(key: str) -> str:
        value = form.get(key, "")
        return value if isinstance(value, str) else ""

    def texts(key: str) -> list[str]:
        return [value for value in form.getlist(key) if isinstance(value, str)]

    content = Content(
        name=text("name"),
        purpose=text("purpose"),
        category=text("category"),
        documents=tuple(_number(value) for value in texts("document")),
        sources=tuple(
            Source(_number(place or "0"), kind[:80])
            for place, kind in zip(texts("source_department"), texts("source_kind"), strict=False)
        )
        + tuple(
            Source(collection_id=number)
            for number in map(_number, texts("collection"))
            # Those that the editor may choose, and those that stood there before.
            if number in gathered or Source(collection_id=number) in before.sources
        ),
        instructions=text("instructions").replace("\r\n", "\n"),
        starters=tuple(texts("starter")),
        tone=text("tone"),
        policy=text("policy"),
        models=tuple(texts("model")),
        trials=tuple(
            _trial(question, value, before)
            for question, value in zip(texts("trial"), texts("trial_document"), strict=False)
            if question.strip()
        ),
        oldest=_number(text("oldest") or "0"),
        review_on=_day(text("review_on")),
    )
    return Sent(
        content,
        text("audience"),
        _number(text("base") or "0"),
        "drop_closed" in form,
        "ask" in form,
    )


def _trial(question: str, value: str, before: Content) -> Trial:
    head, _, number = value.partition(":")
    if head == "keep":
        place = _number(number)
        if place >= len(before.trials):
            raise InvalidInput(
                "그사이 시험 질문이 바뀌었습니다. 화면을 새로 열어 다시 골라 주세요."
            )
        return Trial(question, before.trials[place].expected)
    if value == "none":
        return Trial(question)
    # Nothing chosen yet is told with everything else that is not right.
    return Trial(question, (_number(value or "0"),))


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise InvalidInput("목록에 없는 값이 있습니다. 화면을 새로 열어 다시 골라 주세요.")
    return int(value)


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise InvalidInput("점검일을 2026-12-31처럼 적어 주세요. 저장하지 않았습니다.") from error
