"""The command line. Exit status: 0 done, 1 some part failed, 2 the call itself was wrong."""

from __future__ import annotations

import sys

from mokmin.commands.cli import run


def main() -> None:
    """Entry point of the ``mokmin`` program."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
