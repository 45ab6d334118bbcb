"""Names, posts, amounts and the title, against the rest of the same document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from mokmin.knowledge.official.checks.figures import AMOUNT, amount_of
from mokmin.knowledge.official.checks.model import Context, Finding, Place
from mokmin.knowledge.official.checks.parts import Part, Reading

_OFFICE = re.compile(
    r"(?<![가-힣])(?P<name>[가-힣0-9]{2,12}(?:담당관|과|팀|사업소|센터|본부|위원회|실|국))"
    r"(?=장(?![가-힣])|$|[^가-힣]|[은는이가을를의에와과로]|에서|에게|으로|부터|까지|장[은는이가을를의에와과](?![가-힣]))"
)
_COMMON = re.compile(
    r"^(?:각|해당|소관|담당|관련|전|주관|협조|우리|본|이|그|같은|다른|모든)?(?:과|팀|실|국|부서|결과|효과|경과|성과|통과|초과|부과|사실|현실|교실|진실|확실|병원|약국|외국|전국|결국|학과|치과|내과)$"
)
_POSTS = "부시장|시장|국장|실장|본부장|과장|팀장|계장|소장|센터장|담당관|위원장|주무관|사무관|서기관|주사보|주사|서기"
_PERSON = re.compile(
    rf"(?<![가-힣])(?P<post>{_POSTS})\s(?P<name>[가-힣]{{3}})(?=$|[^가-힣]|[은는이가을를의](?![가-힣]))"
)
_PERSON_FIRST = re.compile(
    rf"(?<![가-힣])(?P<name>[가-힣]{{3}})\s(?P<post>(?:[가-힣]{{2,10}})?(?:{_POSTS}))(?=$|[^가-힣]|[은는이가을를의께](?![가-힣]))"
)
_SURNAMES = frozenset(
    "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구나민진지엄채원천방공현함변염추도소석선설마길연위표명기반왕금옥육인맹제모"
)
_POSTED = re.compile(
    rf"(?<![가-힣])(?P<post>[가-힣]{{2,12}}(?:{_POSTS}))\s(?P<name>[가-힣]{{3}})(?=$|[^가-힣]|[은는이가을를의](?![가-힣]))"
)
_LABELLED = re.compile(
    r"(?P<label>총\s?사업비|총\s?예산|총\s?소요\s?예산|소요\s?예산|계약\s?금액|사업비|참석\s?인원|모집\s?인원|선발\s?인원|대상\s?인원|채용\s?인원|총\s?인원|사업\s?량|추정\s?가격|예정\s?가격|지원\s?금액|보조금\s?총액)"
    rf"\s?(?:[은는:이]\s?|\s)(?:모두\s|총\s|금)?\s?(?P<n>{AMOUNT})\s?(?P<unit>원|명|개소|곳|대|건)"
)
_YEAR_OF = re.compile(
    r"(?P<year>(?:19|20)\d\d)년(?:도)?\s(?P<rest>(?:상반기\s|하반기\s|제\d+[차회]\s)?[가-힣]{2,12}(?:\s[가-힣]{2,12})?)"
)
_NTH = re.compile(r"제\s?(?P<n>\d+)\s?(?P<unit>[차회])\s(?P<rest>[가-힣]{3,}(?:\s[가-힣]{2,12})?)")


def check_consistency(reading: Reading, context: Context) -> Iterator[Finding]:
    """Contradictions inside the document."""
    yield from _offices(reading, context)
    yield from _people(reading)
    yield from _amounts(reading)
    yield from _title(reading)


def _offices(reading: Reading, context: Context) -> Iterator[Finding]:
    seen: list[tuple[Part, re.Match[str]]] = []
    for part in reading.prose:
        seen += [(part, m) for m in _OFFICE.finditer(part.text) if not _COMMON.match(m["name"])]
    counts = Counter(match["name"] for _, match in seen)
    known = set(context.departments)
    for part, match in seen:
        name = match["name"]
        if name in known or len(name) < 4:
            continue
        right = _meant(name, known, counts)
        if right:
            message = f"부서 이름이 '{right}'의 잘못으로 보입니다('{name}')."
            yield part.finding("consistency.department", message, *match.span("name"), right)


def _meant(name: str, known: set[str], counts: Counter[str]) -> str:
    """The name that a rare one is a slip of: of the agency's, or one the document uses more often."""
    ending = re.search(r"(?:담당관|사업소|센터|본부|위원회|[과팀실국])$", name)
    for other in sorted(known):
        if (
            ending
            and other.endswith(ending[0])
            and other != name
            and len(other) >= 4
            and _slip(name, other)
        ):
            return other
    if counts[name] == 1:
        for other, times in sorted(counts.items()):
            if (
                times >= 2
                and other != name
                and ending
                and other.endswith(ending[0])
                and _slip(name, other, strict=True)
            ):
                return other
    return ""


def _jamo(text: str) -> str:
    out = ""
    for c in text:
        code = ord(c) - 0xAC00
        if 0 <= code < 11172:
            out += (
                chr(0x1100 + code // 588) + chr(0x1161 + code % 588 // 28) + chr(0x11A7 + code % 28)
            )
        else:
            out += c
    return out


def _slip(one: str, other: str, *, strict: bool = False) -> bool:
    """One letter missing, doubled or exchanged with its neighbour, or one part of a syllable different."""
    if len(one) == len(other):
        differ = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        if len(differ) == 2 and differ[1] == differ[0] + 1:
            i, j = differ
            return one[i] == other[j] and one[j] == other[i]
        if len(differ) != 1:
            return False
        a, b = _jamo(one[differ[0]]), _jamo(other[differ[0]])
        parts = sum(x != y for x, y in zip(a, b, strict=False))
        return parts == 1 if strict else parts <= 2 and len(one) >= 4
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) != 1 or len(short) < 4:
        return False
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _people(reading: Reading) -> Iterator[Finding]:
    posts: dict[str, tuple[str, Part]] = {}
    holders: dict[str, str] = {}
    for approver in reading.document.approvers:
        bare = re.search(rf"(?:{_POSTS})$", approver.post)
        if approver.name and bare:
            posts.setdefault(approver.name, (bare[0], Part(Place("approver"), "", "approver")))
        if (
            approver.name
            and approver.post
            and approver.post not in ("주무관", "담당", "과장", "팀장")
        ):
            holders.setdefault(approver.post, approver.name)
    for part in reading.prose:
        for match in _POSTED.finditer(part.text):
            if match["name"][0] not in _SURNAMES:
                continue
            post = match["post"]
            before = holders.setdefault(post, match["name"])
            if before != match["name"] and _slip_name(before, match["name"]):
                message = (
                    f"{post}의 이름이 다른 곳에는 '{before}'입니다. 어느 쪽이 맞는지 확인하십시오."
                )
                yield part.finding("consistency.person", message, *match.span("name"))
        yield from _posts(part, posts)


def _slip_name(one: str, other: str) -> bool:
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1


def _posts(part: Part, posts: dict[str, tuple[str, Part]]) -> Iterator[Finding]:
    for pattern in (_PERSON, _PERSON_FIRST):
        for match in pattern.finditer(part.text):
            name, post = match["name"], match["post"]
            bare = re.search(rf"(?:{_POSTS})$", post)
            if (
                name[0] not in _SURNAMES
                or bare is None
                or re.search(rf"(?:{_POSTS}|과|국|실|팀|회)$", name)
            ):
                continue
            before, _ = posts.setdefault(name, (bare[0], part))
            if before != bare[0]:
                message = (
                    f"{name}의 직위가 다른 곳에는 '{before}'입니다. 어느 쪽이 맞는지 확인하십시오."
                )
                yield part.finding("consistency.person", message, *match.span("post"))


def _amounts(reading: Reading) -> Iterator[Finding]:
    first: dict[tuple[str, str], tuple[float, str]] = {}
    for part in reading.prose:
        for match in _LABELLED.finditer(part.text):
            amount = amount_of(match["n"])
            key = (re.sub(r"\s|^총", "", match["label"]), match["unit"])
            after = part.text[match.end() : match.end() + 8]
            if re.match(r"\s?(?:이하|이상|미만|초과|까지|내외|부터|의\s)", after):
                continue
            if amount is None or (
                key[0] == "사업비" and not match["label"].startswith("총") and not _sole(reading)
            ):
                continue
            before = first.setdefault(key, (amount, match["n"].strip()))
            if before[0] != amount:
                message = f"'{match['label']}'이 다른 곳에는 {before[1]}{match['unit']}입니다. 어느 쪽이 맞는지 확인하십시오."
                yield part.finding("consistency.amount", message, *match.span("n"))


def _sole(reading: Reading) -> bool:
    """Whether the document speaks of one project only."""
    return len(re.findall(r"(?<!총)(?<!총\s)사업비", reading.text)) <= 2


def _title(reading: Reading) -> Iterator[Finding]:
    """The same words with another year or number than in the title."""
    title = reading.document.title
    checks: Sequence[tuple[re.Pattern[str], str, str]] = ((_YEAR_OF, "year", "년"), (_NTH, "n", ""))
    for pattern, group, unit in checks:
        said = pattern.search(title)
        if said is None:
            continue
        words = _subject(said["rest"])
        named = [
            (part, match)
            for part in reading.prose
            if part.place.part != "field"
            for match in pattern.finditer(part.text)
        ]
        same = [(p, m) for p, m in named if len(words) >= 5 and _subject(m["rest"]) == words]
        for part, match in same:
            if match[group] == said[group] or re.search(
                r"지난|전년|작년|종전|대비|이전",
                part.text[max(0, match.start() - 12) : match.end() + 12],
            ):
                continue
            right = f"{said[group]}{unit or said['unit']}"
            message = (
                f"제목에는 '{right}'인데 여기에는 '{match[group]}{unit or match['unit']}'입니다."
            )
            yield part.finding("consistency.title", message, *match.span(group), said[group])


def _subject(rest: str) -> str:
    """What a title counts: 제4차 공유재산심의회 of 제4차 공유재산심의회 회의록."""
    words = rest.split()
    if re.fullmatch(r"상반기|하반기|제\d+[차회]", words[0]):
        return " ".join(words[:2])
    return words[0] if len(words[0]) >= 5 else " ".join(words[:2])
