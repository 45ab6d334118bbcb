"""readers: give a document readers again whom nobody can give it any more."""

from __future__ import annotations

import argparse

from mokmin.app import App
from mokmin.commands.output import Output
from mokmin.governance.access.model import OPERATOR
from mokmin.settings import Settings


def readers(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin readers DOCUMENT [--add WHO]``: when the last grant of a document has ended, nobody sees
    it who could open it. The change stands in the audit log like one on a page."""
    app = App(settings)
    if options.add:
        readers_now = [(who, None, options.until) for who in options.add]
        edit = app.rights.edit(audience="add", values={}, readers=readers_now)
        app.rights.change(OPERATOR, [options.document], edit, note="mokmin readers")
    held = app.rights.of(OPERATOR, options.document)
    lines = [
        {
            "who": held.readers[g.group_id].name if g.group_id in held.readers else "?",
            "from": g.valid_from.isoformat() if g.valid_from else None,
            "until": g.valid_until.isoformat() if g.valid_until else None,
        }
        for g in held.rights.grants
    ]
    out.data({"document": options.document, "readers": lines})
    for line in lines:
        out.say(f"{line['who']}  {line['from'] or ''} ~ {line['until'] or ''}".rstrip(" ~"))
    return 0
