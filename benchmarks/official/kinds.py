"""Every kind with its worked examples: time to draft and to write, read back, numbers without a fact.

``python benchmarks/official/kinds.py`` prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time

from mokmin.knowledge.official.drafting import compose, unfounded, written
from mokmin.knowledge.official.kinds import KINDS
from mokmin.knowledge.official.kinds.examples import examples
from mokmin.knowledge.official.proof import proof


def main() -> int:
    """Measure; 1 when a bar is missed."""
    drafting, writing, same, strange, count = [], [], 0, 0, 0
    for kind in KINDS:
        for example in examples(kind.key):
            begun = time.perf_counter()
            made = compose(kind, example.facts)
            composed = time.perf_counter()
            content, pages = written(made.document)
            drafting.append(composed - begun)
            writing.append(time.perf_counter() - composed)
            checks = {c.rule: c.ok for c in proof(made, example.facts, content, pages)}
            same += checks["다시 읽기"] and checks["쪽 크기"]
            strange += len(unfounded(made.document, example.facts))
            count += 1
    result = {
        "examples": count,
        "read_back": same,
        "unfounded_numbers": strange,
        "draft_seconds_most": round(max(drafting), 4),
        "write_seconds_most": round(max(writing), 3),
    }
    sys.stdout.write(json.dumps(result) + "\n")
    good = same == count and not strange and max(drafting) <= 0.5 and max(writing) <= 0.5
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
