"""What a site asks of programs (robots.txt, RFC 9309): groups by name, the longest rule wins, ``*`` and ``$``."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

MOST_RULES, LONGEST_RULE, LONGEST_DELAY = 2_000, 500, 10.0


@dataclass(frozen=True, slots=True)
class Robots:
    """Rules for this program. ``delay``: seconds between requests that the site asks for."""

    rules: tuple[tuple[str, bool], ...] = ()
    delay: float = 0.0

    def allow(self, path: str) -> bool:
        """Whether a path with its query may be asked for."""
        path = _even(path)
        best = max(
            ((len(rule), allowed) for rule, allowed in self.rules if _matches(rule, path)),
            default=(0, True),
        )
        return best[1]


def read_robots(text: str, agent: str) -> Robots:
    """The rules for ``agent``: those of its name, else those for all."""
    groups: dict[str, tuple[list[tuple[str, bool]], list[float]]] = {}
    names: list[str] = []
    began = False
    for line in text.splitlines()[: 4 * MOST_RULES]:
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            continue
        if name == "user-agent":
            names = [value.lower()] if began else [*names, value.lower()]
            began = False
            groups.setdefault(value.lower(), ([], []))
            continue
        began = began or name in ("allow", "disallow", "crawl-delay")
        for one in names:
            _note(groups[one], name, value)
    rules, delays = groups.get(agent.lower()) or groups.get("*") or ([], [])
    return Robots(tuple(rules[:MOST_RULES]), min(LONGEST_DELAY, max(delays, default=0.0)))


def _note(group: tuple[list[tuple[str, bool]], list[float]], name: str, value: str) -> None:
    if name in ("allow", "disallow") and value and len(value) <= LONGEST_RULE:
        group[0].append((_even(value), name == "allow"))
    elif name == "crawl-delay" and value.replace(".", "", 1).isdigit() and value.isascii():
        group[1].append(float(value))


def _even(path: str) -> str:
    """One spelling of a path, whatever was percent-encoded."""
    return quote(unquote(path), safe="/?&=*$:,;@+!~'()-._")


def _matches(rule: str, path: str) -> bool:
    """In time that grows with the length alone, however many ``*`` there are."""
    anchored = rule.endswith("$")
    first, *rest = rule.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for piece in rest[:-1] if anchored else rest:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    if not anchored:
        return True
    return path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= at if rest else path == first
