"""A draft as a file to download: HWPX, DOCX, PDF, or the package for other systems."""

from __future__ import annotations

from urllib.parse import quote

from fastapi.responses import Response

from mokmin.base.errors import InvalidInput
from mokmin.features.drafting.service import DraftingService
from mokmin.governance.access.model import Principal

FORMATS = {
    "hwpx": ("application/hwp+zip", ".hwpx"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    "pdf": ("application/pdf", ".pdf"),
    "package": ("application/zip", ".zip"),
}


def file_response(
    drafts: DraftingService, principal: Principal, draft_id: int, form: str
) -> Response:
    """The draft as a file of that form. Raises InvalidInput for another form, NotFound."""
    if form not in FORMATS:
        raise InvalidInput("파일 형식은 hwpx, docx, pdf, package 가운데 하나입니다.")
    media, ending = FORMATS[form]
    draft, content, _ = drafts.file(principal, draft_id, form)
    return Response(content, media_type=media, headers=attachment(f"{draft.title[:100]}{ending}"))


def attachment(name: str) -> dict[str, str]:
    """The header that names a file to download."""
    safe = (
        "".join(c for c in name if c.isprintable() and c not in '\\/:*?"<>|')[:120] or "draft.hwpx"
    )
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(safe)}"}
