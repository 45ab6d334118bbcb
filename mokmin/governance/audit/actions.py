"""Every action that may stand on the log: its code, its Korean name, its category, its sentence.

A code is ``noun.verb``. The sentence is what the actor did; ``{o}`` is the object in words and carries
its particle (``{o}을/를``), ``{n}`` the number behind the colon of a counting subject (``hits:5``).
A test compares the codes with those that the source records.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from mokmin.base.korean.josa import Pair, with_josa

CATEGORIES: dict[str, str] = {
    "sign-in": "로그인",
    "ask": "질문·찾기",
    "model": "AI 모델 호출",
    "document": "문서",
    "draft": "초안",
    "write": "작성·도구",
    "share": "공유·내보내기",
    "people": "조직·계정",
    "rights": "권한",
    "privacy": "개인정보",
    "records": "기록 보존",
    "quality": "품질 돌보기",
    "system": "설정·운영",
    "audit": "감사 기록",
}
OTHER = "기타"
# Nouns of subjects; the rest of a subject is shown behind them as it is.
OBJECTS: dict[str, str] = {
    "accounts": "계정",
    "ai-system": "AI 시스템",
    "answer": "답변",
    "as": "관점",
    "backup": "백업",
    "batch": "권한 변경",
    "collection": "모음",
    "conversation": "대화",
    "csv": "CSV",
    "curated": "확인한 답",
    "department": "부서",
    "dictionary": "용어",
    "disposal": "처분",
    "disclosure": "정보공개 자료",
    "document": "문서",
    "embedding": "임베딩 모델",
    "endpoint": "모델",
    "entry": "기록",
    "exclusion": "예외",
    "export": "내보내기",
    "feature": "기능",
    "finding": "발견",
    "folder": "폴더",
    "form": "서식",
    "group": "그룹",
    "hold": "보존 조치",
    "index": "색인",
    "know-how": "노하우",
    "limit": "사용 한도",
    "log": "감사 기록",
    "model": "모델",
    "notice": "AI 안내",
    "pack": "공개 자료 묶음",
    "plugin": "플러그인",
    "policy": "정책",
    "post": "보직",
    "prompt": "지시문",
    "retention": "기록 종류",
    "report": "주간 보고서",
    "review": "검토",
    "rotation": "인사이동",
    "segment": "감사 기록 보관분",
    "session": "로그인 기기",
    "share": "공유",
    "switch": "스위치",
    "token": "API 토큰",
    "tool_run": "도구 결과",
    "turn": "답변",
    "update": "판",
    "webhook": "웹훅",
    "user": "사용자",
    "work-assistant": "업무봇",
}
_PLACE = re.compile(r"\{o\}((?:[가-힣]+/[가-힣]+)?)")


@dataclass(frozen=True, slots=True)
class Action:
    """One kind of entry."""

    code: str
    name: str
    category: str
    sentence: str


def _table(category: str, *rows: tuple[str, str, str]) -> list[Action]:
    return [Action(code, name, category, sentence) for code, name, sentence in rows]


_ALL: list[Action] = [
    *_table(
        "sign-in",
        ("sign-in", "로그인", "로그인했습니다"),
        ("sign-in.failed", "로그인 실패", "로그인에 실패했습니다"),
        ("sign-out", "로그아웃", "로그아웃했습니다"),
        ("session.end", "기기 로그아웃", "다른 기기의 로그인을 끝냈습니다"),
        ("password.change", "비밀번호 변경", "비밀번호를 바꾸었습니다"),
        ("second-factor.on", "2단계 인증 켬", "2단계 인증을 켰습니다"),
        ("second-factor.off", "2단계 인증 끔", "2단계 인증을 껐습니다"),
        ("second-factor.reset", "2단계 인증 초기화", "{o}의 2단계 인증을 초기화했습니다"),
        ("second-factor.codes", "복구 코드 발급", "2단계 인증의 복구 코드를 새로 받았습니다"),
        ("token.issue", "API 토큰 발급", "{o}을/를 만들었습니다"),
        ("token.revoke", "API 토큰 폐기", "{o}을/를 없앴습니다"),
        ("account.link", "통합 로그인 연결", "계정을 통합 로그인에 이었습니다"),
    ),
    *_table(
        "ask",
        ("question", "질문", "{o}에서 질문했습니다"),
        ("answer", "답변", "질문의 답을 받았습니다 (인용 문서 {n}건)"),
        ("search", "찾기", "문서고에서 찾았습니다 (결과 {n}건)"),
        ("conversation.delete", "대화 삭제", "{o}을/를 지웠습니다"),
        ("conversation.restore", "대화 되살림", "지운 {o}을/를 되살렸습니다"),
        ("answer.feedback", "답변 의견", "{o}에 의견을 남겼습니다"),
    ),
    *_table("model", ("model.call", "모델 호출", "{o}을/를 불렀습니다")),
    *_table(
        "document",
        ("document.view", "문서 열람", "{o}을/를 열었습니다"),
        ("document.download", "원본 내려받기", "{o}의 원본 파일을 내려받았습니다"),
        ("document.upload", "문서 올림", "{o}을/를 올렸습니다"),
        ("document.delete", "문서 삭제", "{o}을/를 지웠습니다"),
        ("document.restore", "문서 되살림", "지운 {o}을/를 되살렸습니다"),
        ("attachment.add", "파일 첨부", "{o}에 파일을 붙였습니다"),
        ("attachment.open", "첨부 열람", "첨부한 {o}을/를 열었습니다"),
        ("attachment.remove", "첨부 삭제", "첨부한 {o}을/를 뺐습니다"),
        ("attachment.adopt", "첨부를 문서고로", "첨부한 {o}을/를 문서고로 옮겼습니다"),
    ),
    *_table(
        "write",
        ("draft.create", "초안 쓰기", "{o}을/를 쓰기 시작했습니다"),
        ("draft.edit", "초안 저장", "{o}을/를 고쳐 저장했습니다"),
        ("draft.suggest", "다듬기 제안", "{o}의 글을 다듬는 제안을 받았습니다"),
        ("draft.suggestion_accept", "제안 받아들임", "{o}에서 제안을 받아들였습니다"),
        ("draft.suggestion_leave", "제안 버림", "{o}에서 제안을 버렸습니다"),
        ("draft.submit", "결재 올림", "{o}을/를 결재에 올렸습니다"),
        ("draft.review", "검토·협조", "{o}을/를 검토하고 넘겼습니다"),
        ("draft.approve", "결재", "{o}을/를 결재했습니다"),
        ("draft.return", "되돌려 보냄", "{o}을/를 되돌려 보냈습니다"),
        ("draft.recall", "결재 거둠", "{o}을/를 결재에서 거두어들였습니다"),
        ("draft.opinion", "검토 의견", "{o}에 AI의 검토 의견을 물었습니다"),
        ("draft.invite", "함께 쓰기 청함", "{o}을/를 함께 쓸 사람을 넣었습니다"),
        ("draft.uninvite", "함께 쓰기 끝냄", "{o}을/를 함께 쓰던 사람을 뺐습니다"),
        ("draft.comment", "초안 의견", "{o}에 의견을 달았습니다"),
        ("draft.take_over", "초안 이어받기", "{o}을/를 이어받아 쓰기 시작했습니다"),
        ("draft.delete", "초안 삭제", "{o}을/를 지웠습니다"),
        ("draft.restore", "초안 되살림", "지운 {o}을/를 되살렸습니다"),
        ("work-assistant.create", "업무봇 만듦", "{o}을/를 만들었습니다"),
        ("work-assistant.edit", "업무봇 고침", "{o}을/를 고쳐 새 판으로 저장했습니다"),
        ("work-assistant.test", "업무봇 시험", "{o}을/를 시험했습니다"),
        ("work-assistant.ask", "업무봇 승인 요청", "{o}의 게시를 승인해 달라고 했습니다"),
        ("work-assistant.withdraw", "업무봇 요청 거둠", "{o}의 승인 요청을 거두었습니다"),
        ("work-assistant.publish", "업무봇 게시", "{o}을/를 게시했습니다"),
        ("work-assistant.decline", "업무봇 되돌려 보냄", "{o}을/를 되돌려 보냈습니다"),
        ("work-assistant.pause", "업무봇 쉬게 함", "{o}을/를 쉬게 했습니다"),
        ("work-assistant.resume", "업무봇 다시 엶", "{o}을/를 다시 열었습니다"),
        ("work-assistant.delete", "업무봇 삭제", "{o}을/를 지웠습니다"),
        ("work-assistant.restore", "업무봇 되살림", "지운 {o}을/를 되살렸습니다"),
        ("work-assistant.embed", "업무봇 다른 화면에 넣음", "{o}을/를 보여 줄 화면을 정했습니다"),
        (
            "work-assistant.embed_stop",
            "업무봇 화면 그만둠",
            "{o}을/를 다른 화면에 그만 보이게 했습니다",
        ),
        ("work-assistant.appoint", "업무봇 담당 바꿈", "{o}의 주인과 부담당자를 정했습니다"),
        ("form.upload", "서식 올림", "{o}을/를 올렸습니다"),
        ("form.renew", "서식 새 판", "{o}의 새 판을 올렸습니다"),
        ("form.change", "서식 정보 바꿈", "{o}의 이름이나 쓸 사람을 바꿨습니다"),
        ("form.map", "서식 자리 정함", "{o}의 자리를 정했습니다"),
        ("form.publish", "서식 내놓음", "{o}을/를 내놓았습니다"),
        ("form.retire", "서식 거둠", "{o}을/를 쓰지 않게 했습니다"),
        ("form.reopen", "서식 다시 준비", "{o}을/를 다시 준비 중으로 두었습니다"),
        ("form.fill", "서식 채움", "{o}을/를 채워 파일로 받았습니다"),
        ("form.batch", "서식 여러 장", "{o}을/를 명단으로 만들기 시작했습니다"),
        ("tool.run", "도구 실행", "AI 도구를 실행했습니다 ({o})"),
        ("ai.acknowledge", "AI 안내 확인", "{o}을/를 읽고 확인했습니다"),
        ("ai.take_over", "AI 글 검토·인수", "{o}을/를 검토하고 자기 글로 삼았습니다"),
        ("ai.give_back", "AI 글 인수 취소", "{o}을/를 자기 글로 삼은 것을 되돌렸습니다"),
    ),
    *_table(
        "share",
        ("draft.export", "초안 내려받기", "{o}을/를 파일로 내려받았습니다"),
        ("report.export", "주간 보고 받음", "{o}을/를 내려받았습니다"),
        ("form.export", "서식 묶음 받음", "{o}으로/로 만든 묶음을 내려받았습니다"),
        ("tool.export", "도구 결과 내보내기", "{o}을/를 파일로 내보냈습니다"),
        ("conversation.export", "대화 내보내기", "{o}을/를 파일로 내보냈습니다"),
        ("conversation.share", "대화 공유", "{o}을/를 공유했습니다"),
        ("conversation.share_refresh", "공유 새로 고침", "{o}의 내용을 지금 대화로 바꾸었습니다"),
        ("conversation.share_end", "공유 끝냄", "{o}을/를 끝냈습니다"),
        ("conversation.open_shared", "공유 대화 열람", "{o}을/를 열었습니다"),
        ("activity.export", "내 AI 기록 내려받기", "자기의 AI 사용 기록을 내려받았습니다"),
    ),
    *_table(
        "people",
        ("account.create", "계정 만듦", "{o}의 계정을 만들었습니다"),
        ("account.provision", "계정 자동 생성", "통합 로그인으로 계정이 만들어졌습니다"),
        ("account.change", "계정 고침", "{o}의 계정을 고쳤습니다"),
        ("account.disable", "계정 멈춤", "{o}의 계정을 멈추었습니다"),
        ("account.enable", "계정 켬", "{o}의 계정을 다시 켰습니다"),
        ("post.give", "보직 부여", "{o}에게 보직을 주었습니다"),
        ("post.end", "보직 끝냄", "{o}의 보직을 끝냈습니다"),
        ("group.save", "그룹 저장", "{o}을/를 만들거나 고쳤습니다"),
        ("group.members", "그룹 구성원 변경", "{o}의 구성원을 바꾸었습니다"),
        ("group.end", "그룹 끝냄", "{o}을/를 끝냈습니다"),
        ("department.create", "부서 신설", "{o}을/를 만들었습니다"),
        ("department.rename", "부서 이름 변경", "{o}의 이름을 바꾸었습니다"),
        ("department.move", "부서 옮김", "{o}의 상위 부서를 바꾸었습니다"),
        ("department.merge", "부서 통합", "{o}을/를 다른 부서와 합쳤습니다"),
        ("department.abolish", "부서 폐지", "{o}을/를 없앴습니다"),
        ("rotation.draft", "인사이동 작성", "{o}을/를 작성했습니다"),
        ("rotation.plan", "인사이동 확정", "{o}을/를 확정했습니다"),
        ("rotation.reopen", "인사이동 확정 취소", "{o}의 확정을 취소했습니다"),
        ("rotation.drop", "인사이동 버림", "{o}을/를 버렸습니다"),
        ("rotation.apply", "인사이동 시행", "{o}을/를 시행했습니다"),
        ("account.first_password", "첫 비밀번호 발급", "첫 비밀번호를 {n}명에게 발급했습니다"),
        ("people.import", "조직·계정 가져오기", "조직·계정 파일을 가져왔습니다 ({o})"),
        ("department.update", "부서 고침", "{o}의 정보를 고쳤습니다"),
        ("department.cancel", "부서 개편 취소", "{o}의 예정된 개편을 취소했습니다"),
        ("rotation.move", "인사이동 발령", "인사이동에 따라 {o}을/를 옮겼습니다"),
    ),
    *_table(
        "rights",
        ("role.change", "역할 변경", "{o}의 역할을 바꾸었습니다"),
        ("document.rights", "문서 권한 변경", "{o}의 공개 범위나 등급을 바꾸었습니다"),
        ("document.rights_undo", "문서 권한 되돌림", "{o}의 권한 변경을 되돌렸습니다"),
        ("rights.explain", "권한 까닭 조회", "{o}이/가 누구에게 왜 보이는지 살펴보았습니다"),
        ("rights.simulate", "권한 미리보기", "{o}이/가 무엇을 볼 수 있는지 살펴보았습니다"),
    ),
    *_table(
        "privacy",
        ("privacy.reveal", "가린 내용 열람", "{o}의 가린 개인정보를 보았습니다"),
        ("finding.decide", "개인정보 판정", "찾은 개인정보 {n}건을 정했습니다"),
        ("finding.export", "개인정보 건수 내보내기", "찾은 개인정보 {n}건의 건수를 내려받았습니다"),
        ("exclusion.add", "개인정보 예외 추가", "{o}을/를 더했습니다"),
        ("exclusion.undo", "개인정보 예외 거둠", "{o}을/를 거두었습니다"),
        ("policy.change", "개인정보 정책 변경", "개인정보 {o}을/를 바꾸었습니다"),
        ("policy.phones", "시 공식 번호 변경", "시 공식 번호를 바꾸었습니다"),
    ),
    *_table(
        "records",
        ("retention.change", "보존기간 변경", "{o}의 보존기간을 바꾸었습니다"),
        ("hold.place", "보존 조치", "{o}을/를 내렸습니다"),
        ("hold.lift", "보존 조치 풂", "{o}을/를 풀었습니다"),
        ("disposal.propose", "처분 목록 작성", "{o}의 목록을 만들었습니다"),
        ("disposal.approve", "처분 승인", "{o}의 목록을 승인했습니다"),
        ("disposal.reject", "처분 반려", "{o}의 목록을 돌려보냈습니다"),
        ("disposal.done", "처분 끝남", "{o}을/를 끝냈습니다"),
        ("disclosure.propose", "정보공개 목록 작성", "{o}의 목록을 만들었습니다"),
        ("disclosure.decide", "정보공개 결정", "{o}의 공개 여부를 결정했습니다"),
        ("disclosure.done", "정보공개 자료 묶음", "{o}을/를 묶었습니다"),
        ("disclosure.export", "정보공개 자료 내려받기", "{o}을/를 내려받았습니다"),
        ("disposal.export", "처분 확인서 내려받기", "{o}의 확인서를 내려받았습니다"),
    ),
    *_table(
        "quality",
        ("search.inspect", "찾기 살펴보기", "찾기 과정을 살펴보았습니다"),
        ("dictionary.add", "용어 추가", "{o}을/를 더했습니다"),
        ("dictionary.change", "용어 고침", "{o}을/를 고쳤습니다"),
        ("dictionary.remove", "용어 뺌", "{o}을/를 뺐습니다"),
        ("dictionary.restore", "용어 되살림", "{o}을/를 되살렸습니다"),
        ("dictionary.import", "용어 가져오기", "용어 파일을 가져왔습니다"),
        ("comparison.ask", "모델 견줌", "모델 {n}개의 답을 견주었습니다"),
        ("comparison.vote", "나은 답 고름", "견준 답 가운데 하나를 골랐습니다"),
        ("review.report", "답변 신고", "고쳐야 할 답을 알렸습니다 ({o})"),
        ("review.withdraw", "답변 신고 거둠", "답변 신고를 거두었습니다 ({o})"),
        ("review.grade", "답변 판정", "{o}을/를 판정했습니다"),
        ("review.reopen", "판정 되돌림", "{o}을/를 다시 기다림으로 돌렸습니다"),
        ("curated.add", "확인한 답 씀", "{o}을/를 썼습니다"),
        ("curated.change", "확인한 답 고침", "{o}을/를 고치고 확인했습니다"),
        ("curated.withdraw", "확인한 답 거둠", "{o}을/를 거두었습니다"),
        ("curated.restore", "확인한 답 되살림", "거둔 {o}을/를 되살렸습니다"),
        ("collection.add", "모음 만듦", "{o}을/를 만들었습니다"),
        ("collection.change", "모음 고침", "{o}을/를 고쳤습니다"),
        ("collection.remove", "모음 없앰", "{o}을/를 없앴습니다"),
        ("collection.restore", "모음 되살림", "없앤 {o}을/를 되살렸습니다"),
        ("folder.add", "폴더 더함", "지켜볼 {o}을/를 더했습니다"),
        ("folder.start", "폴더 맞추기 시작", "{o}을/를 맞추기 시작했습니다"),
        ("folder.pause", "폴더 멈춤", "{o} 지켜보기를 멈추었습니다"),
        ("folder.remove", "폴더 그만둠", "{o}을/를 더는 지켜보지 않습니다"),
        ("folder.check", "폴더 연결 확인", "{o}에 연결되는지 확인했습니다"),
        ("folder.login", "폴더 계정 바꿈", "{o}에 들어가는 계정을 바꾸었습니다"),
        ("folder.sync", "폴더 맞춤", "{o}의 바뀐 파일을 문서고에 맞추었습니다"),
        ("gap.aside", "답 없는 질문 넘김", "답 없는 질문 {n}건을 넘겼습니다"),
        ("gap.reopen", "답 없는 질문 되살림", "넘긴 질문 {n}건을 되살렸습니다"),
        ("review.export", "판정 내보내기", "판정한 답 {n}건을 내려받았습니다"),
    ),
    *_table(
        "system",
        ("switch.off", "기능 끔", "{o}을/를 껐습니다"),
        ("switch.on", "기능 켬", "{o}을/를 켰습니다"),
        ("webhook.add", "웹훅 만듦", "{o}을/를 만들었습니다"),
        ("webhook.remove", "웹훅 지움", "{o}을/를 지웠습니다"),
        ("webhook.pause", "웹훅 멈춤", "{o}을/를 멈추었습니다"),
        ("webhook.resume", "웹훅 다시 알림", "{o}을/를 다시 켰습니다"),
        ("know-how.add", "노하우 나눔", "{o}을/를 나누었습니다"),
        ("know-how.edit", "노하우 고침", "{o}을/를 고쳤습니다"),
        ("know-how.remove", "노하우 지움", "{o}을/를 지웠습니다"),
        ("know-how.restore", "노하우 되살림", "{o}을/를 되살렸습니다"),
        ("know-how.comment", "노하우 댓글", "{o}에 댓글을 달았습니다"),
        ("know-how.report", "노하우 알림", "{o}에 잘못된 점이 있다고 알렸습니다"),
        ("know-how.hide", "노하우 가림", "{o}을/를 가렸습니다"),
        ("know-how.show", "노하우 다시 보임", "{o}을/를 다시 보이게 했습니다"),
        ("plugin.use", "플러그인 사용", "{o}을/를 썼습니다"),
        ("limit.set", "한도 정함", "사용 한도를 정했습니다"),
        ("report.schedule", "주간 보고 정함", "주간 보고서를 만들 때를 정했습니다"),
        ("report.make", "주간 보고 만듦", "{o}을/를 만들었습니다"),
        ("limit.lift", "한도 없앰", "사용 한도를 없앴습니다"),
        ("switch.plan", "점검 예고", "{o}의 점검을 예고했습니다"),
        ("endpoint.add", "모델 등록", "{o}을/를 등록했습니다"),
        ("endpoint.change", "모델 고침", "{o}의 등록을 고쳤습니다"),
        ("endpoint.on", "모델 켬", "{o}을/를 켰습니다"),
        ("endpoint.off", "모델 끔", "{o}을/를 껐습니다"),
        ("endpoint.delete", "모델 등록 지움", "{o}의 등록을 지웠습니다"),
        ("endpoint.examine", "모델 점검", "{o}을/를 점검했습니다"),
        ("prompt.draft", "지시문 저장", "{o}의 새 판을 저장했습니다"),
        ("prompt.publish", "지시문 쓰기 시작", "{o}의 새 판을 쓰기 시작했습니다"),
        ("prompt.return", "지시문 되돌림", "{o}을/를 예전 판으로 되돌렸습니다"),
        ("prompt.trial", "지시문 시험", "{o}을/를 시험해 보았습니다"),
        ("update.begin", "업데이트 시작", "{o}을/를 설치하기 시작했습니다"),
        ("update.apply", "업데이트", "{o}을/를 설치했습니다"),
        ("update.fail", "업데이트 되돌림", "{o}의 설치가 실패해 되돌렸습니다"),
        ("embedding.check", "임베딩 모델 점검", "{o}을/를 점검했습니다"),
        ("embedding.change", "임베딩 모델 바꾸기 시작", "{o}으로/로 바꾸기 시작했습니다"),
        ("embedding.accept", "임베딩 모델 변경 확정", "{o}의 시험 결과를 보고 바꾸기로 했습니다"),
        ("embedding.cancel", "임베딩 모델 바꾸기 그만둠", "{o}의 변경을 그만두었습니다"),
        ("embedding.switch", "임베딩 모델 바뀜", "찾기가 {o}을/를 쓰기 시작했습니다"),
        ("embedding.fail", "임베딩 모델 변경 멈춤", "{o}의 변경이 멈췄습니다"),
        ("embedding.return", "임베딩 모델 되돌리기 시작", "{o}에서 되돌리기 시작했습니다"),
        ("embedding.back", "임베딩 모델 되돌림", "{o}의 되돌리기를 마쳤습니다"),
        ("embedding.drop", "예전 색인 지움", "{o}의 예전 색인을 지웠습니다"),
        ("job.retry", "읽기 다시 시도", "읽지 못한 문서를 다시 읽게 했습니다"),
        ("index.optimise", "색인 정리", "검색 색인을 정리했습니다"),
        ("ai-system.add", "AI 대장 등록", "{o}을/를 대장에 올렸습니다"),
        ("ai-system.change", "AI 대장 고침", "{o}의 대장을 고쳤습니다"),
        ("ai-system.export", "AI 대장 내보내기", "인공지능 대장 {n}건을 내려받았습니다"),
        ("backup.create", "백업", "{o}을/를 만들었습니다"),
        ("backup.restore", "복원", "{o}에서 되살렸습니다"),
    ),
    *_table(
        "audit",
        ("audit.view", "감사 기록 열람", "감사 기록을 보았습니다"),
        ("audit.export", "감사 기록 내보내기", "감사 기록을 내보냈습니다"),
        ("audit.archive", "지난 달 보관", "{o}을/를 압축해 보관했습니다"),
        ("audit.dispose", "보관 기한 지난 기록 삭제", "보관 기한이 지난 {o}을/를 지웠습니다"),
    ),
]
ACTIONS: dict[str, Action] = {action.code: action for action in _ALL}
if len(ACTIONS) < len(_ALL):
    raise ValueError("an action is registered twice")


def codes_of(category: str) -> tuple[str, ...]:
    """The codes of a category; none for one that is not known."""
    return tuple(a.code for a in _ALL if a.category == category)


def name_of(code: str) -> str:
    """The Korean name of a code; the code itself when it is no longer registered."""
    return ACTIONS[code].name if code in ACTIONS else code


def category_of(code: str) -> str:
    """The Korean name of its category."""
    return CATEGORIES[ACTIONS[code].category] if code in ACTIONS else OTHER


def object_of(subject: str) -> str:
    """``document:17`` in words: 문서 17."""
    kind, _, key = subject.partition(":")
    if subject == "conversation:temporary":
        return "임시 대화"
    return f"{OBJECTS.get(kind, kind)} {key}".strip()


def sentence(who: str, code: str, subject: str, what: str = "") -> str:
    """What happened, in a sentence: 서하늘 주무관이 문서 17을 열었습니다. ``what``: the object in
    better words than its number."""
    words = what or object_of(subject)
    number = subject.partition(":")[2]
    action = ACTIONS.get(code)
    if action is None:
        return f"{with_josa(who, '이/가')} ‘{code}’ 작업을 했습니다 ({words})."

    def put(match: re.Match[str]) -> str:
        return with_josa(words, cast(Pair, match[1])) if match[1] else words

    told = _PLACE.sub(put, action.sentence).replace("{n}", number)
    return f"{with_josa(who, '이/가')} {told}."
