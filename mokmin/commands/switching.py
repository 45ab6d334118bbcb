"""switch: turn AI features and models off and on, also when no page can be opened."""

from __future__ import annotations

import argparse

from mokmin.app import App
from mokmin.base.db import utcnow
from mokmin.base.errors import InvalidInput
from mokmin.commands.output import Output
from mokmin.governance.access.model import OPERATOR
from mokmin.settings import Settings

CONDITIONS = {"on": "켜짐", "off": "꺼짐", "planned": "켜짐(점검 예정)", "down": "점검 중"}


def switch(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin switch list|off|on [KEY]``."""
    switches = App(settings).switches
    if options.what != "list":
        if not options.key:
            raise InvalidInput("무엇을 바꿀지 적어 주세요. 이름은 'mokmin switch list'로 봅니다.")
        if options.what == "off":
            switches.turn_off(OPERATOR, options.key, options.notice)
        else:
            switches.turn_on(OPERATOR, options.key)
    found = [s for s in switches.all() if options.what == "list" or s.key == options.key]
    now = utcnow()
    out.data(
        {"switches": [{"key": s.key, "state": s.condition(now), "notice": s.notice} for s in found]}
    )
    for s in found:
        tail = "  ".join(part for part in (s.window, s.notice) if part)
        out.say(f"{CONDITIONS[s.condition(now)]}  {s.key} ({s.name})  {tail}".rstrip())
    return 0
