"""보도자료 and 말씀자료: prose that others print or read aloud. Dates are written out (12월 1일)."""

from __future__ import annotations

import re
from dataclasses import replace

from mokmin.base.korean.josa import with_josa
from mokmin.knowledge.official.facts import Facts
from mokmin.knowledge.official.kinds.building import (
    attached,
    blank,
    fields,
    lined,
    named,
    of_office,
    told,
)
from mokmin.knowledge.official.kinds.model import FactField, Kind, Office
from mokmin.knowledge.official.layout.press import press_pages, speech_pages
from mokmin.knowledge.official.model import Block, OfficialDocument, Origin, Span

_DATE = re.compile(r"(\d{4})\. (\d{1,2})\. (\d{1,2})\.(?:\(([월화수목금토일])\))?")
# The end of a period names no year again: 2027년 1월 4일부터 1. 29.까지.
_SHORT = re.compile(
    r"(일(?:\([월화수목금토일]\))?(?:부터|\s*~)\s*)(\d{1,2})\. (\d{1,2})\.(?:\(([월화수목금토일])\))?"
)

PRESS_FIELDS = (
    FactField("제목", "기사 제목이 될 한 줄은?", required=True, group="head", example="해온시, 한파쉼터 142곳 문 연다", aliases=("headline", "title", "제목문")),
    FactField("부제", "제목을 돕는 한두 줄은?", "lines", group="head", aliases=("subhead", "subtitle", "소제목")),
    FactField("보도시점", "언제부터 보도할 수 있는가? (예: 즉시, 2026. 11. 24.(화) 09:00 이후)", group="head", required=True, example="즉시", aliases=("embargo", "엠바고", "보도일시", "보도일")),
    FactField("배포일", "배포하는 날은?", "date", group="head", required=True, example="2026. 11. 23.", aliases=("date", "배포일시", "release_date")),
    FactField("행정기관명", "행정기관의 이름은?", group="head", required=True, aliases=("기관명", "기관", "agency")),
    FactField("담당부서", "담당 부서는?", group="head", required=True, aliases=("부서", "department")),
    FactField("책임자", "책임자의 직위와 이름, 전화번호는?", "person", group="head", aliases=("manager", "부서장")),
    FactField("담당자", "담당자의 직위와 이름은?", "person", group="head", required=True, aliases=("contact", "담당")),
    FactField("전화", "기자가 물어볼 전화번호는?", group="head", required=True, aliases=("phone", "연락처", "전화번호")),
    FactField("리드", "누가 언제 무엇을 왜 하는지 한두 문장으로 쓰면?", "text", aliases=("lead", "요지", "요약", "summary")),
    FactField("내용", "알릴 내용을 한 줄에 하나씩 쓰면?", "outline", required=True, aliases=("본문", "body", "content", "contents", "주요내용", "세부계획")),
    FactField("말", "누가 무엇이라고 말했는가? (본인이 확인한 말만 씁니다)", "text", aliases=("quote", "인용", "인용문", "코멘트")),
    FactField("말한이", "그 말을 한 사람의 직위와 이름은?", "person", aliases=("speaker", "quote_by", "발언자")),
    FactField("향후계획", "앞으로의 계획은?", "lines", aliases=("next", "plan", "향후일정", "일정")),
    FactField("표", "함께 보일 표가 있다면?", "table", aliases=("table",)),
    FactField("사진설명", "사진 설명은?", "lines", aliases=("photo_caption", "caption", "사진")),
    FactField("붙임", "붙일 자료는?", "lines", aliases=("attachments", "첨부")),
)  # fmt: skip
SPEECH_FIELDS = (
    FactField("제목", "어떤 자리의 말씀인가? (예: 해온시 자원봉사자 대회 축사)", required=True, group="head", example="2026년 해온시 자원봉사자 대회 축사", aliases=("title", "subject")),
    FactField("행사명", "행사의 이름은?", group="head", aliases=("event",), required=True),
    FactField("일시", "행사는 언제인가?", group="head", aliases=("date", "datetime", "일자"), required=True),
    FactField("장소", "행사는 어디에서 하는가?", group="head", aliases=("place", "venue"), required=True),
    FactField("말하는이", "누가 말하는가?", "person", group="head", aliases=("speaker", "연설자"), required=True),
    FactField("종류", "축사, 기념사, 격려사, 인사말 가운데 무엇인가?", "choice", group="head", choices=("축사", "기념사", "격려사", "인사말", "신년사", "추도사"), aliases=("type",)),
    FactField("청중", "누가 듣는가?", group="body", aliases=("audience", "참석자"), required=True),
    FactField("내빈", "특별히 부를 내빈은?", "lines", aliases=("guests",)),
    FactField("뜻", "이 자리는 어떤 뜻이 있는가?", "lines", aliases=("meaning", "의미", "취지", "배경")),
    FactField("내용", "꼭 할 말을 한 줄에 하나씩 쓰면?", "outline", required=True, aliases=("본문", "body", "content", "메시지", "messages", "핵심메시지")),
    FactField("약속", "약속할 일은?", "lines", aliases=("promise", "commitments", "향후계획")),
    FactField("맺음말", "어떻게 맺는가?", "text", aliases=("closing", "마무리")),
)  # fmt: skip


def compose_press(facts: Facts, office: Office) -> OfficialDocument:
    """A press release (보도자료). Without a model each fact is a paragraph of its own, in news order."""
    names = ("제목", "보도시점", "배포일", "행정기관명", "담당부서", "책임자", "담당자", "전화")
    found = fields(
        facts,
        names,
        needed=("제목", "보도시점", "배포일", "행정기관명", "담당부서", "담당자", "전화"),
    )
    of_office(found, office, {"행정기관명": "agency", "담당부서": "department", "전화": "phone"})
    blocks: list[Block] = [Block("heading", (span,), 2) for span in facts.texts("부제")]
    lead = facts.span("리드")
    content = told(facts, "내용", "bullet", most=4)
    if lead is None:
        # The first whole sentence opens the story; a mere heading does not.
        said = [b for b in content if b.style == "bullet"]
        first = next(
            (b for b in said if b.text.rstrip().endswith("다.")), said[0] if said else None
        )
        if first is not None:
            content.remove(first)
            lead = first.spans[0]
    elif not content:
        content = [Block("bullet", (blank("내용"),))]
    blocks.append(Block("lead", (lead or blank("내용"),)))
    blocks += content
    blocks += told(facts, "향후계획", "bullet", most=4)
    for fact in facts.rest():
        if fact.key not in _LATER:
            blocks += named(fact, "bullet", 1, 3)
    blocks += told(facts, "표", "bullet")
    blocks += _quote(facts)
    blocks += [Block("note", (Span("사진 설명: "), span)) for span in facts.texts("사진설명")]
    return OfficialDocument("press", found, tuple(_written_out(b) for b in blocks), attached(facts))


_LATER = ("표", "말", "말한이", "사진설명", "붙임")


def _quote(facts: Facts) -> list[Block]:
    said = facts.span("말")
    if said is None:
        return []
    speaker = facts.span("말한이") or blank("말한이")
    words = said.text.strip(" “”\"'")
    ending = "라고" if words.endswith((".", "다", "요", "?", "!")) else "이라고"
    subject = (
        (speaker, Span("은(는) "))
        if speaker.origin.kind == "blank"
        else (Span(with_josa(speaker.text, "은/는") + " ", speaker.origin),)
    )
    return [
        Block("quote", (*subject, Span("“"), Span(words, said.origin), Span(f"”{ending} 말했다.")))
    ]


def compose_speech(facts: Facts, office: Office) -> OfficialDocument:
    """A speech (말씀자료, 축사): greeting, meaning, messages, promise, thanks."""
    names = ("제목", "행사명", "일시", "장소", "말하는이", "종류")
    found = fields(facts, names, needed=("제목", "행사명", "일시", "장소", "말하는이"))
    of_office(found, office, {"말하는이": "head_post"})
    audience = facts.needed("청중")
    blocks = [Block("lead", (Span("존경하는 "), audience, Span(" 여러분, 안녕하십니까?")))]
    speaker = found["말하는이"]
    ending = "입니다." if speaker.origin.kind == "blank" or not speaker.text.endswith(".") else ""
    blocks.append(Block("text", (speaker, Span(ending))))
    guests = facts.texts("내빈")
    if guests:
        spans: list[Span] = [Span("귀한 걸음을 해 주신 ")]
        for number, guest in enumerate(guests):
            spans += [Span(", "), guest] if number else [guest]
        blocks.append(Block("text", (*spans, Span("께 감사드립니다."))))
    blocks += _prose(facts, "뜻")
    blocks += _prose(facts, "내용") or [Block("text", (blank("내용"),))]
    for fact in facts.rest():
        if fact.key not in ("약속", "맺음말"):
            blocks += named(fact, "text", 1, 1)
    blocks += _prose(facts, "약속")
    closing = facts.span("맺음말")
    if closing:
        blocks.append(Block("text", (closing,)))
    blocks.append(Block("text", (Span("고맙습니다."),)))
    return OfficialDocument("speech", found, tuple(_written_out(b) for b in blocks))


def _prose(facts: Facts, key: str) -> list[Block]:
    return [
        b if b.style == "table" else replace(b, style="text", level=1)
        for b in lined(facts.outline(key), facts.origin(key), "text", 1, 1)
    ]


def _written_out(block: Block) -> Block:
    """Dates as prose has them: 2026년 12월 1일(화)."""

    def said(found: re.Match[str]) -> str:
        day = f"({found[4]})" if found[4] else ""
        return f"{found[1]}년 {found[2]}월 {found[3]}일{day}"

    def said_short(found: re.Match[str]) -> str:
        return f"{found[1]}{found[2]}월 {found[3]}일{f'({found[4]})' if found[4] else ''}"

    def told_out(span: Span) -> Span:
        if span.origin == Origin():
            return span
        return replace(span, text=_SHORT.sub(said_short, _DATE.sub(said, span.text)))

    return replace(block, spans=tuple(told_out(span) for span in block.spans))


PRESS = Kind(
    "press", "보도자료", "언론에 알리는 글", PRESS_FIELDS, compose_press, press_pages,
    ("press-release", "press_release", "보도 자료", "언론보도"),
    ("국립국어원·문화체육관광부 「쉬운 공공언어 쓰기」 보도자료",), ("speech", "notice"),
)  # fmt: skip
SPEECH = Kind(
    "speech", "말씀자료", "행사에서 읽는 축사, 기념사, 인사말", SPEECH_FIELDS, compose_speech, speech_pages,
    ("축사", "기념사", "인사말", "격려사", "연설문", "말씀자료·축사"), (), ("press",),
)  # fmt: skip
