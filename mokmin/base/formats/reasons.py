"""Why a file cannot be read: one plain Korean sentence and the next step for each case."""

from __future__ import annotations

from mokmin.base.errors import UnreadableFile

RESAVE_HWPX = "한글에서 열어 ‘다른 이름으로 저장’ → HWPX로 저장한 뒤 다시 올려 주세요."

REASONS = {
    "empty-file": "파일이 비어 있습니다(0바이트). 원본 파일을 확인한 뒤 다시 올려 주세요.",
    "password": "암호가 걸린 문서라 내용을 읽을 수 없습니다. "
    "암호를 풀고 저장한 뒤 다시 올려 주세요.",
    "drm": "문서 보안(DRM)이 걸린 파일이라 내용을 읽을 수 없습니다. "
    "보안 해제를 승인받아 푼 파일을 올려 주세요.",
    "distribution": "배포용 문서라 본문을 읽을 수 없습니다. 배포용이 아닌 원본을 받아 올려 주세요.",
    "damaged": "파일이 손상되었거나 끝까지 저장되지 않았습니다. "
    "원본 프로그램에서 열리는지 확인하고 다시 저장해 올려 주세요.",
    "too-deep": "문서 구조가 비정상적으로 깊게 겹쳐 있어 읽기를 멈췄습니다. " + RESAVE_HWPX,
    "too-wide": "표의 칸 수가 비정상적으로 많아 읽기를 멈췄습니다. "
    "표를 나누어 다시 저장한 뒤 올려 주세요.",
    "bomb": "압축을 풀면 허용 크기를 넘는 파일이라 열지 않았습니다. "
    "큰 그림이나 첨부를 빼거나 파일을 나누어 올려 주세요.",
    "too-large": "파일이 허용 크기를 넘어 읽지 않았습니다. 파일을 나누어 올려 주세요.",
    "no-text": "문서에서 글자를 찾지 못했습니다. 그림이나 차트만 있는 문서라면 "
    "글이 들어간 문서로 저장하거나 PDF로 바꾸어 올려 주세요.",
    "needs-ocr": "글자 없이 그림으로만 된 스캔 문서인데 "
    "문자 인식 프로그램이 설치되어 있지 않습니다. "
    "관리자가 다음 명령으로 설치한 뒤 다시 올려 주세요: "
    "sudo apt-get install tesseract-ocr tesseract-ocr-kor",
    "ocr-failed": "스캔한 그림에서 글자를 알아보지 못했습니다. "
    "더 선명하게 다시 스캔하거나 원본 문서를 올려 주세요.",
    "timeout": "읽는 데 시간이 너무 오래 걸려 멈췄습니다. 파일을 나누거나 다시 저장해 올려 주세요.",
    "memory": "읽는 데 메모리가 너무 많이 필요해 멈췄습니다. 파일을 나누어 올려 주세요.",
    "crashed": "읽는 도중 프로그램이 멈췄습니다. 파일이 손상되었을 수 있으니 "
    "원본 프로그램에서 다시 저장해 올려 주세요.",
    "encoding": "글자 부호(인코딩)를 알 수 없습니다. UTF-8로 저장한 뒤 다시 올려 주세요.",
    "empty-zip": "압축 파일 안에 문서가 없습니다. 문서를 넣어 다시 압축하거나 따로 올려 주세요.",
    "too-many-files": "압축 파일 안에 파일이 너무 많습니다. 나누어 압축해 올려 주세요.",
    "missing": "파일을 찾을 수 없습니다. 올리는 중에 끊겼을 수 있으니 다시 올려 주세요.",
}

UNSUPPORTED = {
    "hwp3": "옛 한글(97 이하, HWP 3) 문서는 지원하지 않습니다. " + RESAVE_HWPX,
    "hwpml": "한글 XML(HML) 문서는 지원하지 않습니다. " + RESAVE_HWPX,
    "doc": "옛 워드(DOC) 문서는 지원하지 않습니다. 워드에서 열어 DOCX로 저장한 뒤 올려 주세요.",
    "xls": "옛 엑셀(XLS) 문서는 지원하지 않습니다. 엑셀에서 열어 XLSX로 저장한 뒤 올려 주세요.",
    "ppt": "옛 파워포인트(PPT) 문서는 지원하지 않습니다. "
    "파워포인트에서 열어 PPTX로 저장한 뒤 올려 주세요.",
    "rtf": "RTF 문서는 지원하지 않습니다. 워드에서 열어 DOCX로 저장한 뒤 올려 주세요.",
    "odf": "ODF 문서는 지원하지 않습니다. DOCX·XLSX·PPTX로 저장한 뒤 올려 주세요.",
    "image": "그림 파일은 지원하지 않습니다. 문서를 스캔한 그림이라면 PDF로 저장해 올려 주세요.",
    "zip": "압축 파일 안에 읽을 수 있는 문서가 없습니다. 압축을 풀어 문서 파일을 올려 주세요.",
    "media": "소리·영상 파일은 문서로 읽을 수 없습니다.",
    "program": "실행 파일은 문서로 읽을 수 없습니다.",
    "ole": "알 수 없는 형식의 옛 오피스 파일입니다. "
    "만든 프로그램에서 열어 HWPX나 DOCX로 저장한 뒤 올려 주세요.",
    "binary": "지원하지 않는 형식의 파일입니다. "
    "HWP·HWPX·PDF·DOCX·XLSX·PPTX·HTML·MD·TXT·CSV 가운데 하나로 저장해 올려 주세요.",
}


def unreadable(code: str) -> UnreadableFile:
    """The error for a reason ``code`` of REASONS."""
    return UnreadableFile(REASONS[code], code=code)


def unsupported(kind: str) -> UnreadableFile:
    """The error for a file kind that no reader takes."""
    return UnreadableFile(UNSUPPORTED[kind], code="unsupported")
