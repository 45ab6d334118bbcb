"""Growth as a small SVG, both axes logarithmic; no library needed."""

from __future__ import annotations

import math
from typing import Any

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 360, 62, 46, 22, 120
_SERIES = (("p50_ms", "#1a5fb4", "p50"), ("p95_ms", "#c64600", "p95"))
_TICKS_MS = (5, 10, 20, 50, 100, 200, 500, 1000)


def growth(runs: list[dict[str, Any]]) -> str:
    """Milliseconds of a hybrid search over the number of passages."""
    runs = sorted(runs, key=lambda run: run["passages"])
    sizes = [run["passages"] for run in runs]
    values = [run["hybrid"][key] for run in runs for key, _, _ in _SERIES]
    low, high = math.log10(min(values) * 0.7), math.log10(max(values) * 1.4)
    first, last = math.log10(min(sizes) * 0.8), math.log10(max(sizes) * 1.25)

    def x(size: float) -> float:
        return LEFT + (math.log10(size) - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(ms: float) -> float:
        return HEIGHT - BOTTOM - (math.log10(ms) - low) / (high - low) * (HEIGHT - BOTTOM - TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="12">',
        "<title>Hybrid search: milliseconds over passages</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for ms in _TICKS_MS:
        if low <= math.log10(ms) <= high:
            parts += [
                f'<path d="M{LEFT} {y(ms):.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>',
                f'<text x="{LEFT - 6}" y="{y(ms) + 4:.1f}" text-anchor="end">{ms} ms</text>',
            ]
    for size in sizes:
        parts.append(
            f'<text x="{x(size):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{size:,}</text>'
        )
    for key, colour, name in _SERIES:
        points = [(x(run["passages"]), y(run["hybrid"][key])) for run in runs]
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in points]
        parts.append(
            f'<text x="{points[-1][0] + 10:.1f}" y="{points[-1][1] + 4:.1f}" fill="{colour}">'
            f"{name} {runs[-1]['hybrid'][key]} ms</text>"
        )
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">passages'
        "</text></svg>"
    )
    return "\n".join(parts) + "\n"
