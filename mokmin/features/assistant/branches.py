"""The tree of a conversation's turns. ``links`` are the parents of all turns by id; ids grow with time."""

from __future__ import annotations

from collections.abc import Mapping

Links = Mapping[int, int | None]


def path(links: Links, leaf: int | None) -> tuple[int, ...]:
    """The turns from the first one to ``leaf``; empty for a leaf that is not there."""
    found: list[int] = []
    at = leaf
    while at is not None and at in links and at not in found:
        found.append(at)
        at = links[at]
    return tuple(reversed(found))


def beside(links: Links, turn: int) -> tuple[int, ...]:
    """The turns that follow the same one as ``turn``, itself among them, in order of age."""
    order = sorted(links, key=abs)
    return tuple(other for other in order if links[other] == links[turn])


def newest_leaf(links: Links, turn: int) -> int:
    """Where the branch that was last continued from ``turn`` ends."""
    at = turn
    while following := [other for other, parent in links.items() if parent == at]:
        at = max(following, key=abs)
    return at
