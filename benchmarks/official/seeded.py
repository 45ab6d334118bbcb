"""The reviewer on seeded errors: how many of them it finds, and what it says of clean papers.

Usage: python benchmarks/official/seeded.py [--results [FILE]] [--misses]

``documents.txt`` holds twelve papers of the demo city. Each line of ``seeds_first.tsv`` and
``seeds_second.tsv`` plants one error: document, rule, old text, new text (or an operation: @field, @drop,
@level, @attach, @unattach, @after). An error counts as found when a finding of that rule lies on the changed
words (for a table: in that table). The second set was written before the first was run.
Clean papers: those twelve, and every paper of ``mokmin/demo/sources``; a page is 900 letters.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from mokmin.base.korean.numbering import position
from mokmin.governance.privacy.detection import detect
from mokmin.knowledge.official.checks.model import Context, Finding, LawState, Place
from mokmin.knowledge.official.checks.review import repaired, review
from mokmin.knowledge.official.model import Approver, Block, OfficialDocument, Role, Span, TableCell

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULTS = HERE.parent / "RESULTS.md"
SOURCES = ROOT / "mokmin/demo/sources"
TODAY = date(2026, 11, 23)
DEPARTMENTS = (
    "총무과", "인사과", "회계과", "재산관리과", "안전총괄과", "도로관리과", "데이터인공지능과", "민원봉사과", "복지정책과", "예산과",
)  # fmt: skip
LAWS = {
    "공유재산 및 물품 관리법": 114, "공유재산 및 물품 관리법 시행령": 116, "도로법": 126, "지방재정법": 94, "지능정보화 기본법": 66,
}  # fmt: skip
PARAGRAPHS = {("공유재산 및 물품 관리법", "제76조"): 3, ("도로법", "제31조"): 4}
_BULLETS = {"□": 1, "○": 2, "-": 3, "※": 4}
_SECTION = ("<!-- official-review: begin -->", "<!-- official-review: end -->")
PAGE = 900
SURE = ("date.", "table.", "time.")
"""Rules that must not miss one."""


@dataclass(frozen=True)
class Seed:
    """One planted error: the document with it, its rule, and where it lies (None: anywhere)."""

    name: str
    rule: str
    text: str
    document: OfficialDocument
    place: Place | None


def laws(name: str, article: str, _day: date) -> LawState:
    """A small library of five laws."""
    if name not in LAWS:
        near = [law for law in LAWS if len(set(law) & set(name)) >= 0.7 * len(set(law))]
        return LawState(False, similar=near[0] if near else "")
    number = re.match(r"제(\d+)조(의)?", article)
    known = not article or (
        number is not None and int(number[1]) <= LAWS[name] and not article.endswith("의99")
    )
    return LawState(True, article=known, paragraphs=PARAGRAPHS.get((name, article), 0))


def context(today: date = TODAY, required: tuple[str, ...] = ()) -> Context:
    """What the reviewer may know in this benchmark."""
    return Context(today, laws, detect, "O", required, DEPARTMENTS)


def documents() -> dict[str, OfficialDocument]:
    """The twelve papers by their names."""
    found = {}
    for part in (HERE / "documents.txt").read_text("utf-8").split("\n=== ")[1:]:
        head, *lines = part.splitlines()
        name, kind = head.split()
        found[name] = _document(kind, [line for line in lines if line.strip()])
    return found


def _document(kind: str, lines: list[str]) -> OfficialDocument:
    fields: dict[str, Span] = {}
    body: list[Block] = []
    attachments: list[Span] = []
    people: list[Approver] = []
    roles: tuple[Role, ...] = ("기안", "검토", "협조", "결재")
    for line in lines:
        key, _, rest = line.partition(": ")
        if key in roles:
            post, name = rest.rsplit(" ", 1)
            people.append(Approver(next(r for r in roles if r == key), post, name))
        elif key == "붙임":
            attachments.append(Span(rest))
        elif line.startswith("|"):
            cells = tuple(TableCell(cell.strip()) for cell in line.strip("|").split("|"))
            last = body[-1] if body and body[-1].style == "table" else None
            if last is None:
                body.append(Block("table", rows=(cells,)))
            else:
                body[-1] = replace(last, rows=(*last.rows, cells))
        elif line.startswith("(단위:"):
            body[-1] = replace(body[-1], unit=line.strip("()"))
        elif not body and re.fullmatch(r"[가-힣]{2,6}", key) and rest:
            fields[key] = Span(rest)
        else:
            body.append(_paragraph(kind, line))
    return OfficialDocument(kind, fields, tuple(body), tuple(attachments), tuple(people))


def _paragraph(kind: str, line: str) -> Block:
    found = position(line)
    if found and kind not in ("text", "press", "speech"):
        return Block("item", (Span(line.split(" ", 1)[1]),), found[0])
    if line[0] in _BULLETS and kind == "report":
        return Block("bullet", (Span(line[2:]),), _BULLETS[line[0]])
    return Block("text", (Span(line),))


def sources() -> Iterator[tuple[str, OfficialDocument, date, int]]:
    """The demo city's papers as plain paragraphs, with the day of each and their letters."""
    kinds = {"보도자료": "press", "공고": "notice", "회의록": "minutes", "계획": "plan"}
    for file in sorted(SOURCES.glob("*.md")):
        head, text = file.read_text("utf-8").split("---\n", 2)[1:]
        if "\n=> " in text or " => " in text:  # a former edition, told as changes
            continue
        meta = dict(re.findall(r"^(\w+): (.*)$", head, re.M))
        made = _document("text", [_plain(line) for line in text.splitlines() if _kept(line)])
        titled = replace(
            made, kind=kinds.get(meta["kind"], "text"), fields={"제목": Span(meta["title"])}
        )
        yield file.stem, titled, date.fromisoformat(meta["date"]), len(text)


def _kept(line: str) -> bool:
    return bool(line.strip()) and not re.fullmatch(r"[|\-\s]+", line)


def _plain(line: str) -> str:
    return re.sub(r"^#+ ", "", line)


def seeds(name: str) -> list[Seed]:
    """The errors of one set."""
    papers = documents()
    found = []
    for line in (HERE / f"seeds_{name}.tsv").read_text("utf-8").splitlines():
        paper, rule, old, new = [*line.split("\t"), ""][:4]
        document, place = _planted(papers[paper], old, new)
        found.append(Seed(f"{paper}: {old} → {new}", rule, new, document, place))
    return found


def _planted(
    document: OfficialDocument, old: str, new: str
) -> tuple[OfficialDocument, Place | None]:
    if not old.startswith("@"):
        return _replaced(document, old, new)
    verb, _, rest = old[1:].partition(":")
    body = list(document.body)
    if verb == "field":
        fields = {k: v for k, v in document.fields.items() if k != rest}
        if new:
            fields[rest] = Span(new)
        return replace(document, fields=fields), Place("field", rest)
    if verb == "unattach":
        said = replace(
            document.body[1],
            spans=(Span(document.body[1].text + " 자세한 내용은 붙임을 참고하시기 바랍니다."),),
        )
        return replace(document, attachments=(), body=(body[0], said, *body[2:])), None
    at = next(i for i, block in enumerate(body) if rest in block.text)
    if verb == "level":
        body[at] = replace(body[at], level=int(new))
        return replace(document, body=tuple(body)), Place("body", index=at, end=999)
    if verb == "after":
        body.append(Block("bullet", (Span("세부 일정은 다음과 같이 추진함"),), 2))
        return replace(document, body=tuple(body)), Place("body", index=len(body) - 1, end=999)
    del body[at]
    return replace(document, body=tuple(body)), None


def _replaced(document: OfficialDocument, old: str, new: str) -> tuple[OfficialDocument, Place]:
    for key, span in document.fields.items():
        if old in span.text:
            at = span.text.index(old)
            changed = document.with_field(key, Span(span.text.replace(old, new, 1)))
            return changed, Place("field", key, start=at, end=at + len(new))
    for index, block in enumerate(document.body):
        if old not in block.text:
            continue
        body = list(document.body)
        if block.style != "table":
            at = block.text.index(old)
            body[index] = replace(block, spans=(Span(block.text.replace(old, new, 1)),))
            return replace(document, body=tuple(body)), Place(
                "body", "", index, start=at, end=at + len(new)
            )
        rows = [list(row) for row in block.rows]
        r, c = next(
            (r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell.text == old
        )
        rows[r][c] = replace(rows[r][c], text=new)
        body[index] = replace(block, rows=tuple(tuple(row) for row in rows))
        return replace(document, body=tuple(body)), Place("body", "", index, r, c)
    for index, span in enumerate(document.attachments):
        if old in span.text:
            lines = list(document.attachments)
            lines[index] = Span(span.text.replace(old, new, 1))
            at = span.text.index(old)
            return replace(document, attachments=tuple(lines)), Place(
                "attachment", index=index, start=at, end=at + len(new)
            )
    bare = re.sub(r"^(?:\d{1,2}|[가-하])\. ", "", old)
    if bare != old:  # the mark of an item is not in its text
        return _replaced(document, bare, re.sub(r"^(?:\d{1,2}|[가-하])\. ", "", new))
    raise ValueError(f"no such text: {old}")


REQUIRED = ("행정기관명", "수신", "제목")


def finding_of(seed: Seed) -> Finding | None:
    """The finding that tells of the seed, or None."""
    needed = REQUIRED if seed.document.kind in ("letter", "memo") else ("제목",)
    for one in review(seed.document, context(required=needed)):
        if one.rule == seed.rule and _on(_wide(seed), one.place):
            return one
    return None


def _wide(seed: Seed) -> Place | None:
    """Where a finding may lie: two numbers of one text contradict each other, and the rule marks one of
    them; names and amounts are compared with any other place."""
    if seed.place is None or seed.rule.startswith("consistency."):
        return None
    if seed.rule.split(".")[0] in ("total", "money", "number") and seed.place.row < 0:
        return replace(seed.place, start=0, end=9_999)
    return seed.place


def _on(seed: Place | None, found: Place) -> bool:
    if seed is None:
        return True
    if found.part != seed.part or found.index != seed.index:
        return False
    if seed.part == "field":
        return seed.key == found.key
    if seed.row >= 0 or found.row >= 0:
        return True
    return found.start <= seed.end and seed.start <= found.end


def _clean() -> tuple[list[tuple[str, Finding]], float, list[float]]:
    """Findings on clean papers, their pages, and the seconds that each page took."""
    told: list[tuple[str, Finding]] = []
    pages, times = 0.0, []
    made = [
        (name, paper, TODAY, sum(len(t) for t, _ in paper.texts))
        for name, paper in documents().items()
    ]
    for name, paper, day, letters in [*made, *sources()]:
        review(paper, context(day))
        begin = time.perf_counter()
        found = review(paper, context(day))
        size = max(1.0, letters / PAGE)
        times.append((time.perf_counter() - begin) / size)
        pages += size
        told += [(name, one) for one in found]
    return told, pages, times


def main() -> None:
    """Measure and print, and write the section of RESULTS.md when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, nargs="?", const=RESULTS)
    parser.add_argument("--misses", action="store_true")
    chosen = parser.parse_args()
    lines = [
        "| set | seeds | found | dates, times, tables | by rule missed |",
        "|---|---|---|---|---|",
    ]
    repairs = fixable = 0
    for name in ("first", "second", "third"):
        planted = seeds(name)
        missed: dict[str, int] = defaultdict(int)
        sure = [s for s in planted if s.rule.startswith(SURE)]
        lost = 0
        for seed in planted:
            one = finding_of(seed)
            if one is None:
                missed[seed.rule] += 1
                lost += seed in sure
                if chosen.misses:
                    print("MISS", seed.rule, seed.name)
            elif one.fix is not None:
                fixable += 1
                again = review(repaired(seed.document, one, "검토자"), context())
                repairs += not any(o.rule == one.rule and o.place == one.place for o in again)
        found = len(planted) - sum(missed.values())
        said = ", ".join(f"{rule} {n}" for rule, n in sorted(missed.items())) or "none"
        lines.append(
            f"| {name} | {len(planted)} | {found} ({found / len(planted):.1%}) | {len(sure) - lost} of {len(sure)} | {said} |"
        )
    told, pages, times = _clean()
    lines += [
        "",
        f"Clean papers: {len(told)} findings on {pages:.0f} pages, {len(told) / pages:.2f} a page. "
        f"Time a page: median {sorted(times)[len(times) // 2] * 1000:.1f} ms, most {max(times) * 1000:.1f} ms. "
        f"One-click fixes: {repairs} of {fixable} leave no finding of the same rule in the same place.",
    ]
    if chosen.misses:
        for name, one in told:
            print("CLEAN", name, one.rule, one.message)
    print("\n".join(lines))
    if chosen.results:
        _write(chosen.results, "\n".join(lines))


def _write(file: Path, table: str) -> None:
    first, last = _SECTION
    text = file.read_text("utf-8")
    head, _, rest = text.partition(first)
    tail = rest.partition(last)[2] if rest else "\n"
    begin = f"{first}\n## The reviewer of official documents (`python benchmarks/official/seeded.py --results`)\n\n"
    kept = re.search(r"\n(First run.*?)\n(?=\|)", rest, re.S)
    note = f"{kept[1].rstrip()}\n\n" if kept else ""
    file.write_text(f"{head.rstrip()}\n\n{begin}{note}{table}\n{last}{tail}", "utf-8")


if __name__ == "__main__":
    main()
