"""What may be edited: every shipped prompt, every guardrail, and the least that must remain of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from mokmin.base.llm.prompts import key_of, shipped
from mokmin.governance.prompts import guardrails

Kind = Literal["prompt", "guard"]
MOST_PROMPT, MOST_GUARD, MOST_LINES = 3_000, 400, 60
# The parts of a request stand in square brackets: [근거], [질문].
PART = re.compile(r"\[([^\[\]\n]{1,20})\]")
FENCE = re.compile(r"<<<[^<>\n]{1,40}>>>")
_NUMBER = re.compile(r"^\s*(\d{1,2})\.\s+")


@dataclass(frozen=True)
class Entry:
    """Something that may be edited.

    ``kept``: the numbers of the rules of the shipped prompt that every edit keeps word for word;
    ``parts``: what else of the request it may name in brackets; ``needs``: words that a guardrail
    must contain; ``listed``: one word a line; ``may_be_empty`` tells itself."""

    key: str
    name: str
    purpose: str
    kind: Kind = "prompt"
    package: str = ""
    kept: tuple[int, ...] = ()
    parts: tuple[str, ...] = ()
    default: str = ""
    needs: tuple[str, ...] = ()
    listed: bool = False
    may_be_empty: bool = False
    minimum: str = ""

    @cached_property
    def shipped(self) -> str:
        """The text of this release."""
        if self.kind == "guard":
            return self.default
        return shipped(self.package, self.key.rpartition("/")[2]).strip()

    @property
    def most(self) -> int:
        """The longest text, in characters."""
        if self.kind == "prompt":
            return MOST_PROMPT
        return MOST_LINES * 20 if self.listed else MOST_GUARD

    @cached_property
    def kept_rules(self) -> tuple[str, ...]:
        """The rules that must remain, without their numbers."""
        if not self.kept:
            return ()
        found = {int(m[1]): bare_rule(x) for x in self.lines if (m := _NUMBER.match(x))}
        return tuple(found[number] for number in self.kept)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the shipped text."""
        return tuple(line for line in self.shipped.splitlines() if line.strip())

    @cached_property
    def required_parts(self) -> frozenset[str]:
        """The parts of the request that the shipped prompt names."""
        return parts_of(self.shipped)


def bare_rule(line: str) -> str:
    """A line without its number and with single spaces."""
    return " ".join(_NUMBER.sub("", line).split())


def parts_of(text: str) -> frozenset[str]:
    """The parts of the request that a text names; numbers of sources are none."""
    return frozenset(p for p in PART.findall(text) if not p.strip().isdigit())


_ANSWERING, _OFFICIAL = "mokmin.knowledge.answering", "mokmin.knowledge.official"
_TOOLS = "mokmin.features.tools"


def _prompt(
    package: str, name: str, title: str, purpose: str, kept: tuple[int, ...], *parts: str
) -> Entry:
    return Entry(
        key_of(package, name), title, purpose, package=package, kept=kept, parts=parts or ()
    )


PROMPTS: tuple[Entry, ...] = (
    _prompt(
        _ANSWERING,
        "answer",
        "근거로 답하기",
        "업무 대화와 업무봇, 연결된 프로그램의 질문에 찾은 근거로 답할 때",
        (2, 3, 6, 8, 9),
        "질문",
        "앞선 대화",
    ),
    _prompt(
        _ANSWERING,
        "general",
        "일반 지식으로 답하기",
        "자료에 답이 없고 업무봇이 일반 지식을 허용할 때",
        (2, 3, 4, 5),
    ),
    Entry(
        "answering/assistant",
        "업무봇 지침 앞에 붙는 말",
        "부서가 업무봇에 적은 지침을 규칙 아래에 둘 때",
        package=_ANSWERING,
    ),
    _prompt(
        _TOOLS, "summary", "요약", "문서 도구의 요약", (1, 2, 3, 6), "읽는 사람", "형식", "분량"
    ),
    _prompt(_TOOLS, "table", "표로 뽑기", "문서 도구의 표", (1, 2, 3, 4)),
    _prompt(_TOOLS, "quiz", "묻고 답하기", "문서 도구의 교육 자료", (1, 3, 5)),
    _prompt(
        _OFFICIAL, "prose", "문서 본문 쓰기", "문서 작성에서 사실로 본문을 쓸 때", (1, 2, 3, 7)
    ),
    _prompt(
        _OFFICIAL, "rewrite", "문장 다듬기", "문서 작성에서 한 단락을 고쳐 쓸 때", (1, 2, 3, 4, 6)
    ),
    _prompt(
        _OFFICIAL, "opinion", "검토 의견", "문서 작성에서 다시 생각할 점을 물을 때", (1, 2, 3, 6)
    ),
)
_SAYS_NOT = ("않습니다",)
GUARDS: tuple[Entry, ...] = (
    Entry(
        "guard/refusal",
        "근거가 없을 때의 첫 문장",
        "볼 수 있는 문서에 답이 없을 때 답 대신 보이는 말",
        "guard",
        default=guardrails.REFUSAL,
        needs=("근거", "못했습니다"),
        minimum="근거가 없으면 답하지 않는 것은 바꿀 수 없습니다. 말만 바꿉니다.",
    ),
    Entry(
        "guard/opinion",
        "개인 의견을 물을 때",
        "느낌이나 개인적인 의견을 묻는 질문에 하는 말",
        "guard",
        default=guardrails.OPINION,
        needs=_SAYS_NOT,
        minimum="의견을 말하지 않는 것은 바꿀 수 없습니다. 말만 바꿉니다.",
    ),
    Entry(
        "guard/politics",
        "정치적인 판단을 물을 때",
        "지지, 평가, 당선 예측을 묻는 질문에 하는 말",
        "guard",
        default=guardrails.POLITICS,
        needs=_SAYS_NOT,
        minimum="정치적인 판단을 하지 않는 것은 바꿀 수 없습니다. 말만 바꿉니다.",
    ),
    Entry(
        "guard/verdict",
        "소송·처분의 결과를 물을 때",
        "이길지, 처벌될지처럼 규정에 적힌 것을 넘는 확답을 바라는 질문에 하는 말",
        "guard",
        default=guardrails.VERDICT,
        needs=_SAYS_NOT,
        minimum="결과를 예측하지 않는 것은 바꿀 수 없습니다. 말만 바꿉니다.",
    ),
    Entry(
        "guard/topics",
        "더 다루지 않을 주제",
        "질문에 이 낱말이 있으면 답하지 않습니다",
        "guard",
        listed=True,
        may_be_empty=True,
        minimum="의견, 정치적 판단, 소송 결과는 적지 않아도 늘 답하지 않습니다.",
    ),
    Entry(
        "guard/topic",
        "다루지 않는 주제라고 하는 말",
        "위 낱말이 있는 질문에 하는 말",
        "guard",
        default=guardrails.TOPIC,
        needs=_SAYS_NOT,
        minimum="답하지 않는다는 것은 밝혀야 합니다.",
    ),
    Entry(
        "guard/words",
        "쓰지 않을 말",
        "모델이 쓴 문장에 이 낱말이 있으면 그 문장을 뺍니다. 원문을 그대로 옮긴 것은 빼지 않습니다",
        "guard",
        listed=True,
        may_be_empty=True,
        minimum="규칙을 옮겨 적은 문장과 링크, HTML은 적지 않아도 늘 뺍니다.",
    ),
    Entry(
        "guard/contact",
        "물어볼 곳",
        "답하지 않을 때마다 끝에 붙는 담당 부서와 연락처",
        "guard",
        may_be_empty=True,
        minimum="비워 두면 찾은 문서의 담당 부서와 전화만 보입니다.",
    ),
)
ENTRIES: dict[str, Entry] = {entry.key: entry for entry in (*PROMPTS, *GUARDS)}
