"""Help written for officials: one topic for every place of work, shown to those who may open it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mokmin.features import Desk
from mokmin.governance.access.model import Permission, Principal


@dataclass(frozen=True, slots=True)
class Topic:
    """Help for a page. ``key``: the page's ``nav``; ``steps``: what to do, in order; ``know``: what is easily
    misunderstood. ``permission``: of whom the page is, None for all signed in."""

    key: str
    name: str
    href: str
    about: str
    steps: tuple[str, ...]
    know: tuple[str, ...] = ()
    permission: Permission | None = Permission.ASK


TOPICS: tuple[Topic, ...] = (
    Topic(
        "chat", "업무 대화", "/chat", "업무에서 쓰는 말로 물으면 시의 문서와 법령에서 근거를 찾아 답합니다.",
        (
            "한 번에 한 가지를, 대상과 상황을 함께 적고 Enter를 누릅니다.",
            "문장에 붙은 숫자를 눌러 원문을 확인합니다.",
            "이어서 물으면 앞 질문의 대상을 이어받습니다.",
            "답이 틀렸으면 ‘고쳐야 해요’를 눌러 까닭을 알립니다.",
        ),
        (
            "‘미확인’ 문장은 그대로 쓰지 마세요.",
            "근거가 없으면 지어내지 않고 찾지 못했다고 답합니다.",
            "임시 대화는 화면을 떠나면 지워집니다. 물었다는 기록만 남습니다.",
        ),
    ),
    Topic(
        "assistants", "업무봇", "/assistants", "자주 묻는 업무의 문서를 모아 이름을 붙인 도우미입니다. 고른 자료에서만 답하게 할 수 있습니다.",
        (
            "목록에서 골라 묻습니다.",
            "만들려면 ‘업무봇 만들기’에서 이름, 하는 일, 쓸 사람을 적습니다.",
            "‘문서 고르기’로 자료를 고르고, 시험 질문과 근거가 될 문서를 적어 저장합니다.",
            "시험이 통과하면 ‘승인 요청’을 누릅니다. 팀장이 승인하면 게시됩니다.",
        ),
        (
            "업무봇이 쓰는 자료라도 내가 볼 수 없는 문서는 내 답에 쓰이지 않습니다.",
            "나만 쓰는 업무봇은 승인 없이 바로 씁니다.",
        ),
    ),
    Topic(
        "library", "문서고", "/library", "시가 가진 문서를 올리고, 찾고, 원문으로 봅니다.",
        (
            "파일이나 폴더를 끌어다 놓고 보안 등급과 볼 수 있는 사람을 고릅니다.",
            "읽는 동안 창을 닫아도 됩니다. ‘내 작업’에서 진행을 봅니다.",
            "‘내용으로 찾기’는 문서의 글을, ‘문서 이름으로’는 제목을 찾습니다.",
        ),
        (
            "같은 부서에서 같은 이름의 파일을 고쳐 올리면 새 판이 됩니다.",
            "볼 권한이 없는 문서는 목록에도 답에도 나오지 않습니다.",
        ),
    ),
    Topic(
        "drafts", "문서 작성", "/drafts", "공문, 보고서, 보도자료 같은 문서를 아는 사실로 씁니다.",
        (
            "종류를 고르고 아는 사실만 적습니다. ‘보기로 채우기’로 먼저 연습할 수 있습니다.",
            "‘검토’에서 고칠 곳을 확인하고, 빠진 사실을 채웁니다.",
            "결재선을 정해 올리거나 HWPX, DOCX로 받습니다.",
        ),
        ("빠진 사실은 지어내지 않고 [  ]로 남깁니다.", "한 번에 한 사람이 씁니다. 저장하지 못한 글은 ‘판’에 따로 남습니다."),
    ),
    Topic(
        "forms", "서식함", "/forms", "부서에서 쓰는 한글 서식을 그대로 채웁니다.",
        (
            "서식을 골라 항목을 적고 ‘확인만 하기’로 걸리는 것을 봅니다.",
            "‘채워서 HWPX 받기’를 누릅니다.",
            "여러 명이면 명단(XLSX, CSV)의 첫 줄을 항목 이름과 같게 적어 올립니다.",
        ),
        ("적은 값은 저장하지 않습니다.", "명단으로 만든 파일은 나만 볼 수 있고 7일 뒤 지워집니다."),
    ),
    Topic(
        "tools", "요약·표·비교", "/tools", "고른 문서를 요약하고, 항목을 표로 뽑고, 두 문서를 견줍니다.",
        ("도구를 고르고 문서를 담습니다.", "‘만들기’를 누르고, 줄마다 붙은 번호로 원문을 확인합니다.", "복사하거나 파일로 받습니다."),
        ("결과는 바탕이 된 문서를 모두 볼 수 있을 때만 열립니다.", "‘연도 추정’이 붙은 날짜는 확인하고 쓰세요."),
    ),
    Topic(
        "know-how", "노하우", "/know-how", "잘 쓰는 질문과 요령을 동료와 나눕니다.",
        ("골라서 빈칸을 채우면 질문 칸에 들어갑니다.", "‘노하우 나누기’에 제목과 내용을 적고 나눌 사람을 정합니다."),
        ("바로 보내지 않으니 고쳐서 보냅니다.", "점수판은 일요일 자정에 새로 시작합니다."),
    ),
    Topic(
        "jobs", "내 작업", "/jobs", "올린 파일을 읽는 진행과 읽지 못한 까닭을 봅니다.",
        ("‘실패’면 까닭을 보고 파일을 고쳐 다시 올리거나 ‘다시 시도’를 누릅니다.",),
        ("읽지 못해도 올린 원본은 그대로 있습니다.",),
        None,
    ),
    Topic(
        "inspect", "찾기 살펴보기", "/inspect", "직원이 못 찾은 질문을 그 직원의 눈으로 찾아보고 까닭을 봅니다.",
        ("질문과, 누구의 눈으로 볼지를 고릅니다.", "질문을 어떻게 읽었고 무엇을 찾았는지 차례로 봅니다.", "문서 이름을 적으면 그 문서가 안 나오는 까닭을 알려 줍니다."),
        ("내가 볼 수 없는 글은 수만 나옵니다. 누구의 눈으로 보았는지는 감사 기록에 남습니다.",),
        Permission.CURATE,
    ),
    Topic(
        "dictionary", "행정 용어 사전", "/dictionary", "직원이 쓰는 쉬운 말을 문서에 적힌 말로 이어 줍니다.",
        ("‘세금 밀리다 → 체납’처럼 적고 ‘시험해 보기’로 확인합니다.", "넣으면 시 전체의 찾기와 답에 바로 쓰입니다."),
        ("자기 부서의 용어만 고칠 수 있습니다.",),
        Permission.CURATE,
    ),
    Topic(
        "review", "답변 검토", "/review", "직원이 ‘고쳐야 해요’로 알린 답을 판정합니다.",
        ("문장마다 근거와 견주어 맞음, 틀림, 근거 없음을 표시합니다.", "답 전체의 판정을 고르고 바른 답을 적습니다."),
        ("누가 알렸는지는 부서까지만 보입니다.",),
        Permission.CURATE,
    ),
    Topic(
        "stewardship", "지식 돌보기", "/stewardship", "내 부서의 답과 문서를 돌봅니다: 확인한 답, 답 없는 질문, 살필 문서, 모음, 지켜보는 폴더.",
        (
            "‘답 없는 질문’에서 자주 나온 것부터 답을 쓰거나 문서를 올립니다.",
            "‘확인한 답’에는 근거와 유효 기한을 적고 ‘시험해 보기’로 확인합니다.",
            "‘살필 문서’에서 구판과 오래된 문서를 정리합니다.",
        ),
        ("모음에 넣어도 볼 수 있는 사람은 늘지 않습니다.",),
        Permission.CURATE,
    ),
    Topic(
        "compare", "모델 견주기", "/models/compare", "한 질문에 여러 모델이 쓴 답을 이름을 가리고 견줍니다.",
        ("질문을 적고 견줄 모델을 고릅니다.", "나은 답을 고르면 이름이 보입니다."),
        ("질문과 답은 반 시간 뒤 사라지고 고른 횟수만 남습니다.",),
        Permission.CURATE,
    ),
    Topic(
        "access", "열람 권한", "/access", "한 사람이 어느 날 무엇을 볼 수 있는지 봅니다.",
        ("사람과 날짜를 고릅니다.", "문서의 권한 화면에서 왜 보이거나 안 보이는지 확인합니다."),
        ("내가 볼 수 없는 문서는 나오지 않습니다.",),
        Permission.EXPLAIN_ACCESS,
    ),
    Topic(
        "organisation", "조직·계정", "/admin/organisation", "조직도, 계정과 보직, 그룹, 인사이동을 다룹니다.",
        ("겸직·파견·직무대리는 첫날과 마지막 날을 정합니다.", "인사이동은 이름과 시행일을 정하고 사람을 넣은 뒤, 달라지는 것을 미리 보고 예약합니다."),
        ("시행일 전에는 취소할 수 있습니다.", "팀장과 부서 관리자 역할은 부서를 떠나면 끝납니다."),
        Permission.MANAGE_PEOPLE,
    ),
    Topic(
        "privacy", "개인정보 점검", "/privacy", "문서에서 찾은 개인정보를 확인하고, 가릴지 막을지 정합니다.",
        ("‘발견’에서 개인정보인지 아닌지 정합니다.", "‘정책’에서 화면마다 그대로 두거나 가리거나 막습니다.", "가린 내용을 보려면 사유를 고릅니다."),
        ("가린 내용은 5분 동안 보이고, 본 일은 감사 기록에 남습니다.",),
        Permission.PROTECT_PRIVACY,
    ),
    Topic(
        "audit", "감사 기록", "/audit", "누가 언제 무엇을 했는지 봅니다. 질문과 답의 글은 없습니다.",
        ("기간, 사람, 한 일로 좁혀 봅니다.", "‘이 대상의 기록’, ‘이 사람의 기록’으로 이어서 봅니다.", "필요하면 CSV나 JSON으로 받습니다."),
        ("받은 일도 기록에 남습니다.",),
        Permission.READ_AUDIT,
    ),
    Topic(
        "records", "기록 관리", "/records", "보존기간이 지난 기록의 처분 목록과 정보공개 자료를 만듭니다.",
        ("처분 목록을 만들어 승인을 요청합니다.", "정보공개는 청구에 맞는 기록을 골라 결정을 요청합니다."),
        ("처분은 다른 한 사람이 승인해야 이루어집니다.",),
        Permission.KEEP_RECORDS,
    ),
    Topic(
        "ai-register", "인공지능 대장", "/ai-register", "시가 쓰는 인공지능을 올리고 점검일을 챙깁니다.",
        ("하는 일, 등급, 사람이 확인하는 방법을 적습니다.", "공개용 파일로 받습니다."),
        ("목록은 모든 직원이 볼 수 있습니다.",),
        Permission.REGISTER_AI,
    ),
    Topic(
        "disposals", "처분 승인", "/disposals", "기록물 담당이 올린 처분 목록을 보고 승인하거나 돌려보냅니다.",
        ("목록과 사유를 확인합니다.", "승인하거나 까닭을 적어 돌려보냅니다."),
        ("승인하면 되돌릴 수 없습니다.",),
        Permission.APPROVE_DISPOSAL,
    ),
    Topic(
        "usage", "사용량과 비용", "/admin/usage", "부서와 기능별로 쓴 양과 비용을 보고 한도를 정합니다.",
        ("기간을 골라 봅니다.", "‘사용 한도’에서 사람, 부서, 시 전체의 한도를 정합니다.", "보고서를 한글 파일로 받습니다."),
        ("한 사람의 질문 내용은 어디에도 없습니다.",),
        Permission.SET_LIMITS,
    ),
    Topic(
        "models", "언어모델", "/admin/models", "답을 쓰는 모델을 등록하고 볼 수 있는 등급을 정합니다.",
        ("‘모델 등록’에서 주소를 적고 ‘점검하기’로 확인한 뒤 켭니다.", "모델이 볼 수 있는 가장 높은 등급과 쓸 부서를 정합니다."),
        ("모델이 없거나 멈추어도 원문을 발췌해 답합니다.", "열쇠는 암호화해 보관하고 다시 보여 주지 않습니다."),
        Permission.ADMINISTER,
    ),
    Topic(
        "admin", "관리", "/admin", "시스템의 상태, 기능 켜고 끄기, 역할과 권한을 봅니다.",
        ("‘시스템 점검’에서 고칠 것이 있는 줄을 먼저 봅니다.", "‘기능 켜고 끄기’에서 부서나 경로별로 멈추고 알림을 띄웁니다."),
        ("관리자라도 직원의 대화는 볼 수 없습니다.",),
        Permission.ADMINISTER,
    ),
)  # fmt: skip


def topics_for(principal: Principal) -> list[Topic]:
    """The topics of the places that the person may open."""
    return [t for t in TOPICS if t.permission is None or principal.may(t.permission)]


def topic_of(principal: Principal, key: str) -> Topic | None:
    """A topic by its key, None for one that is not the person's."""
    return next((t for t in topics_for(principal) if t.key == key), None)


def without_help(desks: Sequence[Desk]) -> list[str]:
    """Places of work that nobody wrote help for."""
    known = {t.key for t in TOPICS}
    return [d.key for d in desks if d.key not in known]
