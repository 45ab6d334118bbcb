"""Write mokmin/base/web/static/paper.css from mokmin/base/web/paper.py. Run it after changing the latter."""

from __future__ import annotations

from pathlib import Path

from mokmin.base.web.paper import paper_css

PLACE = Path(__file__).parent.parent / "mokmin" / "base" / "web" / "static" / "paper.css"

if __name__ == "__main__":
    PLACE.write_text(paper_css(), encoding="utf-8")
