"""The graph over the vectors (HNSW), built in a process of its own.

It takes a minute or two of all cores where the index outgrows the exact scan. In the process of a writer
or of the service it would leave their other calls waiting, since the engine's threads are busy with it.
``python -m mokmin.adapters.index.graph FOLDER`` builds it at low priority.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import lancedb
from lancedb.index import HnswSq

from mokmin.base.errors import Unavailable

TABLE = "passages"
_NICENESS = 10


def create_graph(table: Any) -> None:
    """Build the graph of a table in this process, and commit it."""
    table.create_index(
        "vector",
        config=HnswSq(
            distance_type="cosine",
            m=16,
            ef_construction=100,
            num_partitions=max(1, table.count_rows() // 100_000),
        ),
    )


def create_graph_apart(folder: Path, claim: int) -> None:
    """Build the graph of the table in a folder in another process. ``claim`` is the descriptor of a
    lock that must hold as long as that process lives, also when this one is killed. Raises
    Unavailable when it cannot be built; the index is then as it was."""
    command = [sys.executable, "-m", "mokmin.adapters.index.graph", str(folder)]
    done = subprocess.run(  # noqa: S603
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(claim,),
    )
    if done.returncode:
        raise Unavailable(
            "색인의 벡터 그래프를 만들지 못했습니다. 찾기는 그대로 되며 조금 느릴 수 있습니다. "
            "다음 정리 때 다시 만듭니다.",
        )


def main(folder: str) -> None:
    """Open the table as any other process of the service does, and build."""
    os.nice(_NICENESS)
    create_graph(lancedb.connect(folder).open_table(TABLE))


if __name__ == "__main__":
    main(sys.argv[1])
