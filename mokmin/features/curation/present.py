"""Inspections and dictionary entries as the templates show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mokmin.base.web.kit import ago
from mokmin.governance.access.model import Principal
from mokmin.knowledge.search.absence import Absence, Why
from mokmin.knowledge.search.dictionary import DictionaryService, Page, Tried
from mokmin.knowledge.search.inspection import Inspection, Listed, Piece, Ranked
from mokmin.knowledge.search.vocabulary import Synonym

Json = dict[str, Any]
Mask = Callable[[str], str]
LONGEST = 160
STAGES = {
    "understand": "질문 읽기",
    "retrieve": "색인에서 찾기",
    "check": "권한 다시 확인",
    "rank": "순위 매기기",
    "link": "법령 연결",
    "rerank": "재정렬",
}
_KINDS = {
    Why.RANKED: "info",
    Why.UNKNOWN: "warn",
    Why.RIGHTS: "warn",
    Why.UNREAD: "warn",
    Why.UNINDEXED: "warn",
    Why.DELETED: "warn",
}


def inspection(found: Inspection, mask: Mask) -> Json:
    """Context of the results, passages masked as on the other pages."""
    return {
        "viewer": found.viewer,
        "terms": found.terms,
        "widened": [_synonym(entry) for entry in found.widened],
        "widened_terms": found.widened_terms,
        "words": [_listed(item, mask) for item in found.words],
        "near": [_listed(item, mask) for item in found.near],
        "ranked": [_ranked(item, mask) for item in found.ranked],
        "candidates": found.candidates,
        "hidden": found.hidden,
        "rejected": found.rejected,
        "filters": found.filters,
        "reranked": found.reranked,
        "stages": [(STAGES[name], round(1000 * seconds)) for name, seconds in found.stages],
        "milliseconds": round(1000 * found.seconds),
        "absence": _absence(found.absence, mask) if found.absence else None,
    }


def _absence(absence: Absence, mask: Mask) -> Json:
    return {
        "title": mask(absence.title),
        "sentence": mask(absence.sentence),
        "details": tuple(mask(line) for line in absence.details),
        "kind": _KINDS.get(absence.why, "info"),
        "why": absence.why.value,
    }


def _piece(piece: Piece, mask: Mask) -> Json:
    header = piece.header.removeprefix(piece.title).strip(" >")
    text = " ".join(mask(piece.text).split())
    return {
        "url": f"/library/{piece.document_id}?passage={piece.passage_id}",
        "title": mask(piece.title),
        "header": mask(header),
        "text": text if len(text) <= LONGEST else f"{text[:LONGEST]}…",
        "freshness": piece.freshness.value,
    }


def _listed(item: Listed, mask: Mask) -> Json:
    return {"place": item.place, "score": item.score, **_piece(item.piece, mask)}


def _ranked(item: Ranked, mask: Mask) -> Json:
    s = item.signals
    signals = [
        ("뜻", s.meaning),
        ("낱말", s.words),
        ("글자", s.characters),
        ("조문 낱말", s.unit_words),
        ("답의 꼴", s.form),
        ("시점", s.adjustment),
        ("법령 연결", s.link),
    ]
    return {
        "place": item.place,
        "score": s.score,
        "cosine": s.cosine,
        "signals": [{"label": label, "value": value} for label, value in signals],
        **_piece(item.piece, mask),
    }


def _synonym(entry: Synonym) -> Json:
    return {
        "everyday": entry.everyday,
        "official": entry.official,
        "note": entry.note,
        "source": entry.source or "기본 용어",
    }


def entries(dictionary: DictionaryService, principal: Principal, page: Page) -> Json:
    """Context of the list of departments' entries."""
    return {
        "rows": [
            {
                "id": e.id,
                "everyday": e.everyday,
                "official": e.official,
                "note": e.note,
                "department": e.department,
                "when": ago(e.updated_at),
                "may_change": dictionary.may_change(principal, e.department_id),
            }
            for e in page.entries
        ],
        "total": page.total,
        "page": page.page,
        "pages": page.pages,
    }


def shipped(found: tuple[list[Synonym], int, int, int]) -> Json:
    """Context of the list of shipped entries."""
    rows, total, page, pages = found
    return {
        "rows": [_synonym(entry) for entry in rows],
        "total": total,
        "page": page,
        "pages": pages,
    }


def tried(found: Tried) -> Json:
    """Context of the box for trying a question."""
    return {
        "question": found.question,
        "terms": found.terms,
        "synonyms": [_synonym(entry) for entry in found.widening.synonyms],
        "added": found.widening.terms,
    }
