"""Pages and actions that find-and-run knows by name, each open to those who may open its address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mokmin.base.korean.initials import place
from mokmin.features import Desk
from mokmin.governance.access.model import Permission, Principal

ASK, UPLOAD, CURATE = Permission.ASK, Permission.UPLOAD, Permission.CURATE
PEOPLE, LIMITS, ADMIN = Permission.MANAGE_PEOPLE, Permission.SET_LIMITS, Permission.ADMINISTER


@dataclass(frozen=True, slots=True)
class Place:
    """A page, or an action of the page itself (``href`` is then ``!`` and its name in ``finder.js``).
    ``words``: other words that people look for it by."""

    name: str
    href: str
    icon: str
    words: str = ""
    permission: Permission | None = None


ACTIONS: tuple[Place, ...] = (
    Place("새 대화", "/chat", "plus", "질문하기 묻기 채팅", ASK),
    Place("새 문서 쓰기", "/drafts/new", "file-pen-line", "기안 공문 초안", ASK),
    Place("문서 올리기", "/library#files", "upload", "파일 업로드 등록", UPLOAD),
    Place("업무봇 만들기", "/assistants/new", "bot", "챗봇 새 업무봇 나만의", ASK),
    Place("노하우 나누기", "/know-how/new", "thumbs-up", "프롬프트 쓰기 등록", ASK),
    Place("밝은 화면·어두운 화면 바꾸기", "!theme", "moon", "다크 모드 테마"),
    Place("글자 크게", "!larger", "a-large-small", "글자 크기 확대"),
    Place("글자 작게", "!smaller", "a-large-small", "글자 크기 축소"),
    Place("자판 단축키 보기", "!keys", "circle-question-mark", "키보드 단축키 도움말"),
    Place("로그아웃", "!leave", "log-out", "나가기 종료"),
)
PAGES: tuple[Place, ...] = (
    Place("홈", "/", "house", "처음 시작"),
    Place("업무 대화", "/chat/history", "message-square-text", "대화 기록 채팅", ASK),
    Place("업무봇", "/assistants", "bot", "챗봇", ASK),
    Place("문서고", "/library", "folder-open", "문서 자료 파일", ASK),
    Place("문서 내용으로 찾기", "/search", "search", "검색 저장한 검색", ASK),
    Place("문서 작성", "/drafts", "file-pen-line", "기안 공문 초안 결재", ASK),
    Place("서식함", "/forms", "file-text", "양식 서식", ASK),
    Place("요약·표·비교", "/tools", "sparkles", "요약 정보 뽑기 견주기", ASK),
    Place("노하우", "/know-how", "thumbs-up", "프롬프트 주간 순위", ASK),
    Place("내 작업", "/jobs", "list-checks", "올린 파일 진행"),
    Place("알림", "/notices", "bell", "소식 안 읽은"),
    Place("주간 보고서", "/reports", "calendar-clock", "보고 사용 현황 HWPX PDF"),
    Place("알림 설정", "/notices/settings", "settings", "메일로 받기"),
    Place("나와 공유된 대화", "/shared", "share-2", "공유받은", ASK),
    Place("내 설정", "/preferences", "settings", "글자 크기 대비 간격 언어 단축키"),
    Place("내 계정", "/account", "lock", "비밀번호 2단계 인증 토큰 로그인 기기"),
    Place("AI로 한 일", "/my-ai", "history", "내 기록"),
    Place("내 AI 사용량", "/usage", "chart-column", "비용 토큰"),
    Place("AI 사용 안내", "/ai-notice", "info", "서약 고지"),
    Place("도움말", "/help", "circle-question-mark", "사용법 안내 처음"),
    Place("접근성 안내", "/accessibility", "accessibility", "장애 화면 낭독기"),
    Place("확인한 답", "/stewardship/answers", "circle-check", "큐레이션 담당자 답", CURATE),
    Place("답 없는 질문", "/stewardship/questions", "circle-question-mark", "미응답", CURATE),
    Place("살펴볼 문서", "/stewardship/documents", "calendar-clock", "오래된 겹치는 문서", CURATE),
    Place("문서 모음", "/stewardship/collections", "list-tree", "컬렉션", CURATE),
    Place("지켜보는 폴더", "/stewardship/folders", "folder-open", "동기화 감시 폴더", CURATE),
    Place("직원 계정", "/admin/organisation/people", "users", "사람 직원 명단", PEOPLE),
    Place("CSV로 가져오기", "/admin/organisation/import", "upload", "조직 직원 명단 일괄", PEOPLE),
    Place("인사이동", "/admin/organisation/rotations", "calendar-clock", "발령 인수인계", PEOPLE),
    Place("그룹", "/admin/organisation/groups", "users", "협업 그룹", PEOPLE),
    Place("로그인 도움", "/admin/sign-in", "lock", "잠금 풀기 비밀번호 초기화", PEOPLE),
    Place("사용 한도", "/admin/limits", "gauge", "할당량 예산", LIMITS),
    Place("기능 켜고 끄기", "/admin/switches", "megaphone", "스위치 공지 중지", ADMIN),
    Place("역할과 권한", "/admin/permissions", "key-round", "권한표", ADMIN),
    Place("지시문과 안전선", "/admin/prompts", "scroll-text", "프롬프트 가드레일 거절", ADMIN),
    Place("찾기 모델", "/admin/embedding", "list-tree", "임베딩 뜻 벡터 색인 바꾸기", ADMIN),
    Place("업데이트", "/admin/update", "upload", "새 판 갱신 백업", ADMIN),
    Place("정보공개 결정", "/disclosures", "stamp", "정보공개", Permission.APPROVE_DISPOSAL),
    Place("웹훅", "/admin/webhooks", "network", "알림 연동 webhook", ADMIN),
    Place("개인정보 정책", "/privacy/policies", "shield-check", "처리 기준 마스킹",
          Permission.PROTECT_PRIVACY),
    Place("예외와 공식 번호", "/privacy/exclusions", "eye-off", "예외", Permission.PROTECT_PRIVACY),
    Place("정보공개 자료", "/records/disclosures", "archive", "정보공개", Permission.KEEP_RECORDS),
)  # fmt: skip


def of_desks(desks: Sequence[Desk], beside: Sequence[Place] = PAGES) -> list[Place]:
    """The pages, and the places of work that are not among them."""
    known = {one.href for one in beside}
    more = [Place(d.name, d.href, d.icon, d.group, d.permission) for d in desks]
    return [*beside, *(one for one in more if one.href not in known)]


def fitting(
    places: Sequence[Place], principal: Principal, text: str, limit: int
) -> list[tuple[int, Place]]:
    """Places that the person may open, the best fit first, each with its rank (0: the name begins so; 1: the
    name holds it; 2: another word does)."""
    found = []
    for one in places:
        if one.permission is not None and not principal.may(one.permission):
            continue
        at = place(text, one.name)
        if at is None:
            # Other words by their whole text alone: initials would fit nearly everything there.
            if not any(place(text, word) == 0 for word in one.words.split()):
                continue
            found.append((2, one))
        else:
            found.append((min(at, 1), one))
    return sorted(found, key=lambda pair: pair[0])[:limit]
