"""All rules of the reviewer, by their keys, for documentation and the page where they are switched off."""

from __future__ import annotations

from dataclasses import dataclass

from mokmin.knowledge.official.checks.model import Finding, Place, Severity

_OPERATION = "행정업무의 운영 및 혁신에 관한 규정"
_RULE = f"{_OPERATION} 시행규칙"
_MANUAL = "행정안전부 「행정업무운영 편람」"
_SPELLING = "국립국어원 「한글 맞춤법」"
_LANGUAGE = "국어기본법 제14조, 국립국어원 「쉬운 공공언어 쓰기 길잡이」"
_DISCLOSURE = "공공기관의 정보공개에 관한 법률 제9조제1항"
_LEGISLATION = "법제처 「법령 입안·심사 기준」"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: stable key, Korean name, and the law or manual that it rests on."""

    key: str
    name: str
    source: str
    severity: Severity


RULES: tuple[Rule, ...] = (
    Rule("form.required", "반드시 적을 항목이 비어 있음", f"{_OPERATION} 제8조, {_RULE} 제4조", "error"),
    Rule("form.blank", "채우지 않은 빈칸", _MANUAL, "error"),
    Rule("form.title", "제목의 형식", _MANUAL, "warning"),
    Rule("form.receiver", "수신과 발신명의", f"{_RULE} 제4조, {_MANUAL}", "error"),
    Rule("form.disclosure", "공개구분과 비공개 근거", f"{_DISCLOSURE}, {_RULE} 별지 제1호서식", "error"),
    Rule("form.follows", "예고한 내용이 없음", _MANUAL, "error"),
    Rule("form.appeal", "불복 방법 안내", "행정절차법 제26조, 공공기관의 정보공개에 관한 법률 제13조제5항", "warning"),
    Rule("form.press", "보도자료의 형식", _MANUAL, "warning"),
    Rule("numbering.typed", "손으로 친 항목 기호", f"{_RULE} 제2조제1항", "error"),
    Rule("numbering.order", "항목 기호의 순서", f"{_RULE} 제2조제1항", "error"),
    Rule("numbering.level", "건너뛴 항목 단계", f"{_RULE} 제2조제1항", "error"),
    Rule("numbering.lone", "하나뿐인 항목의 기호", _MANUAL, "warning"),
    Rule("numbering.indent", "항목의 들여쓰기와 기호 뒤 띄어쓰기", f"{_RULE} 제2조제1항, {_MANUAL}", "warning"),
    Rule("end.mark", "끝 표시", f"{_RULE} 제4조제5항", "error"),
    Rule("date.format", "날짜 표기", f"{_OPERATION} 제7조제5항", "warning"),
    Rule("date.invalid", "달력에 없는 날짜", f"{_OPERATION} 제7조제5항", "error"),
    Rule("date.weekday", "날짜와 요일이 다름", "달력", "error"),
    Rule("date.holiday", "쉬는 날", "관공서의 공휴일에 관한 규정 제2조·제3조", "warning"),
    Rule("date.past", "이미 지난 기한", "달력", "error"),
    Rule("date.future", "아직 오지 않은 근거 문서의 날짜", "달력", "warning"),
    Rule("date.period", "끝나는 날이 시작하는 날보다 앞섬", "달력", "error"),
    Rule("date.duration", "기간과 일수가 다름", "민법 제155조~제161조, 달력", "error"),
    Rule("date.year", "연도가 없는 날짜", f"{_OPERATION} 제7조제5항", "warning"),
    Rule("time.format", "시각 표기", f"{_OPERATION} 제7조제5항", "warning"),
    Rule("time.invalid", "없는 시각", f"{_OPERATION} 제7조제5항", "error"),
    Rule("time.period", "끝나는 시각이 앞섬", "달력", "error"),
    Rule("money.hangul", "금액의 숫자와 한글이 다름", f"{_RULE} 제2조제2항", "error"),
    Rule("money.format", "금액 표기", f"{_RULE} 제2조제2항", "warning"),
    Rule("money.equal", "나란히 적은 금액이 서로 다름", "계산", "error"),
    Rule("number.comma", "천 단위 쉼표", f"{_OPERATION} 제7조제4항, {_MANUAL}", "warning"),
    Rule("number.percent", "비율 계산", "계산", "error"),
    Rule("unit.legal", "법정계량단위", "계량에 관한 법률 제6조", "warning"),
    Rule("table.sum", "표의 합계", "계산", "error"),
    Rule("table.share", "표의 비율", "계산", "error"),
    Rule("table.change", "표의 증감", "계산", "error"),
    Rule("table.average", "표의 평균", "계산", "error"),
    Rule("table.product", "표의 곱셈", "계산", "error"),
    Rule("table.unit", "표의 단위", _MANUAL, "warning"),
    Rule("total.list", "밝힌 개수와 늘어놓은 개수가 다름", "계산", "error"),
    Rule("total.table", "글의 합계와 표가 다름", "계산", "error"),
    Rule("spelling.word", "맞춤법", _SPELLING, "error"),
    Rule("spelling.spacing", "띄어쓰기", f"{_SPELLING} 제5장", "warning"),
    Rule("spelling.marks", "문장 부호", f"{_SPELLING} 부록", "warning"),
    Rule("wording.plain", "쉬운 말", _LANGUAGE, "advice"),
    Rule("wording.respect", "차별하거나 권위적인 말", _LANGUAGE, "warning"),
    Rule("sentence.passive", "이중 피동", f"{_LANGUAGE}, 국립국어원 「한눈에 알아보는 공공언어 바로 쓰기」", "warning"),
    Rule("sentence.long", "너무 긴 문장", _LANGUAGE, "advice"),
    Rule("consistency.department", "부서 이름", "문서 안의 다른 곳, 조직도", "warning"),
    Rule("consistency.person", "사람의 이름과 직위", "문서 안의 다른 곳", "warning"),
    Rule("consistency.amount", "같은 금액과 수", "문서 안의 다른 곳", "warning"),
    Rule("consistency.title", "제목과 본문", "문서 안의 다른 곳", "warning"),
    Rule("law.marks", "법령 이름의 낫표", _LEGISLATION, "warning"),
    Rule("law.format", "조·항·호의 표기", _LEGISLATION, "warning"),
    Rule("law.unknown", "찾을 수 없는 법령", "자료실의 법령", "warning"),
    Rule("law.article", "없는 조문", "자료실의 법령", "error"),
    Rule("law.force", "시행 중이 아닌 조문", "자료실의 법령", "warning"),
    Rule("attachment.missing", "말한 붙임이 없음", f"{_RULE} 제4조제4항", "error"),
    Rule("attachment.form", "붙임의 번호와 부수", f"{_RULE} 제4조제4항, {_MANUAL}", "warning"),
    Rule("privacy.personal", "개인정보", "개인정보 보호법 제3조, 공공기관의 정보공개에 관한 법률 제9조제1항제6호", "warning"),
    Rule("privacy.grade", "등급과 공개구분", f"{_DISCLOSURE}, 보안업무규정 제4조", "error"),
)  # fmt: skip
BY_KEY = {rule.key: rule for rule in RULES}


def finding(
    rule: str,
    message: str,
    place: Place,
    fix: str | None = None,
    *,
    severity: Severity | None = None,
    source: str = "",
) -> Finding:
    """A finding of a rule with the rule's source and severity. Raises KeyError for an unknown rule."""
    known = BY_KEY[rule]
    return Finding(rule, severity or known.severity, message, place, source or known.source, fix)
