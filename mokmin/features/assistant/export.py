"""A conversation as a document to take along: questions, sentences with numbered notes, sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mokmin.base.formats.model import Block
from mokmin.base.formats.writing_model import Footnote, OutputDocument

Json = Mapping[str, Any]
GRADES = {"O": "공개", "S": "민감(S)", "C": "기밀(C)"}
_RANK = "OSC"


def document_of(
    title: str, turns: Sequence[tuple[str, Json]], grades: Mapping[int, str]
) -> OutputDocument:
    """Questions and answers as blocks. ``turns``: each question with the answer's JSON as this person may
    see it now; ``grades``: of the documents, of which the highest marks the whole."""
    blocks: list[Block] = []
    notes: list[Footnote] = []
    for question, answer in turns:
        first = len(notes)
        numbers = {c["n"]: first + at for at, c in enumerate(answer.get("citations", ()), 1)}
        blocks.append(Block("heading", question, 2))
        if answer.get("standalone"):
            blocks.append(Block("paragraph", f"이렇게 이해했습니다: {answer['standalone']}"))
        blocks += [Block("paragraph", f"※ {text}") for text in answer.get("notices", ())]
        if answer.get("refused"):
            blocks.append(Block("paragraph", f"근거를 찾지 못했습니다. {answer.get('reason', '')}"))
        blocks += _sentences(answer, numbers)
        notes += [_note(numbers[c["n"]], c, grades) for c in answer.get("citations", ())]
    marks = [
        grades.get(int(c["document_id"]), "O") for _, a in turns for c in a.get("citations", ())
    ]
    highest = max(marks, key=_RANK.find, default="O")
    return OutputDocument(title, tuple(blocks), tuple(notes), GRADES.get(highest, highest))


def _sentences(answer: Json, numbers: Mapping[int, int]) -> list[Block]:
    found: list[Block] = []
    role = ""
    for s in answer.get("sentences", ()):
        if s.get("role") == "related" and role != "related":
            found.append(Block("heading", "함께 볼 내용", 3))
        role = s.get("role", "") if s.get("role") != "note" else role
        marks = "".join(f"[{numbers[n]}]" for n in s.get("citations", ()) if n in numbers)
        doubt = {"partial": " (일부만 확인됨)", "unverified": " (근거에서 확인되지 않음)"}
        text = f"{s['text']}{marks and ' ' + marks}{doubt.get(s.get('support') or '', '')}"
        block = Block("list" if s.get("group") else "paragraph", text, 1)
        found.append(replace(block, level=int(s.get("level", 1))) if s.get("group") else block)
    return found


def _note(number: int, citation: Json, grades: Mapping[int, str]) -> Footnote:
    mark = grades.get(int(citation["document_id"]), "O")
    return Footnote(
        number=number,
        title=str(citation["title"]),
        place=str(citation.get("place") or ""),
        date=str(citation.get("effective_on") or citation.get("date") or ""),
        grade=GRADES.get(mark, mark),
        quote=" ".join(str(citation.get("quote") or "").split()),
    )
