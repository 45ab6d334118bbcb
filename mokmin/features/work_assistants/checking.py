"""What a version must be: lengths, known choices, documents that its editor may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from mokmin.base.errors import InvalidInput
from mokmin.features.work_assistants.model import (
    AGES,
    CATEGORIES,
    POLICIES,
    TONES,
    Content,
    Trial,
)

MOST_DOCUMENTS, MOST_SOURCES, MOST_STARTERS, MOST_TRIALS = 200, 10, 8, 20
MOST_INSTRUCTIONS, MOST_QUESTION = 2_000, 300


def checked(
    content: Content,
    before: Content,
    closed: AbstractSet[int],
    seen: Callable[[Sequence[int]], AbstractSet[int]],
    screen: Callable[[str], str],
    models: Sequence[str],
) -> Content:
    """The content as it may be kept. ``closed``: documents of the version before that stay although this
    editor may not see them. ``seen``: those of some documents that the editor may see. Raises InvalidInput."""
    named = " ".join(content.name.split())
    if not 2 <= len(named) <= 60:
        raise InvalidInput("이름을 두 글자에서 60자까지 적어 주세요. 저장하지 않았습니다.")
    if len(content.purpose) > 400 or len(content.instructions) > MOST_INSTRUCTIONS:
        raise InvalidInput(
            f"하는 일은 400자, 지침은 {MOST_INSTRUCTIONS:,}자까지입니다. 줄여 주세요."
        )
    stay = tuple(d for d in before.documents if d in closed)
    chosen = tuple(dict.fromkeys(content.documents))
    open_now = seen(chosen)
    if missing := [d for d in chosen if d not in open_now]:
        raise InvalidInput(
            f"고른 문서 가운데 {len(missing)}건은 지워졌거나 볼 권한이 없습니다. 빼고 다시 저장해 주세요."
        )
    if len(chosen) + len(stay) > MOST_DOCUMENTS or len(content.sources) > MOST_SOURCES:
        raise InvalidInput(
            f"문서는 {MOST_DOCUMENTS}건, 부서·종류·모음은 {MOST_SOURCES}가지까지 고를 수 있습니다."
        )
    starters = tuple(dict.fromkeys(_line(s) for s in content.starters if s.strip()))
    if len(starters) > MOST_STARTERS:
        raise InvalidInput(f"시작 질문은 {MOST_STARTERS}개까지입니다. 몇 개를 빼 주세요.")
    known = content.category in CATEGORIES and content.tone in TONES and content.policy in POLICIES
    if (
        not known
        or content.oldest not in AGES
        or not set(content.models) <= {*models, *before.models}
    ):
        raise InvalidInput("목록에 없는 값이 있습니다. 화면을 새로 열어 다시 골라 주세요.")
    return replace(
        content,
        name=screen(named),
        purpose=screen(content.purpose.strip()) if content.purpose.strip() else "",
        instructions=screen(content.instructions.strip()) if content.instructions.strip() else "",
        documents=tuple(sorted({*stay, *chosen})),
        sources=tuple(
            dict.fromkeys(
                s for s in content.sources if s.department_id or s.kind or s.collection_id
            )
        ),
        starters=tuple(screen(s) for s in starters),
        trials=_trials(content.trials, before, seen, screen),
    )


def _trials(
    trials: Sequence[Trial],
    before: Content,
    seen: Callable[[Sequence[int]], AbstractSet[int]],
    screen: Callable[[str], str],
) -> tuple[Trial, ...]:
    """Questions without repetition. An expected document that this editor may not see may stay when it
    was expected before."""
    kept = {document for trial in before.trials for document in trial.expected}
    found: dict[str, Trial] = {}
    for trial in trials:
        question = screen(_line(trial.question)) if trial.question.strip() else ""
        if not question:
            continue
        known = seen(trial.expected)
        expected = tuple(d for d in trial.expected if d in known or d in kept)
        if 0 in trial.expected:
            raise InvalidInput(
                "시험 질문마다 근거가 될 문서나 ‘답이 없어야 함’을 골라 주세요. 저장하지 않았습니다."
            )
        if len(expected) != len(trial.expected):
            raise InvalidInput(
                "시험 질문의 근거 문서 가운데 지워졌거나 볼 권한이 없는 것이 있습니다. 다시 골라 주세요."
            )
        found[question] = Trial(question, expected)
    if len(found) > MOST_TRIALS:
        raise InvalidInput(f"시험 질문은 {MOST_TRIALS}개까지입니다. 몇 개를 빼 주세요.")
    return tuple(found.values())


def _line(text: str) -> str:
    line = " ".join(text.split())
    if len(line) > MOST_QUESTION:
        raise InvalidInput(f"질문은 {MOST_QUESTION}자까지입니다. 줄여 주세요.")
    return line
