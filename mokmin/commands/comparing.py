"""eval compare: two evaluations of the same questions, before and after a change."""

from __future__ import annotations

import argparse

from mokmin.commands.output import Output
from mokmin.knowledge.evaluation.comparing import Change, compare, keep
from mokmin.settings import Settings

VERDICTS = {"better": "나아짐", "worse": "나빠짐", "same": "차이 없음(우연일 수 있음)"}


def compared(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin eval compare BEFORE AFTER``."""
    found = compare(options.before, options.after)
    path = keep(found, settings.home) if options.keep else None
    out.data(found.as_dict() | ({"kept": str(path)} if path else {}))
    for change in found.changes:
        out.say(_line(change))
    if found.only_before or found.only_after:
        out.say(f"한쪽에만 있는 질문: 앞 {found.only_before:,}건, 뒤 {found.only_after:,}건")
    if found.moved:
        out.say("\n가장 많이 달라진 질문")
    for moved in found.moved:
        changes = ", ".join(f"{n} {a:g}→{b:g}" for n, (a, b) in moved.changed.items())
        out.say(f"{moved.by:+.2f}  {moved.id}  {moved.question}  ({changes})")
    if path:
        out.say(f"\n'{path}'에 두었습니다. 답변 검토 화면에 보입니다.")
    return 0


def _line(change: Change) -> str:
    difference = f"{change.after - change.before:+.4f}"
    begin = f"{change.name:>21}  {change.before:.4f} → {change.after:.4f}  {difference}"
    if change.low is None or change.high is None:
        return begin
    return (
        f"{begin}  [{change.low:+.4f}, {change.high:+.4f}]  질문 {change.questions:,}건: "
        f"나음 {change.better:,}, 못함 {change.worse:,}  {VERDICTS[change.verdict]}"
    )
