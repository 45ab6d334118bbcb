"""What an assistant's makers should look at: knowledge gone or old, ratings that fall, a review that is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from mokmin.features.work_assistants.model import Assistant, Ratings
from mokmin.features.work_assistants.using import AssistantUse
from mokmin.governance.access.model import Principal
from mokmin.knowledge.documents.model import Document, Freshness
from mokmin.knowledge.documents.service import DocumentService

ENOUGH, LOW, FALL = 5, 60, 20
LAW = "법령"
NAMED = 5
MOST_LOOKED_AT = 5_000


def warnings(
    principal: Principal,
    one: Assistant,
    documents: DocumentService,
    using: AssistantUse,
    rated: Ratings,
    today: date,
) -> list[str]:
    """Sentences for its makers; documents are named as far as this person may see them."""
    content = one.content
    ids, closed = using.knowledge(principal, content)
    seen = documents.seen(principal, ids[:MOST_LOOKED_AT])
    found: list[str] = []
    if closed:
        found.append(
            "고른 자료 가운데 지워졌거나 내가 볼 수 없게 된 것이 있습니다. 자료를 다시 확인해 주세요."
        )
    superseded = [d for d in seen if d.freshness_on(today) is Freshness.SUPERSEDED]
    if superseded:
        found.append(f"구판이 된 자료가 있습니다: {_named(superseded)}. 새 판으로 바꾸어 주세요.")
    old = [d for d in seen if d not in superseded and _is_old(d, content.oldest, today)]
    if old:
        found.append(
            f"{content.oldest}년이 넘은 자료가 있습니다: {_named(old)}. 아직 맞는지 보아 주세요."
        )
    if content.review_on is not None and content.review_on <= today:
        found.append("점검일이 지났습니다. 자료와 지침을 살펴보고 다음 점검일을 정해 주세요.")
    if (content.documents or content.sources) and not seen and not closed:
        found.append("자료가 한 건도 없습니다. 답할 수 있는 것이 없습니다.")
    if told := falling(rated):
        found.append(told)
    return found


def falling(rated: Ratings) -> str:
    """A sentence when too few find the answers helpful lately, or far fewer than before."""
    share, count = rated.recent
    earlier, number = rated.before
    if count < ENOUGH:
        return ""
    if number >= ENOUGH and earlier - share >= FALL:
        return f"‘도움됨’이 {earlier}%에서 최근 한 달 {share}%로 떨어졌습니다. 도움이 안 된 까닭을 확인해 주세요."
    if share < LOW:
        return f"최근 한 달 ‘도움됨’이 {share}%뿐입니다. 도움이 안 된 까닭을 확인해 주세요."
    return ""


def _is_old(document: Document, years: int, today: date) -> bool:
    if document.kind == LAW and document.freshness_on(today) is Freshness.IN_FORCE:
        return False  # a law in force is not old, whenever it was made
    dated = document.effective_on or document.dated_on
    return bool(years) and dated is not None and (today - dated).days > 365.25 * years


def _named(documents: Sequence[Document]) -> str:
    names = ", ".join(f"‘{d.title}’" for d in documents[:NAMED])
    more = len(documents) - NAMED
    return f"{names} 외 {more}건" if more > 0 else names
