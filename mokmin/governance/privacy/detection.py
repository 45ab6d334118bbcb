"""Personal information in a text: every recogniser, and which wins where two overlap."""

from __future__ import annotations

from collections.abc import Iterator

from mokmin.governance.privacy import numbers
from mokmin.governance.privacy.addresses import addresses
from mokmin.governance.privacy.folding import fold
from mokmin.governance.privacy.model import TYPES, Span
from mokmin.governance.privacy.names import names
from mokmin.governance.privacy.numbers import Found

# Numbers of the city itself, by their beginning: call centre and switchboards. The installation's
# own are added by the caller.
OFFICIAL_PHONES = ("02-120", "02)120", "120", "110")
_PLAIN = (
    numbers.emails,
    numbers.residents,
    numbers.cards,
    numbers.mobiles,
    numbers.coordinates,
    numbers.births,
    numbers.licences,
    numbers.passports,
    numbers.healths,
    numbers.labelled,
    numbers.accounts,
    numbers.addresses_of_machines,
    numbers.plates,
)
_RANK = {kind: rank for rank, kind in enumerate(TYPES)}


def detect(text: str, official_phones: tuple[str, ...] = OFFICIAL_PHONES) -> tuple[Span, ...]:
    """Personal information in ``text``, in order and without overlap.

    Linear in the length of the text. Disguises (full-width digits, invisible characters, digits
    in Hangul, gaps, line breaks) are seen through; offsets are those of ``text`` as given.
    """
    folded = fold(text)
    found = sorted(
        _all(folded.text, official_phones), key=lambda f: (_RANK[f[2]], f[0], -f[1], -f[3])
    )
    taken = bytearray(len(folded.text))
    spans = []
    for start, end, kind, confidence in found:
        start, end = _trim(folded.text, start, end)
        if any(taken[start:end]):
            continue
        taken[start:end] = b"\1" * (end - start)
        begin, stop = folded.place(start, end)
        spans.append(Span(begin, stop, kind, text[begin:stop], confidence))
    return tuple(sorted(spans, key=lambda s: s.start))


def _all(text: str, official_phones: tuple[str, ...]) -> Iterator[Found]:
    for recognise in _PLAIN:
        yield from recognise(text)
    yield from numbers.phones(text, official_phones)
    yield from addresses(text)
    for name in names(text):
        yield name
        born = numbers.birth_beside(text, name[1])
        if born:
            yield born


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Without white space at the ends and without a bracket that is not closed inside."""
    while end > start and text[end - 1] in " \n":
        end -= 1
    while start < end and text[start] in " \n":
        start += 1
    if text[start] == "(" and ")" not in text[start:end]:
        start += 1
    return start, end
