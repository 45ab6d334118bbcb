"""Machine-readable labels on what AI made, beside the visible line.

인공지능 발전과 신뢰 기반 조성 등에 관한 기본법 제31조 (투명성 확보 의무): whoever provides results of
generative AI shows that AI made them. Names of the fields are ours; the IPTC term for media made
by a trained model is given with them so that other programs understand it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from PIL import Image, PngImagePlugin

VISIBLE = "AI가 만든 글입니다. 담당자가 확인하기 전에는 공문서가 아닙니다."
KOREA = timedelta(hours=9)
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


@dataclass(frozen=True, slots=True)
class AiLabel:
    """``made_at`` and ``reviewed_at`` in UTC; ``reviewed_by`` empty until a person has taken it over."""

    made_at: datetime
    system: str = "Mokmin"
    reviewed_by: str = ""
    reviewed_at: datetime | None = None

    @property
    def line(self) -> str:
        """What a reader sees."""
        if not self.reviewed_by or self.reviewed_at is None:
            return VISIBLE
        on = self.reviewed_at + KOREA
        return f"AI가 만들고 사람이 검토한 글입니다. 검토: {self.reviewed_by}, {on:%Y. %-m. %-d.}"

    @property
    def fields(self) -> dict[str, str]:
        """The label as name and value, ASCII names."""
        found = {
            "ai-generated": "true",
            "ai-system": self.system,
            "ai-made-at": self.made_at.isoformat(timespec="seconds") + "Z",
            "digital-source-type": SOURCE_TYPE,
        }
        if self.reviewed_by and self.reviewed_at is not None:
            found["ai-reviewed-by"] = self.reviewed_by
            found["ai-reviewed-at"] = self.reviewed_at.isoformat(timespec="seconds") + "Z"
        return found


def headers(label: AiLabel) -> dict[str, str]:
    """HTTP headers; they tell that a person reviewed it, not who (a header holds ASCII only)."""
    mode = "ai-reviewed" if label.reviewed_by else "ai-generated"
    return {"X-AI-Generated": "true", "AI-Disclosure": f"mode={mode}"}


def front_matter(label: AiLabel) -> str:
    """YAML front matter of a Markdown file; every value is a JSON string, which is YAML too."""
    lines = [f"{k}: {json.dumps(v, ensure_ascii=False)}" for k, v in label.fields.items()]
    return "\n".join(["---", *lines, "---", ""])


def label_png(content: bytes, label: AiLabel) -> bytes:
    """A PNG with the label in its text chunks. Raises OSError for what is no image."""
    with Image.open(io.BytesIO(content)) as image:
        info = PngImagePlugin.PngInfo()
        for name, value in label.fields.items():
            info.add_itxt(name, value)
        target = io.BytesIO()
        image.save(target, "PNG", pnginfo=info)
    return target.getvalue()


def png_fields(content: bytes) -> Mapping[str, str]:
    """The label of a PNG, empty when it has none."""
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        known = {str(k): str(v) for k, v in image.info.items()}
    return {k: v for k, v in known.items() if k.startswith("ai-") or k == "digital-source-type"}
