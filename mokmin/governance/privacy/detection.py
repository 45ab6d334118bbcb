"""Personal information in a text: every recogniser, and which wins where two overlap."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from mokmin.governance.privacy import contacts, numbers
from mokmin.governance.privacy.addresses import addresses
from mokmin.governance.privacy.folding import fold
from mokmin.governance.privacy.foreign import foreign_names
from mokmin.governance.privacy.model import TYPES, Span
from mokmin.governance.privacy.names import names
from mokmin.governance.privacy.numbers import Found
from mokmin.governance.privacy.tables import cells

# Numbers of the city itself, by their beginning: call centre and switchboards. The installation's
# own are added by the caller.
OFFICIAL_PHONES = ("02-120", "02)120", "120", "110")
_PLAIN = (
    contacts.emails,
    numbers.residents,
    numbers.cards,
    contacts.mobiles,
    contacts.coordinates,
    numbers.births,
    numbers.licences,
    numbers.passports,
    numbers.healths,
    numbers.labelled,
    numbers.accounts,
    contacts.addresses_of_machines,
    numbers.plates,
)
_WITHOUT_DIGITS = (contacts.emails, numbers.labelled)
# Fewer digits than this make no number of a person.
_DIGITS = re.compile(
    rf"\d{{4}}|\d\.\d{{1,3}}\.|\d{{2}}[./-] ?\d{{1,2}}[./-] ?\d{{1,2}}|:[0-9a-fA-F]{{0,4}}:|(?:{numbers.DIGIT}[ .()/·_~\n-]{{0,4}}){{6}}"
)
# What offices have as well as persons.
_OF_MACHINES = frozenset(["email", "ip", "user", "gps"])
_RANK = {kind: rank for rank, kind in enumerate(TYPES)}


def detect(text: str, official_phones: tuple[str, ...] = OFFICIAL_PHONES) -> tuple[Span, ...]:
    """Personal information in ``text``, in order and without overlap.

    Linear in the length of the text. Disguises (full-width digits, invisible characters, digits
    in Hangul, gaps, line breaks) are seen through; offsets are those of ``text`` as given.
    """
    folded = fold(text)
    found = sorted(
        _all(folded.text, folded.lined, official_phones),
        key=lambda f: (_RANK[f[2]], f[0], -f[1], -f[3]),
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


def _all(text: str, lined: str, official_phones: tuple[str, ...]) -> Iterator[Found]:
    near = bytearray(len(text))
    recognisers = _PLAIN if _DIGITS.search(text) else _WITHOUT_DIGITS
    found = [f for recognise in recognisers for f in recognise(text)]
    found += cells(text, lined)
    for start, end, kind, _ in found:
        near[start:end] = (b"\2" if kind in _OF_MACHINES else b"\1") * (end - start)
    if recognisers is _PLAIN:
        found += contacts.phones(text, official_phones, near)
    found += addresses(text)
    yield from found
    for name in chain(names(text, near), foreign_names(text)):
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
