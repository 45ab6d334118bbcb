"""Quality of cited answers on a corpus and its questions, through the same service as in use.

A question is *answerable* when its line holds an answer, *refused* when the service says that it
found no basis. Each figure is a share from 0 to 1, or None when nothing falls under it:

``answer_contained``
    Of all answerable questions (a refused one counts as not contained): the answer's text contains
    the gold answer by the rule of ``judging``.
``citation_precision``
    At the level of sentences (Gao et al. 2023, arXiv:2305.14627): of all pairs of a sentence and a source it
    cites, the share where that source bears the sentence out, wholly or in part, as judged here
    again from the quote, not as the writer marked it.
``citation_recall``
    Of all sentences of answers, the share that its sources together bear out wholly.
``source_precision``
    Of an answer's distinct cited corpus ids, the share that is relevant; mean over the answerable
    questions that were answered (an answer that cites nothing counts 0).
``source_recall``
    Of a question's relevant ids, the share that is cited; mean over all answerable questions (a
    refused one counts 0).
``abstained_right``
    Of the unanswerable questions, the share that was refused.
``abstained_wrong``
    Of the answerable questions, the share that was refused.
``unsupported_sentences``
    Of all sentences of all answers, the share whose support is not "verified".
``p50_seconds``
    Median time from question to finished answer.

``evidence_quoted``
    Only when question lines name gold quotes (``"gold":[{"id","quote"}]``): of the answerable
    questions with quotes, the share whose quotes all stand verbatim in the answer.

Answerable questions that name no relevant id are left out of the two source figures.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from mokmin.base.korean.ports import Analyser
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.answering.model import Answer, Sentence
from mokmin.knowledge.answering.service import AnswerService
from mokmin.knowledge.answering.verification import Source, Verifier
from mokmin.knowledge.answering.writing import EXTRACTIVE_MODEL
from mokmin.knowledge.evaluation.indexing import Progress
from mokmin.knowledge.evaluation.judging import contains_answer, quotes_evidence
from mokmin.knowledge.evaluation.loading import Question

Figure = int | float | None


@dataclass(frozen=True, slots=True)
class Judged:
    """One question as it was answered. ``contained`` is None for an unanswerable question,
    ``quoted`` for one without gold quotes."""

    id: str
    kind: str
    question: str
    answerable: bool
    refused: bool
    gold: str | None
    answer: str
    contained: bool | None
    relevant: tuple[str, ...]
    cited: tuple[str, ...]
    sentences: int
    unsupported: int
    seconds: float
    quoted: bool | None = None
    pairs: int = 0
    pairs_supported: int = 0
    sentences_supported: int = 0

    def as_dict(self) -> dict[str, object]:
        """For a file, one object a line."""
        return asdict(self)


class AnswerEvaluation:
    """Asks every question of an indexed corpus. ``ids``: corpus id of each document number."""

    def __init__(
        self,
        answers: AnswerService,
        analyser: Analyser,
        ids: Mapping[int, str],
        progress: Progress,
        *,
        model: str = EXTRACTIVE_MODEL,
    ) -> None:
        self._answers = answers
        self._analyser = analyser
        self._ids = ids
        self._progress = progress
        self._model = model
        self._verifier = Verifier(analyser)

    def run(self, questions: Sequence[Question]) -> list[Judged]:
        """Every question, answered and judged. Raises InvalidInput for a model that does not exist."""
        found: list[Judged] = []
        for done, question in enumerate(questions, start=1):
            begin = time.perf_counter()
            answer = self._answers.answer(OPERATOR, question.text, model=self._model)
            found.append(self._judge(question, answer, time.perf_counter() - begin))
            self._progress("질문", done, len(questions))
        return found

    def _judge(self, question: Question, answer: Answer, seconds: float) -> Judged:
        claims = [sentence for sentence in answer.sentences if sentence.role != "note"]
        supported = [self._supported(answer, sentence) for sentence in claims]
        cited = dict.fromkeys(self._ids[c.document_id] for c in answer.citations)
        contained: bool | None = None
        quoted: bool | None = None
        if question.answer is not None and question.quotes:
            quoted = not answer.refused and quotes_evidence(answer.text, question.quotes)
        if question.answer is not None:
            contained = not answer.refused and self._contains(question, question.answer, answer)
        return Judged(
            id=question.id,
            kind=question.kind,
            question=question.text,
            answerable=question.answerable,
            refused=answer.refused,
            gold=question.answer,
            answer="" if answer.refused else answer.text,
            contained=contained,
            relevant=tuple(sorted(question.relevant)),
            cited=tuple(cited),
            sentences=len(claims),
            unsupported=sum(s.support != "verified" for s in claims),
            seconds=round(seconds, 4),
            quoted=quoted,
            pairs=sum(pairs for pairs, _, _ in supported),
            pairs_supported=sum(good for _, good, _ in supported),
            sentences_supported=sum(whole for _, _, whole in supported),
        )

    def _supported(self, answer: Answer, sentence: Sentence) -> tuple[int, int, bool]:
        """Sources cited, those that bear the sentence out at least in part, and whether all together
        bear it out."""
        quotes = [c.quote for c in answer.citations if c.n in sentence.citations]
        claim = sentence.text.partition(": ")[2] if sentence.role == "direct" else sentence.text
        claim = claim.removesuffix(" (예외가 있습니다)").strip("“”")
        if any(quotes_evidence(quote, [claim]) for quote in quotes):
            return len(quotes), len(quotes), True
        beside = [other.text for other in answer.sentences if other is not sentence]
        alone = [
            self._verifier.check(claim, [Source(quote)], beside=beside).support != "unverified"
            for quote in quotes
        ]
        together = self._verifier.check(claim, [Source(q) for q in quotes], beside=beside)
        return len(quotes), sum(alone), together.support == "verified"

    def _contains(self, question: Question, gold: str, answer: Answer) -> bool:
        terms = self._analyser.morphemes([answer.text, gold, question.text])
        return contains_answer(
            answer.text,
            gold,
            question.text,
            answer_terms=terms[0],
            gold_terms=terms[1],
            question_terms=terms[2],
        )


def summary(judged: Sequence[Judged]) -> dict[str, Figure]:
    """The figures of the module's docstring. ``judged`` is not empty."""
    answerable = [j for j in judged if j.answerable]
    unanswerable = [j for j in judged if not j.answerable]
    named = [j for j in answerable if j.relevant]
    sentences = sum(j.sentences for j in judged)
    unsupported = sum(j.unsupported for j in judged)
    figures: dict[str, Figure] = {
        "questions": len(judged),
        "answer_contained": _mean([float(bool(j.contained)) for j in answerable]),
        "citation_precision": _share(
            sum(j.pairs_supported for j in judged), sum(j.pairs for j in judged)
        ),
        "citation_recall": _share(sum(j.sentences_supported for j in judged), sentences),
        "source_precision": _mean([_precision(j) for j in named if not j.refused]),
        "source_recall": _mean([_recall(j) for j in named]),
        "abstained_right": _mean([float(j.refused) for j in unanswerable]),
        "abstained_wrong": _mean([float(j.refused) for j in answerable]),
        "unsupported_sentences": _share(unsupported, sentences),
        "p50_seconds": round(float(np.median([j.seconds for j in judged])), 3),
    }
    quoted = [float(j.quoted) for j in judged if j.quoted is not None]
    return figures | ({"evidence_quoted": _mean(quoted)} if quoted else {})


def _precision(judged: Judged) -> float:
    cited = set(judged.cited)
    return len(cited & set(judged.relevant)) / len(cited) if cited else 0.0


def _recall(judged: Judged) -> float:
    return len(set(judged.cited) & set(judged.relevant)) / len(judged.relevant)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None
