"""One question, several models, side by side and unnamed; then a vote.

The answers lie in the memory of this process alone, for half an hour: what is stored is who was better.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from mokmin.base.db import Database, new_id, utcnow
from mokmin.base.errors import Conflict, InvalidInput, MokminError, NotFound, RateLimited
from mokmin.features.endpoints.model import TIE, Comparison, Slot, Tally
from mokmin.features.endpoints.store import model_comparisons, tallied
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.access.rules import require
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.answering.model import Answer
from mokmin.knowledge.answering.service import AnswerService

log = logging.getLogger(__name__)
LEAST, MOST = 2, 4
KEPT_SECONDS, MOST_KEPT = 1800.0, 100
MOST_AT_ONCE = 2
_dice = random.SystemRandom()
_BROKEN = "답을 쓰다가 멈추었습니다. 다시 견주어 주세요."
_SILENT = "이 모델은 지금 답하지 않거나 물을 수 없습니다."


@dataclass(slots=True)
class _Kept:
    """A comparison whose texts are here."""

    user_id: int | None
    question: str
    slots: list[Slot]
    at: float = field(default_factory=time.monotonic)

    @property
    def is_running(self) -> bool:
        return any(slot.state == "running" for slot in self.slots)


class ComparisonService:
    """For those who look after answers, over what they themselves may read. ``screen`` makes a question
    fit to be sent or raises InvalidInput."""

    def __init__(
        self,
        db: Database,
        audit: AuditLog,
        answers: AnswerService,
        screen: Callable[[str], str],
    ) -> None:
        self._db, self._audit, self._answers, self._screen = db, audit, answers, screen
        self._kept: dict[int, _Kept] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(2 * MOST, thread_name_prefix="compare")

    def choices(self, principal: Principal) -> list[tuple[str, str]]:
        """(name, highest grade that it may see) of the models that this person may ask now."""
        require(principal, Permission.CURATE)
        return sorted(self._answers.endpoints(principal))

    def begin(self, principal: Principal, question: str, names: Sequence[str]) -> int:
        """Have the models answer; returns the comparison's id. Raises InvalidInput, NotAllowed,
        RateLimited, Unavailable."""
        require(principal, Permission.CURATE)
        self._answers.check(principal)
        chosen = list(dict.fromkeys(names))
        open_to = {name for name, _ in self.choices(principal)}
        if not LEAST <= len(chosen) <= MOST or not set(chosen) <= open_to:
            raise InvalidInput(f"견줄 모델을 {LEAST}개에서 {MOST}개까지 골라 주세요.")
        if not question.strip():
            raise InvalidInput("질문을 적어 주세요.")
        question = self._screen(" ".join(question.split()))
        _dice.shuffle(chosen)
        self._make_room(principal)
        with self._db.write() as connection:
            made = new_id(
                connection,
                model_comparisons.insert().values(
                    user_id=principal.user_id or 0,
                    grade="O",
                    models=json.dumps(chosen, ensure_ascii=False),
                    winner="",
                    created_at=utcnow(),
                ),
            )
            self._audit.append(connection, principal, "comparison.ask", f"models:{len(chosen)}", {})
        kept = _Kept(principal.user_id, question, [Slot(name) for name in chosen])
        with self._lock:
            self._kept[made] = kept
        for place in range(len(chosen)):
            self._pool.submit(self._write, principal, kept, place)
        return made

    def get(self, principal: Principal, comparison_id: int) -> Comparison:
        """An own comparison. Raises NotFound."""
        require(principal, Permission.CURATE)
        query = sa.select(model_comparisons).where(
            model_comparisons.c.id == comparison_id,
            model_comparisons.c.user_id == (principal.user_id or 0),
        )
        with self._db.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound("그런 견줌이 없습니다. 다른 사람의 것일 수 있습니다.")
        with self._lock:
            kept = self._kept.get(comparison_id)
            slots = tuple(kept.slots) if kept is not None else ()
        return Comparison(
            row.id,
            kept.question if kept is not None else "",
            tuple(json.loads(row.models)),
            slots,
            row.winner,
            row.voted_at,
        )

    def vote(self, principal: Principal, comparison_id: int, place: int) -> None:
        """Choose the better answer, or ``TIE``; once. Raises NotFound, InvalidInput, Conflict."""
        found = self.get(principal, comparison_id)
        if found.voted_at is not None:
            raise Conflict("이미 골랐습니다. 한 번만 고를 수 있습니다.")
        if not found.slots:
            raise Conflict("견준 답을 더는 보관하지 않아 고를 수 없습니다. 다시 견주어 주세요.")
        if found.is_running or len(found.written) < LEAST:
            raise Conflict("답이 두 개 이상 다 쓰인 뒤에 고를 수 있습니다.")
        if place != TIE and place not in found.written:
            raise InvalidInput("고를 수 있는 답이 아닙니다. 다시 골라 주세요.")
        answers = [found.slots[n].answer for n in found.written]
        values = {
            "models": json.dumps([found.slots[n].model for n in found.written], ensure_ascii=False),
            "winner": found.slots[place].model if place != TIE else "",
            "grade": max((a.grade for a in answers if a), key="OSC".index, default="O"),
            "voted_at": utcnow(),
        }
        with self._db.write() as connection:
            done = connection.execute(
                model_comparisons.update()
                .where(
                    model_comparisons.c.id == comparison_id,
                    model_comparisons.c.voted_at.is_(None),
                )
                .values(**values)
            )
            if done.rowcount != 1:
                raise Conflict("이미 골랐습니다. 한 번만 고를 수 있습니다.")
            self._audit.append(
                connection, principal, "comparison.vote", f"models:{len(found.written)}", {}
            )

    def tally(self, principal: Principal) -> list[Tally]:
        """All votes, by model. Those that this person may not use are left out."""
        require(principal, Permission.CURATE)
        with self._db.read() as connection:
            found = tallied(connection)
        return [t for t in found if self._answers.may_name(t.model, principal)]

    def close(self) -> None:
        """Take up no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    # --- within ---------------------------------------------------------------------------
    def _make_room(self, principal: Principal) -> None:
        """Forget old texts. Raises RateLimited while the person has too many under way."""
        now = time.monotonic()
        with self._lock:
            for key in [k for k, kept in self._kept.items() if now - kept.at > KEPT_SECONDS]:
                del self._kept[key]
            mine = [k for k in self._kept.values() if k.user_id == principal.user_id]
            if sum(kept.is_running for kept in mine) >= MOST_AT_ONCE:
                raise RateLimited("앞서 견준 답을 아직 쓰고 있습니다. 끝난 뒤 다시 견주어 주세요.")
            while len(self._kept) >= MOST_KEPT:
                del self._kept[min(self._kept)]

    def _write(self, principal: Principal, kept: _Kept, place: int) -> None:
        name = kept.slots[place].model
        made = Slot(name, "none", reason=_BROKEN)
        try:
            events = self._answers.stream(principal, kept.question, model=name, alone=True)
            answer = next((e.answer for e in events if e.answer is not None), None)
            if answer is not None:
                made = _slot(name, answer)
        except MokminError as error:
            made = replace(made, reason=error.message)
        except Exception:  # the end of a thread: the page must not wait for ever
            log.exception("comparison failed", extra={"model": name})
        with self._lock:
            kept.slots[place] = made


def _slot(name: str, answer: Answer) -> Slot:
    """What became of one model's answer; quotes are nobody's writing."""
    if answer.mode == "generative":
        return Slot(name, "written", answer)
    if answer.refused:
        return Slot(name, "none", reason="문서고에 근거가 없어 모델에 묻지 않았습니다.")
    return Slot(name, "none", reason=(answer.notices or (_SILENT,))[0])
