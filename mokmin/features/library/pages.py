"""Pages of the library and the document viewer."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, File, Form, Header, Request, UploadFile
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response

from mokmin.base.errors import InvalidInput, NotAllowed, NotFound
from mokmin.base.formats.archive import expand_zip
from mokmin.base.formats.limits import ReadLimits
from mokmin.base.formats.page_images import PageImages
from mokmin.base.web.kit import PageKit
from mokmin.features.library import present
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.service import PeopleService
from mokmin.governance.people.web import Needs, principal_of
from mokmin.knowledge.documents.masking import DocumentMasking
from mokmin.knowledge.documents.model import DocumentMeta, State, Upload, Version
from mokmin.knowledge.documents.rights_model import GROUNDS
from mokmin.knowledge.documents.rights_store import may_manage
from mokmin.knowledge.documents.service import DocumentService, LibraryQuery

FORMATS = "HWP, HWPX, PDF, DOCX, XLSX, PPTX, HTML, MD, TXT, CSV, ZIP"
GRADES = [("O", "공개"), ("S", "민감"), ("C", "기밀")]
WAITING = (State.QUEUED, State.READING, State.INDEXING)
# Kept by the browser of the session that asked; with another session's cookie it asks again.
PICTURE = {"Cache-Control": "private, max-age=3600", "Vary": "Cookie, Authorization"}


def router(  # noqa: C901 - a list of routes
    kit: PageKit,
    documents: DocumentService,
    people: PeopleService,
    audit: AuditLog,
    images: PageImages,
    masking: DocumentMasking,
) -> APIRouter:
    """All routes below /library."""
    everything = APIRouter()
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ASK))])
    keeping = APIRouter(dependencies=[Depends(Needs(Permission.UPLOAD))])

    @routes.get("/library")
    def index(
        request: Request,
        q: str = "",
        state: str = "",
        grade: str = "",
        department: str = "",
        kind: str = "",
        page: int = 1,
        search: str = "",
        by: str = "",
        deleted: int | None = None,
    ) -> Response:
        if search.strip() or by == "content":  # addresses from before the search had its own
            asked = f"?{urlencode({'q': search})}" if search.strip() else ""
            return RedirectResponse(f"/search{asked}", status_code=303)
        principal = principal_of(request)
        query = LibraryQuery(q, state, grade, department, kind, page)
        flash = None
        if deleted is not None:
            flash = {
                "text": "문서를 지웠습니다.",
                "undo": {"url": f"/library/{deleted}/restore", "fields": {}},
            }
        names = people.department_names()
        return kit.page(
            request,
            "library/index.html",
            nav="library",
            title="문서고",
            q=q,
            state=state,
            grade_filter=grade,
            department=department,
            kind=kind,
            flash=flash,
            departments=names,
            kinds=documents.kinds(principal),
            grades=GRADES,
            upload={
                "departments": [principal.department] if principal.department else names,
                "audiences": _audiences(principal),
                "grounds": [(key, f"제{key}호 {name}") for key, name in GROUNDS.items()],
                "department": principal.department,
                "grade": "O",
                "formats": FORMATS,
                "max_mb": documents.max_bytes // 2**20,
            },
            **_rows(principal, query),
        )

    @routes.get("/library/rows")
    def rows(
        request: Request,
        q: str = "",
        state: str = "",
        grade: str = "",
        department: str = "",
        kind: str = "",
        page: int = 1,
    ) -> HTMLResponse:
        query = LibraryQuery(q, state, grade, department, kind, page)
        return kit.page(request, "library/rows.html", **_rows(principal_of(request), query))

    @keeping.post("/library/upload")
    def upload(
        request: Request,
        file: Annotated[list[UploadFile], File()],
        path: Annotated[str, Form()] = "",
        grade: Annotated[str, Form()] = "",
        department: Annotated[str, Form()] = "",
        audience: Annotated[str, Form()] = "",
        ground: Annotated[str, Form()] = "",
        accept: Annotated[str, Header()] = "",
    ) -> Response:
        principal = principal_of(request)
        if grade not in dict(GRADES):
            raise InvalidInput("보안 등급을 골라 주세요.")
        if ground and ground not in GROUNDS:
            raise InvalidInput("비공개 근거를 목록에서 골라 주세요.")
        if grade != "O" and not ground:
            raise InvalidInput(
                "민감(S)이나 기밀(C) 문서는 비공개 근거(정보공개법 제9조 제1항의 호)를 골라 주세요. "
                "올리지 않았습니다."
            )
        allowed = dict(_audiences(principal))
        if audience not in allowed:
            raise InvalidInput("이 문서를 볼 사람을 골라 주세요.")
        meta = DocumentMeta(
            department=principal.department or department,
            grade=grade,
            audience=(audience,),
            legal_ground=ground,
        )
        taken = [receipt for one in file for receipt in _take(principal, one, path, meta)]
        if "text/html" in accept:
            return RedirectResponse("/jobs", status_code=303)
        first = taken[0]
        return JSONResponse({**_receipt(first), "files": [_receipt(r) for r in taken]})

    @routes.get("/library/status")
    def status(request: Request, ids: str = "") -> JSONResponse:
        principal = principal_of(request)
        wanted = [
            int(x) for x in ids.split(",")[:200] if x.isascii() and x.isdigit() and len(x) < 10
        ]
        found = []
        for key in wanted:
            try:
                d = documents.get(principal, key)
            except NotFound:
                continue
            found.append(
                {
                    "document_id": d.id,
                    "state": d.state.value,
                    "progress": d.progress,
                    "reason": d.reason,
                }
            )
        return JSONResponse(found)

    @routes.get("/library/{document_id}")
    def document(
        request: Request,
        document_id: int,
        passage: int | None = None,
        version: int | None = None,
        view: str = "",
    ) -> HTMLResponse:
        principal = principal_of(request)
        doc = documents.get(principal, document_id)
        found = documents.passage_place(principal, document_id, passage) if passage else None
        chosen = _version(principal, document_id, version, found.version_id if found else None)
        blocks = documents.blocks(principal, document_id, chosen.id)
        safe = masking.shown(chosen.id, blocks, doc.grade, doc.kind)
        blocks = safe.blocks
        # Pictures of pages cannot be masked: of such a document there is the text alone.
        has_pages = chosen.format == "pdf" and chosen.state is State.READY and not safe.hidden
        view = (
            view if view in ("text", "pages") and has_pages else ("pages" if has_pages else "text")
        )
        hit = range(found.first_block, found.last_block) if found else range(0)
        audit.record(
            principal,
            "document.view",
            f"document:{document_id}",
            version=chosen.number,
            grade=doc.grade,
        )
        sheets: list[dict[str, Any]] = []
        if view == "pages":
            source, _ = documents.original(principal, document_id, chosen.id)
            sheets = present.sheets(
                images.sizes(chosen.sha256, source), found.locator if found else ""
            )
        return kit.page(
            request,
            "library/document.html",
            nav="library",
            title=doc.title,
            doc=present.head(doc, chosen, documents.successor(principal, document_id)),
            view=view,
            hidden=safe.hidden,
            may_reveal=principal.may(Permission.REVEAL),
            has_pages=has_pages,
            toc=present.contents(blocks) if view == "text" else [],
            pages=sheets,
            blocks=present.shown_blocks(blocks, hit, found.text if found else "")
            if view == "text"
            else [],
            passage={"locator": ""} if found else None,
            passage_id=passage if found else None,
        )

    @routes.get("/library/{document_id}/pages/{page}.png")
    def picture(
        request: Request, document_id: int, page: int, version: int | None = None
    ) -> FileResponse:
        principal = principal_of(request)
        chosen = _version(principal, document_id, version, None)
        _keep(principal, document_id, chosen)
        source, _ = documents.original(principal, document_id, chosen.id)
        if chosen.format != "pdf" or not 1 <= page <= len(images.sizes(chosen.sha256, source)):
            raise NotFound("그 쪽이 없습니다.")
        made = images.png(chosen.sha256, source, page)
        return FileResponse(made, media_type="image/png", headers=PICTURE)

    @routes.get("/library/{document_id}/file")
    def original(request: Request, document_id: int, version: int | None = None) -> FileResponse:
        principal = principal_of(request)
        chosen = _version(principal, document_id, version, None)
        _keep(principal, document_id, chosen)
        source, _ = documents.original(principal, document_id, chosen.id)
        audit.record(
            principal, "document.download", f"document:{document_id}", version=chosen.number
        )
        disposition = f"attachment; filename*=UTF-8''{quote(chosen.filename)}"
        return FileResponse(
            source,
            media_type="application/octet-stream",
            headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
        )

    @routes.get("/library/{document_id}/versions")
    def versions(request: Request, document_id: int) -> HTMLResponse:
        principal = principal_of(request)
        doc = documents.get(principal, document_id)
        found = documents.versions(principal, document_id)
        return kit.page(
            request,
            "library/versions.html",
            nav="library",
            title="판 기록",
            doc={"id": doc.id, "title": doc.title},
            may_manage=_may_manage(principal, doc.owner_login, doc.department),
            versions=[
                present.version_line(v, doc.current_version_id, doc.owner_login) for v in found
            ],
        )

    @keeping.post("/library/{document_id}/retry")
    def retry(request: Request, document_id: int) -> Response:
        principal = principal_of(request)
        documents.retry(principal, documents.get(principal, document_id).version_id)
        return RedirectResponse("/library", status_code=303)

    @keeping.post("/library/{document_id}/delete")
    def delete(request: Request, document_id: int) -> Response:
        documents.delete(principal_of(request), document_id)
        return RedirectResponse(f"/library?deleted={document_id}", status_code=303)

    @keeping.post("/library/{document_id}/restore")
    def restore(request: Request, document_id: int) -> Response:
        documents.restore(principal_of(request), document_id)
        return RedirectResponse("/library", status_code=303)

    def _take(
        principal: Principal, file: UploadFile, path: str, meta: DocumentMeta
    ) -> list[Upload]:
        name = file.filename or ""
        source = f"{meta.department}/{path}" if path else ""
        if not name.lower().endswith(".zip"):
            return [documents.take(principal, name, file.file, meta, source=source)]
        taken: list[Upload] = []
        with tempfile.TemporaryDirectory(prefix="mokmin-") as scratch:
            archive = Path(scratch) / "archive.zip"
            with archive.open("wb") as target:
                shutil.copyfileobj(file.file, target)
            inside = Path(scratch) / "inside"
            inside.mkdir()
            for member, place in expand_zip(archive, inside, ReadLimits()):
                with place.open("rb") as stream:
                    key = f"{meta.department}/{path or name}/{member}"
                    taken.append(documents.take(principal, member, stream, meta, source=key))
        if not taken:
            raise InvalidInput("압축 파일 안에 파일이 없습니다.")
        return taken

    def _keep(principal: Principal, document_id: int, version: Version) -> None:
        """Raises NotAllowed where the file would show what policy hides; not to who brought it."""
        doc = documents.get(principal, document_id)
        if doc.owner_login == principal.login:
            return
        blocks = documents.blocks(principal, document_id, version.id)
        if masking.shown(version.id, blocks, doc.grade, doc.kind).hidden:
            raise NotAllowed(
                "가린 개인정보가 있는 문서라 원본은 내려받을 수 없습니다. 글로 보기로 읽거나, 꼭 필요하면 "
                "개인정보 담당에게 사유를 알려 주세요."
            )

    def _version(
        principal: Principal, document_id: int, number: int | None, version_id: int | None
    ) -> Version:
        found = documents.versions(principal, document_id)
        current = documents.get(principal, document_id).current_version_id
        for one in found:
            if (number is not None and one.number == number) or one.id == version_id:
                return one
        if number is not None:
            raise NotFound("그 판은 이 문서에 없습니다.")
        return next((v for v in found if v.id == current), found[0])

    def _rows(principal: Principal, query: LibraryQuery) -> dict[str, Any]:
        found = documents.page(principal, query)
        filters = {
            "q": query.text,
            "state": query.state,
            "grade": query.grade,
            "department": query.department,
            "kind": query.kind,
        }
        used = {key: value for key, value in filters.items() if value}
        return {
            "documents": [
                present.row(
                    d,
                    may_manage=_may_manage(principal, d.owner_login, d.department),
                    may_rights=principal.may(Permission.UPLOAD)
                    and may_manage(principal, d.owner_login, d.department),
                )
                for d in found.documents
            ],
            "total": found.total,
            "page": found.page,
            "pages": found.pages,
            "query": urlencode(used),
            "filtered": bool(used),
            "may_upload": principal.may(Permission.UPLOAD),
            "active": any(d.state in WAITING for d in found.documents),
        }

    everything.include_router(routes)
    everything.include_router(keeping)
    return everything


def _audiences(principal: Principal) -> list[tuple[str, str]]:
    choices = [("staff", "전 직원")]
    if principal.department:
        choices.append((principal.department, f"우리 부서만 ({principal.department})"))
    return choices


def _may_manage(principal: Principal, owner: str, department: str) -> bool:
    same = bool(department) and department == principal.department
    return owner == principal.login or (same and principal.may(Permission.PUBLISH))


def _receipt(upload: Upload) -> dict[str, object]:
    status = (
        "duplicate" if upload.duplicate else ("new_version" if upload.new_version else "queued")
    )
    messages = {
        "duplicate": "같은 내용의 파일이 이미 문서고에 있습니다.",
        "new_version": "새 판으로 올렸습니다. 이전 판은 기록에 남습니다.",
        "queued": "올렸습니다. 차례대로 읽습니다.",
    }
    return {
        "document_id": upload.document_id,
        "version_id": upload.version_id,
        "status": status,
        "message": messages[status],
    }
