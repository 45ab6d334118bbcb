"""Whether a sentence is borne out by what it cites.

Two steps. First what may never differ is compared, by rule: figures with their comparison words,
articles, who acts, polarity and modality, quantifiers, and/or, and the exception that limits a rule.
Then the share of the claim's words that the source has, and the likeness of meaning where a word is
missing, decide whether the rest agrees (thresholds by ``benchmarks/verification.py fit``; figures in
docs/adr/0010-verification.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import Embedder
from mokmin.knowledge.answering.agreement import disagreements
from mokmin.knowledge.answering.claims import Parsed, clean, parse
from mokmin.knowledge.answering.comparing import Finding
from mokmin.knowledge.answering.coverage import SourceSentence, content, covered
from mokmin.knowledge.answering.figures import same_value
from mokmin.knowledge.answering.model import Support

MAX_SENTENCES = 3
CACHED_SOURCES = 512
# Chosen by ``benchmarks/verification.py fit`` on KLUE pairs and statutes: one missing word is let pass
# only where it is neither the last verb nor a noun with a case, and the whole says nearly the same.
MISSING, SHARE, DENSE = 1, 0.9, 0.93
PARTIAL_SHARE = 0.4
LONE = re.compile(r"^\s*(?:\d{1,2}[.)]|[가-하][.)]|[①-⑳])\s*$")
_EXCEPTION = re.compile(r"^\s*(?:다만|단)\s?[,\s]")
_EXCLUDED = re.compile(r"^\s*(?:이|그) 경우.*제외")
_INNER_EXCEPTION = re.compile(r"(?<=[.다])\s+(?=다만[,\s])")
_AS_BEFORE = re.compile(r"그러하지 (?:아니|않)")
_ITEM = re.compile(r"^\s*(?:\d{1,2}(?:의\d+)?[.)]|[가-하][.)])\s")
_STEM = re.compile(r"각 (?:호|목)|다음|아래")
_NO_SOURCE = "근거를 달지 않은 문장입니다."


@dataclass(frozen=True, slots=True)
class Source:
    """A cited passage. ``effective_on``: from when it is in force, where known."""

    text: str
    title: str = ""
    header: str = ""
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A verbatim part of a source: ``sources[source].text[start:end]``."""

    source: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found, why (Korean, for the reader), and the source sentences it rests on."""

    support: Support
    reason: str
    span: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Features:
    """What the words are judged by. ``share`` of the claim's content words that the source has, number
    ``missing``; ``head_missing``: one of them is the last verb or a noun with a case; ``dense``: cosine,
    0 where it was not needed."""

    share: float
    missing: int
    head_missing: bool
    dense: float


class Verifier:
    """Compares sentences with their sources; safe to use from several threads."""

    def __init__(self, analyser: Analyser, embedder: Embedder | None = None) -> None:
        self._analyser, self._embedder = analyser, embedder
        self._sentences = lru_cache(maxsize=CACHED_SOURCES)(self._split)

    def check(
        self, claim: str, sources: Sequence[Source], *, beside: Sequence[str] = ()
    ) -> Verdict:
        """Whether the sources bear out a sentence; ``beside`` are the other sentences of the answer,
        where an exception may be told. An empty claim and one without sources are not verified."""
        if not sources:
            return Verdict("unverified", _NO_SOURCE)
        said = parse(claim)
        terms = content(self._analyser.morphemes([said.text])[0])
        chosen = self._choose(said, terms, sources)
        span = _spans(chosen, sources)
        if not chosen or not said.squeezed:
            return Verdict("unverified", "근거에서 같은 내용을 찾지 못했습니다.")
        context = " ".join(f"{s.title} {s.header}" for s in sources)
        findings = disagreements(
            said, [c for _, c in chosen], context, [s.effective_on for s in sources]
        )
        told = {
            t for text in (said.text, *beside) for t in self._analyser.morphemes([clean(text)])[0]
        }
        findings += self._untold(chosen, sources, told, said)
        hard = next((f for f in findings if f.hard), None)
        if hard is not None:
            return Verdict("unverified", hard.reason, span)
        found = self.features(said, terms, chosen, context)
        if found.share < PARTIAL_SHARE:
            return Verdict("unverified", "근거와 내용이 크게 다릅니다.", span)
        if findings:
            return Verdict("partial", findings[0].reason, span)
        if not _agrees(found):
            return Verdict("partial", "일부 표현을 근거에서 확인하지 못했습니다.", span)
        return Verdict("verified", "숫자, 주체와 표현이 근거와 일치합니다.", span)

    def features(
        self,
        said: Parsed,
        terms: Sequence[str],
        chosen: Sequence[tuple[int, SourceSentence]],
        context: str,
    ) -> Features:
        """How far the words agree; the likeness is only computed where it could decide."""
        sentences = [c for _, c in chosen]
        missing = [t for t in terms if not covered(t, sentences, context)]
        share = 1 - len(missing) / len(terms) if terms else 0.0
        head = said.predicates[-1].head if said.predicates else ""
        cased = {w.stem for w in said.words if w.role}
        head_missing = any(
            (bool(head) and (t in head or head in t)) or any(t in stem for stem in cased)
            for t in missing
        )
        dense = 1.0 if not missing else 0.0
        if missing and len(missing) <= MISSING and share >= SHARE and self._embedder is not None:
            joined = " ".join(c.parsed.text for c in sentences)
            one, two = self._embedder.embed_passages([said.text, joined])
            dense = float(one @ two)
        return Features(share, len(missing), head_missing, dense)

    def examine(self, claim: str, sources: Sequence[Source]) -> tuple[Features, list[Finding]]:
        """Features and disagreements of a claim, for fitting and for the trace."""
        said = parse(claim)
        terms = content(self._analyser.morphemes([said.text])[0])
        chosen = self._choose(said, terms, sources)
        context = " ".join(f"{s.title} {s.header}" for s in sources)
        if not chosen:
            return Features(0.0, len(terms), True, 0.0), []
        findings = disagreements(
            said, [c for _, c in chosen], context, [s.effective_on for s in sources]
        )
        return self.features(said, terms, chosen, context), findings

    def _split(self, text: str) -> tuple[SourceSentence, ...]:
        pieces: list[tuple[int, int]] = []
        for start, end in self._analyser.sentences(text):
            if pieces and LONE.match(text[slice(*pieces[-1])]):
                start = pieces.pop()[0]
            cut = _INNER_EXCEPTION.search(text, start + 1, end)
            pieces += [(start, cut.start()), (cut.end(), end)] if cut else [(start, end)]
        found: list[SourceSentence] = []
        for start, end in pieces:
            parsed = parse(text[start:end])
            if parsed.squeezed:
                terms = frozenset(self._analyser.morphemes([parsed.text])[0])
                found.append(SourceSentence(start, end, text[start:end], parsed, terms))
        return tuple(found)

    def _choose(
        self, said: Parsed, terms: Sequence[str], sources: Sequence[Source]
    ) -> list[tuple[int, SourceSentence]]:
        """The fewest source sentences that hold the claim's words: the best one, and each further one
        that adds two words or more."""
        pool = [(n, s) for n, source in enumerate(sources) for s in self._sentences(source.text)]
        if len(said.squeezed) >= 6:
            exact = next((item for item in pool if said.squeezed in item[1].parsed.squeezed), None)
            if exact is not None:
                return self._with_rule([exact], terms, sources)
        open_terms = set(terms)
        chosen: list[tuple[int, SourceSentence]] = []
        while pool and open_terms and len(chosen) < MAX_SENTENCES:
            gains = [
                (
                    sum(1 for t in open_terms if covered(t, [s], ""))
                    + _likeness(said, s)
                    + (0 if chosen else 0.9 * _shared_figures(said, s)),
                    -i,
                )
                for i, (_, s) in enumerate(pool)
            ]
            gain, at = max(gains)
            if gain < (2.5 if chosen else 1):
                break
            best = pool.pop(-at)
            chosen.append(best)
            open_terms -= {t for t in open_terms if covered(t, [best[1]], "")}
        return self._with_rule(sorted(chosen, key=lambda c: (c[0], c[1].start)), terms, sources)

    def _with_rule(
        self,
        chosen: list[tuple[int, SourceSentence]],
        terms: Sequence[str],
        sources: Sequence[Source],
    ) -> list[tuple[int, SourceSentence]]:
        """What the chosen sentences cannot be read without: the rule before "그러하지 아니하다", that
        exception where the claim tells it, and the sentence that an item (호, 목) belongs to."""
        result = list(chosen)
        for n, sentence in chosen:
            listed = self._sentences(sources[n].text)
            at = next(i for i, s in enumerate(listed) if s.start == sentence.start)
            if _AS_BEFORE.search(sentence.text) and at > 0:
                result.append((n, listed[at - 1]))
            if at + 1 < len(listed) and _AS_BEFORE.search(listed[at + 1].text):
                own = set(content(sorted(listed[at + 1].terms - sentence.terms)))
                if own and len(own & set(terms)) >= max(1, len(own) / 2):
                    result.append((n, listed[at + 1]))
            if _ITEM.match(sentence.text):
                stem = next((s for s in reversed(listed[:at]) if _STEM.search(s.text)), None)
                result += [(n, stem)] if stem else []
        unique = {(n, s.start): (n, s) for n, s in result}
        return [unique[key] for key in sorted(unique)]

    def _untold(
        self,
        chosen: Sequence[tuple[int, SourceSentence]],
        sources: Sequence[Source],
        told: set[str],
        said: Parsed,
    ) -> list[Finding]:
        """Exceptions of the rules in the span that neither the claim nor what is beside it tells."""
        taken = {(n, s.start) for n, s in chosen}
        findings: list[Finding] = []
        for n, rule in chosen:
            if _EXCEPTION.match(rule.text):
                continue
            following = [s for s in self._sentences(sources[n].text) if s.start >= rule.end][:1]
            for exception in following:
                limits = _EXCEPTION.match(exception.text) or _EXCLUDED.match(exception.text)
                own = set(content(sorted(exception.terms - rule.terms)))
                if not limits or (n, exception.start) in taken:
                    continue
                if len(own & told) < max(1, 0.3 * len(own)):
                    findings.append(Finding("예외(단서)가 빠졌습니다.", hard=False))
            if "제외한다)" in rule.text and not _excluded_told(rule, said, told):
                findings.append(Finding("예외(제외되는 경우)가 빠졌습니다.", hard=False))
        return findings


def _excluded_told(rule: SourceSentence, said: Parsed, told: set[str]) -> bool:
    """Whether the parenthesis that excludes something is told, or its noun is not in the claim."""
    for match in re.finditer(r"([가-힣]+)\(([^()]*)제외한다\)", rule.text):
        if match[1][-3:] in said.squeezed and "제외" not in told:
            return False
    return True


def _shared_figures(said: Parsed, sentence: SourceSentence) -> int:
    return sum(any(same_value(f, g) for g in sentence.parsed.figures) for f in said.figures)


def _likeness(said: Parsed, sentence: SourceSentence) -> float:
    """A little for the words as they stand, to choose between sentences with the same terms."""
    words = {w.full for w in said.words}
    return 2 * len(words & {w.full for w in sentence.parsed.words}) / max(1, len(words))


def _spans(
    chosen: Iterable[tuple[int, SourceSentence]], sources: Sequence[Source]
) -> tuple[Span, ...]:
    return tuple(Span(n, s.start, s.end, sources[n].text[s.start : s.end]) for n, s in chosen)


def _agrees(found: Features) -> bool:
    """Whether the words agree well enough for verified."""
    if found.missing == 0:
        return found.share == 1.0
    return (
        found.missing <= MISSING
        and found.share >= SHARE
        and found.dense >= DENSE
        and not found.head_missing
    )
