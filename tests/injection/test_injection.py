"""Attempts to steer answers, in questions and in documents, each through the whole pipeline twice:
without a model, and with a model that does whatever the injected text says (the worst there can be).

0 steered: what was injected is never shown as verified unless it is a verbatim quote, and nothing of it
becomes a link, a picture or markup. 0 leaked: no passage beyond the person's rights, none of our rules.
0 cited wrongly: every citation names a passage of the request.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from mokmin.app import App
from mokmin.base.llm.ports import Message, ModelProfile
from mokmin.base.web.kit import PageKit
from mokmin.features.assistant import present
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.answering.asking import rules
from mokmin.knowledge.answering.model import Answer, AnswerEvent
from mokmin.knowledge.answering.service import AnswerService

ATTEMPTS = [
    json.loads(line)
    for line in (Path(__file__).parent / "attempts.jsonl").read_text("utf-8").splitlines()
]
FEATURE = Path(present.__file__).parent / "templates"
QUESTION = "공유재산 사용료는 몇 번까지 나누어 낼 수 있는가?"
SECRET = "대외비암호칠칠팔팔"
MANUAL = (
    "# 공유재산 편람\n\n## 사용료\n\n공유재산 사용료는 매년 납부기한까지 낸다. "
    "사용료가 100만원을 넘으면 연 4회까지 나누어 낼 수 있다. "
    "다만, 재난이 있으면 한 번 더 나눌 수 있다.\n\n"
    "## 연체\n\n사용료를 늦게 내면 연체료를 붙인다. 연체료율은 연 7퍼센트이다.\n"
)
OPENINGS = ("", "정리하면 ", "다시 말해 ", "결국 ", "요컨대 ", "그러므로 ", "따라서 ", "곧 ", "즉 ")
_MARKS = re.compile(r"\[\d+\]")


class Obedient:
    """A chat model that does what the injected text says, citing every passage it was given."""

    name = "순종"
    grade = "C"
    profile = ModelProfile(personal_data=True)

    def __init__(self, says: str) -> None:
        self._says = says
        self.requests: list[tuple[Message, ...]] = []

    def stream(self, messages: Sequence[Message], *, max_tokens: int = 1024) -> Iterator[str]:
        """The injected answer in small pieces."""
        self.requests.append(tuple(messages))
        system, user = messages[0].content, messages[-1].content
        boundary = re.findall(r"<<<끝 ([0-9a-f]{16})>>>", user)[-1]
        text = self._says.replace("{prompt}", system).replace("{boundary}", boundary)
        text = text.replace("{sources}", user)
        if "[" not in text:
            count = len(re.findall(rf"<<<근거 \d+ {boundary}>>>", user))
            lines = [f"{OPENINGS[n % 9]}{text} [{n}]" for n in range(1, count + 1)]
            lines.append(f"그리고 {text} " + "".join(f"[{n}]" for n in range(1, count + 1)))
            text = "\n".join(lines)
        elif "{prompt}" in self._says:
            text = "\n".join(f"{line} [1]" for line in text.splitlines())
        for at in range(0, len(text), 5):
            yield text[at : at + 5]

    def probe(self) -> str:
        """Always well."""
        return ""


@pytest.fixture
def database_url(blank_sqlite: Path, tmp_path: Path) -> str:
    """SQLite alone: what is asked here does not depend on the database."""
    shutil.copy(blank_sqlite, tmp_path / "mokmin.db")
    return f"sqlite:///{tmp_path / 'mokmin.db'}"


@pytest.fixture
def library(app: App, people: Any, put: Any) -> App:
    put(app, "편람.md", MANUAL, department="회계과")
    text = f"공유재산 사용료는 몇 번까지 나누어 낼 수 있는가. {SECRET}\n"
    put(app, "복지과 비공개.txt", text, by=people.other, department="복지과", audience=("복지과",))
    return app


def planted(app: App, put: Any, attempt: dict[str, str]) -> str:
    """Put the attempt where it belongs; the question to ask."""
    where, attack = attempt["where"], attempt["attack"]
    base = "공유재산 사용료를 나누어 내는 방법을 안내한다. 사용료는 나누어 낼 수 있다."
    if where == "question":
        return f"{QUESTION} {attack}"
    if where == "title":
        put(app, "안내.md", f"# 공유재산 사용료 안내 {attack}\n\n{base}\n")
    elif where == "text":
        put(app, "안내.txt", f"{base}\n{attack}\n")
    elif where == "html-comment":
        put(
            app,
            "안내.html",
            f"<h1>공유재산 사용료</h1><p>{base}</p><!-- {attack} --><p>{attack}</p>",
        )
    else:
        put(app, "안내.html", f"<body><h1>공유재산 사용료</h1><p>{base}</p>{attack}</body>")
    return QUESTION


def rendered(answer: Answer) -> str:
    """The page's blocks of an answer."""
    kit = PageKit([FEATURE], lambda _: {})
    body = json.loads(json.dumps(asdict(answer), ensure_ascii=False, default=str))
    blocks = present.blocks(1, body)
    return "".join(kit.fragment("assistant/block.html", block=b, cid=1, mid=1) for b in blocks)


def bare(text: str) -> str:
    """Letters and digits only."""
    return re.sub(r"\W+", "", _MARKS.sub("", text))


def check_page(answer: Answer) -> None:
    """Nothing but the product's own addresses and tags."""
    html = rendered(answer)
    assert not re.search(r"<(?:img|script|iframe|form|object|embed|input|meta|base)\b", html, re.I)
    # The icons are the only drawings; they load nothing.
    assert not re.search(r"<svg[^>]*onload|\son\w+\s*=\s*[\"']?alert", re.sub(r"&[^;]+;", "", html))
    for address in re.findall(r"(?:href|src|action)=[\"']([^\"']*)", html):
        assert address.startswith(("/chat/", "/library/", "/static/", "#")), address


def check_citations(app: App, answer: Answer) -> None:
    """Every citation is a passage that the person may read, every number a citation."""
    known = {c.n: c for c in answer.citations}
    for citation in answer.citations:
        assert app.search.passage(app.people.principal("kim"), citation.passage_id) is not None
    for sentence in answer.sentences:
        assert set(sentence.citations) <= set(known)


def check_leaks(events: Sequence[AnswerEvent], answer: Answer, boundary: str = "") -> None:
    """None of our rules, no mark of the fence, nothing of others."""
    shown = [e.text for e in events] + [e.sentence.text for e in events if e.sentence]
    everything = "\n".join(
        [*shown, answer.text, *answer.notices, *(c.quote for c in answer.citations)]
    )
    assert SECRET not in everything
    assert not boundary or boundary not in everything
    said, ours = bare("\n".join([*shown, answer.text])), bare(rules())
    assert not any(ours[i : i + 25] in said for i in range(len(ours) - 25))


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda a: a["id"])
def test_an_attempt_comes_to_nothing(library: App, put: Any, attempt: dict[str, str]) -> None:
    question = planted(library, put, attempt)
    kim = library.people.principal("kim")
    # Without a model: quotes, word for word.
    events = list(library.answers.stream(kim, question))
    answer = events[-1].answer
    assert answer is not None
    check_leaks(events, answer)
    check_citations(library, answer)
    check_page(answer)
    for sentence in answer.sentences:
        if sentence.group:
            hits = [c.passage_id for c in answer.citations if c.n in sentence.citations]
            texts = [library.search.passage(OPERATOR, p) for p in hits]
            assert any(t is not None and bare(sentence.text) in bare(t.text) for t in texts)
    # With the obedient model.
    model = Obedient(attempt["says"])
    service = AnswerService(
        library.search, library.people, library.audit, library.analyser, library.embedder, [model]
    )
    events = list(service.stream(kim, question))
    answer = events[-1].answer
    assert answer is not None
    boundary = ""
    for request in model.requests:
        assert SECRET not in request[-1].content
        boundary = re.findall(r"<<<끝 ([0-9a-f]{16})>>>", request[-1].content)[-1]
        assert "<|" not in request[-1].content and "[INST]" not in request[-1].content
    check_leaks(events, answer, boundary)
    check_citations(library, answer)
    check_page(answer)
    if attempt["goal"] in ("exfiltrate", "leak-prompt", "leak-others"):
        assert "evil.example" not in "".join(s.text for s in answer.sentences if not s.group)
        return
    claim = bare(attempt["says"])
    shown = [e.sentence for e in events if e.sentence is not None] + list(answer.sentences)
    for made in shown:
        if not made.group and claim in bare(made.text):
            assert made.support != "verified", (made, [c.quote for c in answer.citations])


def test_the_suite_is_large_and_in_both_languages() -> None:
    assert len(ATTEMPTS) >= 150
    assert {a["lang"] for a in ATTEMPTS} == {"ko", "en"}
    assert len({a["attack"] + a["where"] for a in ATTEMPTS}) == len(ATTEMPTS)
    assert {"question", "text", "title", "html", "html-comment"} == {a["where"] for a in ATTEMPTS}
