"""mcp: the Model Context Protocol on standard input and output, for programs of this machine."""

from __future__ import annotations

import argparse
from dataclasses import replace

from mokmin.app import App
from mokmin.commands.output import Output
from mokmin.governance.access.model import Permission
from mokmin.governance.access.rules import require
from mokmin.settings import Settings


def mcp(options: argparse.Namespace, settings: Settings, out: Output) -> int:
    """``mokmin mcp --as LOGIN``: the same tools as ``/mcp``, with the rights of that account, until the
    input ends. Standard output is the protocol's alone."""
    del out
    app = App(settings)
    principal = replace(app.people.principal(options.user), channel="cli")
    require(principal, Permission.ASK)
    app.mcp_tools.server(principal).run("stdio")
    return 0
