"""Buckets of S3-compatible storage: ListObjectsV2 and GetObject, with the bucket in the path."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from lxml import etree

from mokmin.adapters.sources.http import Machine, Reply, refused
from mokmin.adapters.sources.signing import encoded_query, signed
from mokmin.adapters.sources.xml import children, name_of, parsed, text_of
from mokmin.base.errors import InvalidInput
from mokmin.base.files.sources import (
    LONGEST_MARK,
    UNKNOWN,
    Each,
    FoundFile,
    Limits,
    Listing,
    RemotePlace,
    Scan,
    SourceDown,
    source_refused,
)
from mokmin.base.net.hosts import AllowedHosts

LISTING_BYTES, MOST_PAGES, A_PAGE = 8 * 2**20, 100, 1_000
USUAL_REGION = "us-east-1"
NOT_S3 = "S3 방식의 저장소가 아닙니다({status}). 주소와 포트를 확인해 주세요. 예: https://기기:9000"
WRONG = {
    "NoSuchBucket": "그런 버킷이 없습니다. 버킷 이름을 확인해 주세요.",
    "InvalidAccessKeyId": "접근 키를 저장소가 모릅니다. 접근 키를 확인해 주세요.",
    "SignatureDoesNotMatch": "비밀 키가 맞지 않습니다. 비밀 키와 지역(region)을 다시 적어 주세요.",
    "AccessDenied": "이 키에는 버킷의 목록을 볼 권한(ListBucket)이 없습니다. 저장소 관리자에게 부탁하세요.",
    "RequestTimeTooSkewed": "이 서버와 저장소의 시계가 많이 다릅니다. 시각을 맞춰 주세요.",
    "AuthorizationHeaderMalformed": "지역(region)이 맞지 않습니다. 저장소의 지역을 적어 주세요.",
    "PermanentRedirect": "버킷이 다른 주소에 있습니다. 버킷이 있는 지역의 주소를 적어 주세요.",
}


class S3Source:
    """Implements ``Source``. The address is the service's with bucket and prefix as its path."""

    def __init__(self, place: RemotePlace, hosts: AllowedHosts, limits: Limits) -> None:
        self._limits = limits
        steps = [unquote(step) for step in urlsplit(place.url).path.split("/") if step]
        self._bucket, self._prefix = steps[0] if steps else "", "/".join(steps[1:])
        region = place.region or USUAL_REGION
        if not place.login.isascii():
            raise InvalidInput("접근 키에는 영문과 숫자만 씁니다. 저장하지 않았습니다.")

        def sign(method: str, url: str) -> dict[str, str]:
            now = datetime.now(UTC)
            return signed(method, url, place.login, place.secret, region, now)

        self._machine = Machine(hosts, place.url, sign if place.login else None)
        parts = urlsplit(place.url)
        self._service = f"{parts.scheme}://{parts.netloc}"

    def close(self) -> None:
        """See ``Source``."""
        self._machine.close()

    def check(self) -> str:
        """See ``Source``."""
        root = self._page("")
        count = len(children(root, "Contents"))
        more = " 넘게" if text_of(root, "IsTruncated") == "true" else ""
        return f"버킷이 열립니다. 파일 {count:,}개{more}가 보입니다."

    def walk(self, each: Each | None = None) -> Scan:
        """See ``Source``."""
        listing = Listing(self._limits)
        for key, file in self._objects(listing):
            if listing.take(file) and each is not None:
                each(file, lambda key=key, file=file: self._open(key, file))  # type: ignore[misc]
            if listing.full:
                break
        return listing.scan

    def _open(self, key: str, file: FoundFile) -> BinaryIO:
        path = "/".join(quote(step, safe="-_.~") for step in (self._bucket, *key.split("/")))
        url = f"{self._service}/{path}"
        return self._machine.fetch(url, self._limits.file_bytes, file.bytes)[1]

    def _objects(self, listing: Listing) -> Iterator[tuple[str, FoundFile]]:
        """(key, file) of all objects below the prefix. Raises SourceDown."""
        token, tokens = "", set()
        below = f"{self._prefix}/" if self._prefix else ""
        for _ in range(MOST_PAGES):
            root = self._page(token)
            encoded = text_of(root, "EncodingType") == "url"
            for entry in children(root, "Contents"):
                raw = next((e.text or "" for e in children(entry, "Key")), "")
                key = unquote_plus(raw) if encoded else raw
                path = key.removeprefix(below)
                if key.endswith("/") or not key.startswith(below):
                    continue
                if any(step in ("", ".", "..") for step in path.split("/")):
                    listing.skip(path, "이름에 ‘..’이나 빈 칸이 있어 받지 않습니다")
                    continue
                yield key, _file(path, entry)
            token = text_of(root, "NextContinuationToken")
            if text_of(root, "IsTruncated") != "true" or not token:
                return
            if token in tokens:
                raise SourceDown(
                    "저장소의 목록이 끝나지 않고 되풀이됩니다. 저장소를 확인해 주세요."
                )
            tokens.add(token)
        listing.scan.cut = True

    def _page(self, token: str) -> etree._Element:
        pairs = [("list-type", "2"), ("max-keys", str(A_PAGE)), ("encoding-type", "url")]
        if self._prefix:
            pairs.append(("prefix", f"{self._prefix}/"))
        if token:
            pairs.append(("continuation-token", token))
        url = f"{self._service}/{quote(self._bucket, safe='-_.~')}?{encoded_query(pairs)}"
        return self._answer(self._machine.ask("GET", url, LISTING_BYTES))

    def _answer(self, reply: Reply) -> etree._Element:
        """Raises SourceDown for what is no listing."""
        root = parsed(reply.body)
        if root is not None and name_of(root) == "Error":
            code = text_of(root, "Code")
            if code in WRONG:
                raise source_refused(WRONG[code])
            raise refused(reply.status, self._machine.host) or SourceDown(
                f"저장소가 거절했습니다({reply.status} {code[:60]})."
            )
        if reply.status == 200 and root is not None and name_of(root) == "ListBucketResult":
            return root
        raise refused(reply.status, self._machine.host) or SourceDown(
            NOT_S3.format(status=reply.status)
        )


def _file(path: str, entry: etree._Element) -> FoundFile:
    size = text_of(entry, "Size")
    known = size.isascii() and size.isdigit() and len(size) < 18
    mark = text_of(entry, "ETag").strip('"')[:LONGEST_MARK]
    # The time of change says nothing that the ETag does not.
    changed = "" if mark else text_of(entry, "LastModified")[:LONGEST_MARK]
    return FoundFile(path, int(size) if known else UNKNOWN, 0, mark or changed)
