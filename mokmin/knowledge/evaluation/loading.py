"""Corpus, query and question files (JSON, one object a line), with errors that name the line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from mokmin.base.errors import InvalidInput
from mokmin.base.formats.model import Block
from mokmin.knowledge.documents.model import DocumentMeta

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CorpusItem:
    """One document of a corpus. ``blocks``, when there are any, are indexed instead of the lines of
    ``text``: a file that was read keeps its headings and tables. Of ``meta`` all but the audience
    is stored."""

    id: str
    title: str
    text: str
    blocks: tuple[Block, ...] = ()
    meta: DocumentMeta = field(default_factory=DocumentMeta)


@dataclass(frozen=True, slots=True)
class Query:
    """One question with the ids that answer it; ``exclude`` is taken out before scoring. ``kind`` is
    the question's type (deadline, amount …), empty when the file names none."""

    id: str
    text: str
    relevant: frozenset[str]
    exclude: frozenset[str] = frozenset()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its gold answer; ``answer`` None: the corpus does not hold the answer.
    ``quotes`` are the verbatim passages that answer it, when the file names them."""

    id: str
    text: str
    relevant: frozenset[str]
    answer: str | None
    kind: str = ""
    quotes: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether the corpus holds the answer."""
        return self.answer is not None


def load_corpus(path: Path) -> list[CorpusItem]:
    """Corpus lines ``{"id","title","text"}``. Raises InvalidInput."""
    return _load(
        path,
        lambda x: CorpusItem(_name(x, "id"), str(x.get("title") or ""), _name(x, "text")),
        None,
    )


def load_queries(path: Path, limit: int | None = None) -> list[Query]:
    """Query lines ``{"id","text","relevant","exclude"?}``; the first ``limit``. Raises InvalidInput."""
    return _load(
        path,
        lambda x: Query(
            _name(x, "id"),
            _words(x, "text"),
            _ids(x, "relevant"),
            _ids(x, "exclude", required=False),
            str(x.get("type") or ""),
        ),
        limit,
    )


def load_questions(path: Path, limit: int | None = None) -> list[Question]:
    """Question lines ``{"id","text","relevant","answer"}``; the first ``limit``. Raises InvalidInput."""
    return _load(path, _question, limit)


def _question(line: dict[str, Any]) -> Question:
    answer = line["answer"]
    if answer is not None and (not isinstance(answer, str) or not answer.strip()):
        raise ValueError("answer에는 정답 글이나 null(답이 없는 질문)을 적어야 합니다")
    return Question(
        _name(line, "id"),
        _words(line, "text"),
        _ids(line, "relevant"),
        answer,
        str(line.get("type") or ""),
        _quotes(line),
    )


def _quotes(line: dict[str, Any]) -> tuple[str, ...]:
    gold = line.get("gold") or []
    if not isinstance(gold, list) or not all(isinstance(g, dict) and "quote" in g for g in gold):
        raise ValueError('gold에는 {"id", "quote"}의 목록을 적어야 합니다')
    return tuple(str(g["quote"]) for g in gold)


def _load(path: Path, make: Callable[[dict[str, Any]], T], limit: int | None) -> list[T]:
    found: list[T] = []
    for number, line in _lines(path):
        if limit is not None and len(found) >= limit:
            break
        try:
            found.append(make(line))
        except KeyError as error:
            raise InvalidInput(
                f"'{path}' {number}행에 {error.args[0]} 항목이 없습니다. 행을 고친 뒤 다시 실행해 주세요."
            ) from error
        except ValueError as error:
            raise InvalidInput(
                f"'{path}' {number}행을 쓸 수 없습니다: {error}. 행을 고친 뒤 다시 실행해 주세요."
            ) from error
    return found


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig") as handle:
            for number, line in enumerate(handle, start=1):
                if line.strip():
                    yield number, _object(path, number, line)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"'{path}' 파일의 글자가 UTF-8이 아닙니다. UTF-8로 저장한 뒤 다시 실행해 주세요."
        ) from error
    except OSError as error:
        raise InvalidInput(
            f"'{path}' 파일을 읽을 수 없습니다({error.strerror}). 경로를 확인해 주세요."
        ) from error


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        item = json.loads(line)
    except ValueError as error:
        raise InvalidInput(f"'{path}' {number}행이 올바른 JSON이 아닙니다.") from error
    if not isinstance(item, dict):
        raise InvalidInput(f"'{path}' {number}행이 JSON 객체가 아닙니다.")
    return item


def _name(line: dict[str, Any], key: str) -> str:
    value = line[key]
    if not isinstance(value, str | int):
        raise ValueError(f"{key}에는 글을 적어야 합니다")
    return str(value)


def _words(line: dict[str, Any], key: str) -> str:
    text = _name(line, key)
    if not text.strip():
        raise ValueError(f"{key}가 비어 있습니다")
    return text


def _ids(line: dict[str, Any], key: str, *, required: bool = True) -> frozenset[str]:
    value = line[key] if required else line.get(key) or []
    if not isinstance(value, list):
        raise ValueError(f"{key}에는 문서 id의 목록을 적어야 합니다")
    return frozenset(map(str, value))
