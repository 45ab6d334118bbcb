"""Write ``mokmin/governance/privacy/words.txt``: words of public texts that look like names.

Usage: python tools/make_privacy_words.py CORPUS.jsonl... [--nouns TEXTS.jsonl...]

Takes the first two and three syllables of words that begin with a surname, from texts that name no
persons (statutes, public guides); and, from texts that may name some, the beginnings of what Kiwi
takes for common nouns and verbs.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

from kiwipiepy import Kiwi

from mokmin.governance.privacy.lexicon import FIRST, HISTORICAL, SECOND, SURNAMES

TARGET = Path(__file__).parent.parent / "mokmin" / "governance" / "privacy" / "words.txt"
COMMON_TAGS = frozenset({"NNG", "VV", "VA", "MAG", "NNB", "XR", "NP"})
JOINED_TAGS = frozenset({"NNG", "XSN", "EC", "EF", "ETM", "ETN", "XSV", "XSA"})
# Names that the guides use as examples.
NAMES = frozenset(["홍길동", "김갑동", "이순신", "김철수", "이영희", "정약용"])

# Words of city documents and of everyday writing that the corpora lack.
MORE = frozenset(
    [
        "정기권",
        "추모",
        "추념",
        "현충",
        "위령",
        "고유제",
        "추모식",
        "추도식",
        "추념식",
        "조회수",
        "구단주",
        "복합기",
        "부서장",
        "제설기",
        "정수기",
        "공기청정기",
        "이동식",
        "조리원",
        "신청서",
        "주차권",
        "이영화",
        "이정도",
        "이만한",
        "이래서",
        "이대로",
        "이분은",
        "한가지",
        "오마주",
        "지지율",
        "유연성",
        "조수석",
        "이슬람",
        "이태원",
        "임진강",
        "정치권",
        "강진이",
        "강진은",
        "동방불패",
        "동방신기",
    ]
)


def nouns(path: str) -> Counter[str]:
    """Common nouns of a file's texts that begin with a surname, with what is written behind them."""
    kiwi = Kiwi(num_workers=1, load_multi_dict=False, load_typo_dict=False)
    seen: Counter[str] = Counter()
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        for text in json.loads(line).values():
            if not isinstance(text, str):
                continue
            tokens = kiwi.tokenize(text)
            for token, after in pairwise([*tokens, None]):
                if token.tag not in COMMON_TAGS or token.form[0] not in SURNAMES:
                    continue
                joined = after is not None and after.start == token.end and after.tag in JOINED_TAGS
                word = token.form + (after.form if joined else "")
                if len(token.form) > 1 and re.fullmatch("[가-힣]+", word):
                    seen[token.form[:2]] += len(token.form) == 2
                    seen[word[:3]] += len(word) > 2
    return seen


def main() -> None:
    """Count and write."""
    options = argparse.ArgumentParser()
    options.add_argument("corpora", nargs="+")
    options.add_argument("--nouns", nargs="*", default=[])
    chosen = options.parse_args()
    two: Counter[str] = Counter()
    three: Counter[str] = Counter()
    for path in chosen.corpora:
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            for word in re.findall(
                r"(?<![가-힣])[가-힣]{2,}", record["title"] + " " + record["text"]
            ):
                if word[0] in SURNAMES:
                    two[word[:2]] += 1
                    three[word[:3]] += len(word) > 2
    kept = {w for w, n in two.items() if n >= 2}
    kept |= {
        w
        for w, n in three.items()
        if len(w) == 3 and n >= (1 if w[1] in FIRST and w[2] in SECOND else 3)
    }
    for path in chosen.nouns:
        kept |= {w for w, n in nouns(path).items() if n >= (2 if len(w) == 2 else 1)}
    words = sorted((kept - NAMES - HISTORICAL) | MORE)
    lines = [" ".join(words[i : i + 20]) for i in range(0, len(words), 20)]
    head = "# Made by tools/make_privacy_words.py. Beginnings of words that are no names.\n"
    TARGET.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(words):,} words\n")


if __name__ == "__main__":
    main()
