"""Endpoints and comparisons as the pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from mokmin.base.llm.ports import ModelProfile
from mokmin.base.web.kit import ago
from mokmin.features.endpoints.model import Comparison, Tally
from mokmin.governance.endpoints.model import KINDS, USED, Endpoint, Examination

ABILITIES = {
    "json_schema": "JSON 형식",
    "tools": "도구",
    "vision": "그림",
    "thinking": "생각을 먼저 적음",
    "personal_data": "개인정보를 보아도 됨",
}
STATES = {
    "closed": ("정상", "ok", "circle-check"),
    "half-open": ("다시 해 보는 중", "warn", "circle-alert"),
    "open": ("쉬는 중", "bad", "triangle-alert"),
}
LETTERS = "가나다라"
TEXTS = ("kind", "name", "base_url", "model", "grade")
NUMBERS = ("timeout_seconds", "fallback_order", "weight")
PROFILE_NUMBERS = ("context_tokens", "won_in", "won_out", "won_per_hour", "watts")


def row(endpoint: Endpoint, names: Mapping[int, str], *, key_opens: bool = True) -> dict[str, Any]:
    """A line of the list."""
    form = endpoint.form
    state, tone, glyph = STATES[endpoint.state]
    if not endpoint.is_on:
        state, tone, glyph = "꺼짐", "", "circle-dashed"
    elif not key_opens:
        state, tone, glyph = "키를 열 수 없음", "bad", "lock"
    elif form.kind not in USED:
        state, tone, glyph = "보관만", "", "circle-dashed"
    return {
        "id": endpoint.id,
        "url": f"/admin/models/{endpoint.id}"
        if endpoint.id
        else f"/admin/models/given/{form.name}",
        "name": form.name,
        "kind": KINDS[form.kind],
        "model": form.model,
        "host": urlsplit(form.base_url).netloc,
        "grade": form.grade,
        "order": form.fallback_order,
        "weight": form.weight,
        "price": price(form.profile),
        "departments": [names[d] for d in form.departments if d in names],
        "abilities": [name for key, name in ABILITIES.items() if getattr(form.profile, key)],
        "context": f"{form.profile.context_tokens:,}",
        "given": endpoint.from_settings,
        "is_on": endpoint.is_on,
        "state": state,
        "tone": tone,
        "icon": glyph,
    }


def price(profile: ModelProfile) -> str:
    """What use costs, in words."""
    parts = []
    if profile.won_in or profile.won_out:
        parts.append(f"100만 토큰 {profile.won_in:,.0f}원 / {profile.won_out:,.0f}원")
    if profile.won_per_hour:
        parts.append(f"시간당 {profile.won_per_hour:,.0f}원")
    return ", ".join(parts) or "적지 않음"


def form_of(endpoint: Endpoint) -> dict[str, Any]:
    """An endpoint as its form is filled in; the key is never among it."""
    form, profile = endpoint.form, endpoint.form.profile
    return {
        **{name: getattr(form, name) for name in TEXTS},
        **{name: plain(getattr(form, name)) for name in NUMBERS},
        **{name: plain(getattr(profile, name)) for name in PROFILE_NUMBERS},
        "abilities": [name for name in ABILITIES if getattr(profile, name)],
        "departments": [str(d) for d in form.departments],
    }


def plain(number: float) -> str:
    """A number as a form holds it."""
    return f"{number:g}" if number % 1 else f"{int(number)}"


def examination(found: Examination | None) -> dict[str, Any] | None:
    """What an examination found, line by line."""
    if found is None:
        return None
    marks = {
        True: ("ok", "circle-check", "됨"),
        False: ("bad", "triangle-alert", "확인 필요"),
        None: ("info", "info", "참고"),
    }
    return {
        "when": ago(found.at) if found.at is not None else "",
        "is_good": found.is_good,
        "findings": [{"name": f.name, "text": f.text, "mark": marks[f.ok]} for f in found.findings],
    }


def comparison(found: Comparison) -> dict[str, Any]:
    """A comparison; before the vote nothing tells which model wrote what."""
    voted = found.voted_at is not None
    slots = []
    for place, slot in enumerate(found.slots):
        answer = slot.answer
        slots.append(
            {
                "place": place,
                "letter": LETTERS[place],
                "state": slot.state,
                "reason": slot.reason,
                "refused": answer.refused if answer else False,
                "text_reason": answer.reason if answer else "",
                "sentences": [
                    {"text": s.text, "support": s.support, "why": s.reason, "numbers": s.citations}
                    for s in (answer.sentences if answer else ())
                ],
                "sources": [
                    {
                        "n": c.n,
                        "title": c.title,
                        "place": c.place,
                        "url": f"/library/{c.document_id}?passage={c.passage_id}",
                    }
                    for c in (answer.citations if answer else ())
                ],
                "notices": list(answer.notices) if answer else [],
                "model": slot.model if voted else "",
                "seconds": f"{answer.seconds:.1f}" if voted and answer else "",
                "chosen": voted and slot.model == found.winner,
            }
        )
    return {
        "id": found.id,
        "question": found.question,
        "running": found.is_running,
        "may_vote": not voted and not found.is_running and len(found.written) > 1,
        "voted": voted,
        "tie": voted and not found.winner,
        "winner": found.winner,
        "kept": bool(found.slots),
        "slots": slots,
    }


def tally(found: Sequence[Tally]) -> list[dict[str, Any]]:
    """Votes by model."""
    return [
        {
            "model": t.model,
            "shown": f"{t.shown:,}",
            "chosen": f"{t.chosen:,}",
            "tied": f"{t.tied:,}",
            "share": round(100 * t.chosen / t.shown),
        }
        for t in found
    ]
