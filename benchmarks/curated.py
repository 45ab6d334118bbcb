"""How strict the matching of curated answers is, over the questions of ``benchmarks/retrieval``.

Three figures: pairs of different questions that meet; edits of one word that turn a question round (a
negation, a limit, a number, who for when …) and meet all the same; harmless rewordings that meet.

    python benchmarks/curated.py [--home FOLDER]   # the folder holds the embedding model
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mokmin.app import App
from mokmin.base.korean.reading import hangul
from mokmin.knowledge.answering.curated import FEWEST_WORDS, SIMILAR
from mokmin.knowledge.answering.curated_model import (
    asked_words,
    figures,
    swapped,
    turns,
    wording_key,
)
from mokmin.settings import Settings

SETS = Path(__file__).parent / "retrieval"
TURNED = (
    ("이상", "이하"), ("이내", "이후"), ("있", "없"), ("까지", "부터"), ("전에", "후에"),
    ("해도", "안 해도"), ("할 수", "할 수 없"), ("해야", "하지 않아도"), ("되나", "안 되나"),
    ("가능", "불가능"), ("최대", "최소"), ("하면", "하지 않으면"), ("받으면", "못 받으면"),
    ("누가", "언제"), ("며칠", "몇 달"), ("얼마", "누구"),
)  # fmt: skip
REWORDED = (
    ("인가요?", "입니까"), ("하나요?", "하는지 알려주세요"), ("되나요?", "되는지요"),
    ("되나요", "됩니까?"), ("하나요", "합니까"), ("나요?", "나"), (" ", ""), ("?", ""),
)  # fmt: skip


class Meeting:
    """Whether a question meets another one that is taken as a curated answer's."""

    def __init__(self, app: App) -> None:
        self._analyser, self._embedder = app.analyser(), app.embedder()

    def words(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """The words that say what is asked."""
        return [asked_words(m) for m in self._analyser.morphemes([hangul(t) for t in texts])]

    def meet(self, one: str, other: str, first: tuple[str, ...], second: tuple[str, ...]) -> bool:
        """The rule of ``CuratedAnswers.match``."""
        if wording_key(one) == wording_key(other):
            return True
        if first != second or len(first) < FEWEST_WORDS or figures(one) != figures(other):
            return False
        if turns(one) != turns(other) or swapped(one, other):
            return False
        a, b = (self._embedder.embed_query(hangul(text)) for text in (one, other))
        return float(np.dot(a, b)) >= SIMILAR


def questions() -> list[str]:
    """All questions, each once."""
    files = [
        *sorted((SETS / "questions").glob("*.jsonl")),
        *sorted((SETS / "training").glob("*.jsonl")),
    ]
    lines = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    return list(dict.fromkeys(line["text"] for line in lines))


def turned(text: str) -> list[str]:
    """The question with one thing changed that makes it another question."""
    found = [text.replace(old, new, 1) for old, new in TURNED if old in text]
    if number := re.search(r"\d+", text):
        found.append(f"{text[: number.start()]}{int(number[0]) + 1}{text[number.end() :]}")
    return found


def reworded(text: str) -> list[str]:
    """The same question in other words of politeness, or without blanks or marks."""
    made = [text.replace(old, new) for old, new in REWORDED if text.endswith(old) or old in " ?"]
    return [one for one in made if one != text]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path(".home"))
    meeting = Meeting(App(Settings(home=parser.parse_args().home)))
    texts = questions()
    words = meeting.words(texts)
    by_words = defaultdict(list)
    for n, key in enumerate(words):
        by_words[key].append(n)
    pairs = [
        (texts[a], texts[b])
        for group in by_words.values()
        for at, a in enumerate(group)
        for b in group[at + 1 :]
        if meeting.meet(texts[a], texts[b], words[a], words[b])
    ]
    print(f"questions {len(texts)}, pairs {len(texts) * (len(texts) - 1) // 2}, met {len(pairs)}")
    for pair in pairs:
        print("  ", *pair, sep=" | ")
    for name, change in (("turned round", turned), ("reworded", reworded)):
        made = [
            (text, own, other)
            for text, own in zip(texts, words, strict=True)
            for other in change(text)
        ]
        changed = meeting.words([other for *_, other in made])
        met = [
            (text, other)
            for (text, own, other), found in zip(made, changed, strict=True)
            if meeting.meet(text, other, own, found)
        ]
        print(f"{name}: {len(made)}, met {len(met)}")
        for pair in met[:20] if change is turned else ():
            print("  ", *pair, sep=" | ")


if __name__ == "__main__":
    main()
