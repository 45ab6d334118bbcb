"""Write ``mokmin/governance/privacy/words.txt``: words of public texts that look like names.

Usage: python tools/make_privacy_words.py CORPUS.jsonl...

Takes the first two and three syllables of words that begin with a surname, from texts that name no
persons (statutes, public guides).
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

from mokmin.governance.privacy.names import FIRST, SECOND, SURNAMES

TARGET = Path(__file__).parent.parent / "mokmin" / "governance" / "privacy" / "words.txt"
# Names that the guides use as examples.
NAMES = frozenset(["홍길동", "김갑동", "이순신", "김철수", "이영희", "정약용"])

# Words of city documents and of everyday writing that the corpora lack.
MORE = frozenset(
    [
        "정기권",
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


def main() -> None:
    """Count and write."""
    two: Counter[str] = Counter()
    three: Counter[str] = Counter()
    for path in sys.argv[1:]:
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
    words = sorted((kept - NAMES) | MORE)
    lines = [" ".join(words[i : i + 20]) for i in range(0, len(words), 20)]
    head = "# Made by tools/make_privacy_words.py. Beginnings of words that are no names.\n"
    TARGET.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(words):,} words\n")


if __name__ == "__main__":
    main()
