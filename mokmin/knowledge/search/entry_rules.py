"""What an entry of the dictionary must be: written well, short, and of some effect."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mokmin.base.errors import InvalidInput
from mokmin.base.korean.josa import josa, with_josa
from mokmin.base.korean.ports import Analyser
from mokmin.knowledge.search.vocabulary import Synonym, analysed

MOST_WORDS = 5
MOST_LINES = 2_000
LONGEST, LONGEST_NOTE = 40, 200
_WRITTEN = re.compile(r"[\w\s·().%/-]+")
# A spreadsheet that opens an exported file would take these for a formula.
_FORMULA = ("=", "+", "-", "@")
Key = frozenset[str]
# A word in more of the passages than this applies to questions that have nothing to do with it: of the
# 1,000 shipped entries the most common one stands in 5.2% of the demonstration's passages, 신청 in 7.9%.
COMMON = 0.07
FEWEST_PASSAGES = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to have in the dictionary; ``official`` joined by commas."""

    everyday: str
    official: str
    note: str = ""


class EntryRules:
    """Checks drafts against each other and against the dictionary that ships."""

    def __init__(self, analyser: Analyser, shipped: Sequence[Synonym]) -> None:
        self._analyser = analyser
        self._shipped: dict[Key, set[str]] = {}
        for key, entry in zip(self.keys(shipped), shipped, strict=True):
            self._shipped.setdefault(key, set()).update(entry.official)

    def keys(self, synonyms: Sequence[Synonym]) -> list[Key]:
        """What decides when an entry applies: two with the same key are one."""
        return [frozenset(words) for words, _ in analysed(self._analyser, synonyms)]

    def checked(self, draft: Draft) -> tuple[Key, Synonym]:
        """The entry that a draft describes. Raises InvalidInput."""
        entry = _written(draft)
        words, terms = analysed(self._analyser, [entry])[0]
        if not words:
            raise InvalidInput(
                f"‘{entry.everyday}’에는 찾기에 쓰이는 낱말이 없습니다. 명사나 동사를 넣어 주세요."
            )
        for word, found in zip(
            entry.official, self._analyser.morphemes(entry.official), strict=True
        ):
            if not found:
                raise InvalidInput(
                    f"‘{word}’에는 찾기에 쓰이는 낱말이 없습니다. 빼거나 다른 말로 적어 주세요."
                )
        if set(terms) <= set(words):
            raise InvalidInput(
                "행정 용어가 쉬운 말과 같은 낱말이어서 찾기에 더해지는 것이 없습니다. "
                "문서에 쓰이는 다른 말을 적어 주세요."
            )
        key = frozenset(words)
        if set(entry.official) <= self._shipped.get(key, set()):
            raise InvalidInput(
                f"‘{entry.everyday}’{josa(entry.everyday, '은/는')} 같은 뜻으로 기본 용어에 이미 "
                "있습니다. 넣지 않아도 쓰입니다."
            )
        return key, entry

    def checked_lines(self, text: str) -> dict[Key, Synonym]:
        """The entries of a file of lines ``everyday<TAB>official, official<TAB>note``. Raises
        InvalidInput that names the first bad line."""
        found: dict[Key, Synonym] = {}
        lines = [
            (number, line)
            for number, line in enumerate(text.splitlines(), start=1)
            if line.strip() and not line.startswith("#")
        ]
        if not lines:
            raise InvalidInput("파일에 용어가 없습니다. 한 줄에 하나씩 적어 주세요.")
        if len(lines) > MOST_LINES:
            raise InvalidInput(
                f"용어가 {len(lines):,}개입니다. 한 번에 {MOST_LINES:,}개까지 넣을 수 있습니다."
            )
        for number, line in lines:
            everyday, *rest = line.split("\t")
            if not rest:
                raise InvalidInput(
                    f"{number}행: 쉬운 말과 행정 용어 사이에 탭이 없습니다. 아무것도 넣지 않았습니다."
                )
            draft = Draft(everyday, rest[0], rest[1] if len(rest) > 1 else "")
            try:
                key, entry = self.checked(draft)
            except InvalidInput as error:
                raise InvalidInput(
                    f"{number}행: {error.message} 아무것도 넣지 않았습니다."
                ) from error
            if key in found:
                raise InvalidInput(
                    f"{number}행: ‘{entry.everyday}’{josa(entry.everyday, '은/는')} 파일에 두 번 "
                    "나옵니다. 한 줄로 합쳐 주세요. 아무것도 넣지 않았습니다."
                )
            found[key] = entry
        return found


def refuse_common(entries: Mapping[Key, Synonym], passages: Sequence[frozenset[str]]) -> None:
    """Raise InvalidInput for an entry whose everyday words stand in too many of these passages.
    Fewer than 500 tell nothing."""
    if len(passages) < FEWEST_PASSAGES:
        return
    for key, entry in entries.items():
        share = sum(key <= words for words in passages) / len(passages)
        if share > COMMON:
            raise InvalidInput(
                f"{with_josa(f'‘{entry.everyday}’', '은/는')} 문서 {1 / share:.0f}곳 가운데 한 곳에 "
                "나올 만큼 흔해서 상관없는 질문에도 쓰입니다. 낱말을 더해 좁혀 주세요."
            )


def columns(entry: Synonym) -> Mapping[str, str]:
    """An entry as it is stored."""
    return {
        "everyday": entry.everyday,
        "official": ", ".join(entry.official),
        "note": entry.note,
    }


def _written(draft: Draft) -> Synonym:
    everyday = _plain(draft.everyday)
    official = tuple(dict.fromkeys(w for w in map(_plain, draft.official.split(",")) if w))
    if not everyday:
        raise InvalidInput("쉬운 말을 적어 주세요. 예: 세금 밀리다")
    if not official:
        raise InvalidInput("행정 용어를 하나 이상 적어 주세요. 예: 체납, 지방세 체납")
    if len(everyday.split()) > MOST_WORDS:
        raise InvalidInput(
            f"쉬운 말은 {MOST_WORDS}낱말까지 적을 수 있습니다. 꼭 필요한 말만 남겨 주세요."
        )
    if len(official) > MOST_WORDS:
        raise InvalidInput(
            f"행정 용어는 {MOST_WORDS}개까지 적을 수 있습니다. 가장 알맞은 것만 남겨 주세요."
        )
    for text in (everyday, *official):
        if len(text) > LONGEST:
            raise InvalidInput(f"‘{text[:20]}…’: 너무 깁니다. {LONGEST}자까지 적을 수 있습니다.")
        if not _WRITTEN.fullmatch(text) or text.startswith(_FORMULA):
            raise InvalidInput(
                f"{with_josa(f'‘{text}’', '은/는')} 쓸 수 없습니다. 글자, 숫자와 · ( ) . % / - 만 쓸 수 있고 "
                "-로 시작할 수 없습니다."
            )
    note = _plain(draft.note)
    if len(note) > LONGEST_NOTE or note.startswith(_FORMULA):
        raise InvalidInput(f"메모는 {LONGEST_NOTE}자까지이고 =, +, -, @로 시작할 수 없습니다.")
    return Synonym(everyday, official, note)


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
