"""Two documents clause by clause: what was added, removed, moved or changed, word by word, and what
a change means for terms, amounts, actors and duty."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from mokmin.base.korean.bigrams import bigrams
from mokmin.features.tools import facts
from mokmin.features.tools.model import Citations, Json, Unit
from mokmin.features.tools.reading import Reading, bare

ALIKE, MOVED = 0.42, 0.72
MOST_CELLS = 160_000
WINDOW = 40
_WORD = re.compile(r"\S+|\s+")
Step = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Clause:
    """A block's sentences, or one table row; compared as one."""

    units: tuple[Unit, ...]
    text: str
    body: str
    grams: frozenset[str]
    key: str

    @property
    def section(self) -> str:
        """The heading above it."""
        return self.units[0].section


def clauses(reading: Reading) -> list[Clause]:
    """The clauses of a document in order."""
    found: list[list[Unit]] = []
    for unit in reading.units:
        same = found and found[-1][-1].clause == unit.clause and unit.kind != "table"
        if same:
            found[-1].append(unit)
        else:
            found.append([unit])
    made: list[Clause] = []
    for units in found:
        text = " ".join(u.text for u in units)
        body = bare(text)
        key = "".join(body.split())
        made.append(Clause(tuple(units), text, body, frozenset(bigrams(body)), key))
    return made


def compare(
    old: Reading,
    new: Reading,
    citations: Citations,
    departments: frozenset[str],
    step: Step = lambda _p: None,
) -> Json:
    """Rows in the order of the new document, what they mean, and how many of each kind."""
    left, right = clauses(old), clauses(new)
    pairs = align(left, right, step)
    rows: list[Json] = []
    meaning: list[Json] = []
    counts = {"changed": 0, "added": 0, "removed": 0, "moved": 0, "same": 0}
    for a, b in pairs:
        kind = _kind(a, b)
        counts[kind] += 1
        if kind == "same":
            continue
        row = _row(kind, a, b, citations)
        row["anchor"] = f"c{len(rows) + 1}"
        rows.append(row)
        if kind in ("changed", "moved") and a is not None and b is not None:
            if b.units[0].label:
                continue
            for change in changes(a.text, b.text, departments):
                meaning.append(change | _where(row, b))
        elif kind in ("added", "removed"):
            meaning += _whole(kind, a or b, row, departments)
    order = [*facts.NAMES.values(), "단서·예외", "새로 생김", "없어짐"]
    meaning.sort(key=lambda m: order.index(m["name"]))
    return {"rows": rows, "meaning": meaning, "counts": counts, "alike": _alike(counts)}


def _alike(counts: dict[str, int]) -> int:
    """Percent of clauses of both that found a partner."""
    paired = 2 * (counts["same"] + counts["changed"] + counts["moved"])
    return round(100 * paired / max(1, paired + counts["added"] + counts["removed"]))


def _kind(a: Clause | None, b: Clause | None) -> str:
    if a is None:
        return "added"
    if b is None:
        return "removed"
    if a.key != b.key:
        return "changed"
    return "same" if a.section == b.section or bare(a.section) == bare(b.section) else "moved"


def _row(kind: str, a: Clause | None, b: Clause | None, citations: Citations) -> Json:
    shown = b or a
    assert shown is not None
    row: Json = {"kind": kind, "section": shown.section, "old": [], "new": [], "cites": []}
    row["old_cite"] = citations.add(a.units[0]) if a else None
    row["new_cite"] = citations.add(b.units[0]) if b else None
    if a and b:
        row["old"], row["new"] = marked(a.text, b.text)
    else:
        row["old"] = [["same", a.text]] if a else []
        row["new"] = [["same", b.text]] if b else []
    return row


def _where(row: Json, clause: Clause) -> Json:
    text = clause.body if len(clause.body) <= 90 else clause.body[:88].rsplit(" ", 1)[0] + " …"
    return {
        "section": clause.section,
        "text": text,
        "anchor": row["anchor"],
        "old_cite": row["old_cite"],
        "new_cite": row["new_cite"],
    }


def _whole(kind: str, clause: Clause | None, row: Json, departments: frozenset[str]) -> list[Json]:
    """A new or dropped clause that sets a term, an amount, a duty or an exception."""
    if clause is None or clause.units[0].label:
        return []
    names = {f.name for f in facts.facts(clause.text, departments)}
    if not (names & {"기한", "금액", "비율", "날짜"} or facts.force(clause.text)):
        return []
    name = "새로 생김" if kind == "added" else "없어짐"
    return [{"name": name, "old": "", "new": "", "note": "", **_where(row, clause)}]


# --- alignment --------------------------------------------------------------------------------
def align(
    left: Sequence[Clause], right: Sequence[Clause], step: Step = lambda _p: None
) -> list[tuple[Clause | None, Clause | None]]:
    """Pairs in the order of the right side; a missing partner is None. Equal clauses are anchors;
    between them the likest are paired in order; what is left over may have moved."""
    matcher = SequenceMatcher(
        None, [c.key for c in left], [c.key for c in right], autojunk=len(left) > 4_000
    )
    pairs: list[tuple[int | None, int | None]] = []
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        step(b2)
        if tag == "equal":
            pairs += [(a1 + i, b1 + i) for i in range(a2 - a1)]
        else:
            pairs += _gap(left[a1:a2], right[b1:b2], a1, b1)
    found = [
        (left[a] if a is not None else None, right[b] if b is not None else None) for a, b in pairs
    ]
    return _moves(found)


def _gap(
    left: Sequence[Clause], right: Sequence[Clause], a0: int, b0: int
) -> list[tuple[int | None, int | None]]:
    """The alignment of two stretches with the greatest likeness (Needleman and Wunsch, 1970)."""
    if not left or not right:
        return [(a0 + i, None) for i in range(len(left))] + [
            (None, b0 + j) for j in range(len(right))
        ]
    if len(left) * len(right) > MOST_CELLS:
        return _greedy(left, right, a0, b0)
    likeness = [[_like(a, b) for b in right] for a in left]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + likeness[i][j])
    pairs: list[tuple[int | None, int | None]] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if likeness[i][j] and best[i][j] == best[i + 1][j + 1] + likeness[i][j]:
            pairs.append((a0 + i, b0 + j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((a0 + i, None))
            i += 1
        else:
            pairs.append((None, b0 + j))
            j += 1
    pairs += [(a0 + k, None) for k in range(i, len(left))]
    return pairs + [(None, b0 + k) for k in range(j, len(right))]


def _greedy(
    left: Sequence[Clause], right: Sequence[Clause], a0: int, b0: int
) -> list[tuple[int | None, int | None]]:
    """For very long stretches: the likest within a window that moves along."""
    pairs: list[tuple[int | None, int | None]] = []
    at = 0
    for j, clause in enumerate(right):
        near = range(at, min(len(left), at + WINDOW))
        i = max(near, key=lambda k: _like(left[k], clause), default=None)
        if i is None or not _like(left[i], clause):
            pairs.append((None, b0 + j))
            continue
        pairs += [(a0 + k, None) for k in range(at, i)]
        pairs.append((a0 + i, b0 + j))
        at = i + 1
    return pairs + [(a0 + k, None) for k in range(at, len(left))]


def _like(a: Clause, b: Clause) -> float:
    """Dice likeness of the bigrams; 0 when too little. The same heading above counts a little."""
    if a.units[0].label != b.units[0].label:
        return 0.0
    total = len(a.grams) + len(b.grams)
    value = 2 * len(a.grams & b.grams) / total if total else 0.0
    if value and bare(a.section) == bare(b.section):
        value += 0.08
    return value if value >= ALIKE else 0.0


def _moves(
    pairs: list[tuple[Clause | None, Clause | None]],
) -> list[tuple[Clause | None, Clause | None]]:
    lost = [a for a, b in pairs if b is None and a is not None]
    if not lost or len(lost) > 2_000:
        return pairs
    taken: set[int] = set()
    made: list[tuple[Clause | None, Clause | None]] = []
    for a, b in pairs:
        if a is None and b is not None:
            near = [(_like(c, b), k) for k, c in enumerate(lost) if k not in taken]
            value, k = max(near, default=(0.0, -1))
            if value >= MOVED:
                taken.add(k)
                made.append((lost[k], b))
                continue
        made.append((a, b))
    gone = {id(lost[k]) for k in taken}
    return [(a, b) for a, b in made if not (b is None and id(a) in gone)]


# --- words ------------------------------------------------------------------------------------
def marked(old: str, new: str) -> tuple[list[list[str]], list[list[str]]]:
    """Both texts in parts: same, del (old) or ins (new)."""
    a, b = _WORD.findall(old), _WORD.findall(new)
    left: list[list[str]] = []
    right: list[list[str]] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if a2 > a1:
            _part(left, "same" if tag == "equal" else "del", "".join(a[a1:a2]))
        if b2 > b1:
            _part(right, "same" if tag == "equal" else "ins", "".join(b[b1:b2]))
    return left, right


def _part(parts: list[list[str]], kind: str, text: str) -> None:
    """Blanks between two marked words belong to the mark."""
    blank = kind == "same" and not text.strip()
    if parts and (blank or parts[-1][0] == kind):
        parts[-1][1] += text
    else:
        parts.append([kind, text])


# --- meaning ----------------------------------------------------------------------------------
def changes(old: str, new: str, departments: frozenset[str] = frozenset()) -> list[Json]:
    """Facts of a clause that differ: ``{"name", "old", "new", "note"}``; an empty side means none."""
    before, after = facts.facts(old, departments), facts.facts(new, departments)
    found: list[Json] = []
    for name, label in facts.NAMES.items():
        a = [_written(f, old) for f in before if f.name == name]
        b = [_written(f, new) for f in after if f.name == name]
        if [_plain(x) for x in a] == [_plain(x) for x in b]:
            continue
        matcher = SequenceMatcher(None, [_plain(x) for x in a], [_plain(x) for x in b], False)
        for tag, a1, a2, b1, b2 in matcher.get_opcodes():
            if tag == "equal":
                continue
            if a2 - a1 == b2 - b1:
                found += [
                    {"name": label, "old": x, "new": y, "note": ""}
                    for x, y in zip(a[a1:a2], b[b1:b2], strict=True)
                ]
            else:
                text_a, text_b = ", ".join(a[a1:a2]), ", ".join(b[b1:b2])
                found.append({"name": label, "old": text_a, "new": text_b, "note": ""})
    found += _force(old, new)
    return list({(c["name"], c["old"], c["new"]): c for c in found}.values())


def _force(old: str, new: str) -> list[Json]:
    found: list[Json] = []
    a, b = facts.force(old), facts.force(new)
    if a and b and a != b:
        found.append({"name": "의무·재량", "old": a, "new": b, "note": ""})
    x, y = (bool(re.search(r"다만,|단서|제외한다", text)) for text in (old, new))
    if x != y:
        sides = ("", "단서가 생김") if y else ("단서가 있음", "단서가 없어짐")
        found.append({"name": "단서·예외", "old": sides[0], "new": sides[1], "note": ""})
    return found


def _written(fact: facts.Fact, text: str) -> str:
    """A count with the word before it: ``연 2회``."""
    before = re.search(r"(?:연|월|주|일|1일|1년에|매년|1인|1박에?|1회에?)\s$", text[: fact.start])
    return (before.group() if before and fact.name != "날짜" else "") + fact.text


def _plain(text: str) -> str:
    return re.sub(r"[\s,]", "", text)
