"""Cited answers over the demo city: right source, quoted text contained, refusals.

Usage: python benchmarks/answers.py HOME   (a data folder with the demo city loaded)
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from importlib import resources
from pathlib import Path

from mokmin.app import App
from mokmin.settings import load_settings

OUTSIDE = (
    "오늘 점심 메뉴 추천해줘",
    "비트코인 시세가 얼마야?",
    "화성에 사람이 살 수 있나요?",
    "What is the capital of France?",
    "파이썬으로 정렬하는 법 알려줘",
    "서울에서 부산까지 KTX 요금은?",
    "대통령 선거는 언제인가요?",
    "ㅁㄴㅇㄹ",
)


def main() -> None:
    """Ask every demo question as the person who would ask it."""
    app = App(load_settings(Path(sys.argv[1])))
    demo = resources.files("mokmin.demo")
    questions = json.loads(demo.joinpath("questions.json").read_text(encoding="utf-8"))
    manifest = json.loads(demo.joinpath("manifest.json").read_text(encoding="utf-8"))
    titles = {item["file"]: item["title"] for item in manifest}
    app.warm_up()
    right = quoted = asked = refused = unanswerable = wrongly_refused = 0
    seconds: list[float] = []
    items = questions["starters"] + questions["evaluation"]
    items += [{"login": "yun.areum", "text": text, "expected": []} for text in OUTSIDE]
    for item in items:
        begin = time.perf_counter()
        answer = app.answers.answer(app.people.principal(item["login"]), item["text"])
        seconds.append(time.perf_counter() - begin)
        quotes = item.get("quotes") or ([item["quote"]] if item.get("quote") else [])
        if not quotes:
            unanswerable += 1
            refused += answer.refused
            continue
        asked += 1
        wrongly_refused += answer.refused
        right += bool({titles[f] for f in item["expected"]} & {c.title for c in answer.citations})
        text = "".join("".join([answer.text, *(c.quote for c in answer.citations)]).split())
        quoted += any("".join(q.split(" | ")[0].split())[:40] in text for q in quotes)
    print("| what | seen |\n|---|---|")
    print(f"| answerable questions | {asked} |")
    print(f"| a right document is cited | {right} ({right / asked:.0%}) |")
    print(f"| the gold sentence is in the answer or its quotes | {quoted} ({quoted / asked:.0%}) |")
    print(f"| refused although answerable | {wrongly_refused} |")
    print(f"| refused of unanswerable | {refused} of {unanswerable} |")
    print(f"| seconds, median / largest | {statistics.median(seconds):.2f} / {max(seconds):.2f} |")


if __name__ == "__main__":
    main()
