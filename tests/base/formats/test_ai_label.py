"""Labels survive the way through a file."""

from __future__ import annotations

import io
from datetime import datetime

from PIL import Image

from mokmin.base.formats.ai_label import AiLabel, front_matter, headers, label_png, png_fields

MADE = datetime(2026, 1, 2, 3, 4, 5)


def test_until_a_person_takes_it_over_and_then_who_and_when() -> None:
    raw, taken = AiLabel(MADE), AiLabel(MADE, reviewed_by='김"주무', reviewed_at=MADE)
    assert "확인하기 전" in raw.line and "ai-reviewed-by" not in raw.fields
    assert '김"주무' in taken.line and "2026. 1. 2." in taken.line
    assert headers(raw)["X-AI-Generated"] == "true" and headers(taken)["AI-Disclosure"].isascii()
    assert 'ai-reviewed-by: "김\\"주무"' in front_matter(taken)


def test_an_image_carries_it() -> None:
    target = io.BytesIO()
    Image.new("RGB", (2, 2)).save(target, "PNG")
    label = AiLabel(MADE, reviewed_by="김주무", reviewed_at=MADE)
    assert png_fields(target.getvalue()) == {}
    assert png_fields(label_png(target.getvalue(), label)) == label.fields
