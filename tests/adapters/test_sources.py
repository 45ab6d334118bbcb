"""Places of the network that files are brought from, well-behaved and hostile."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from mokmin.adapters.sources import web_page
from mokmin.adapters.sources.connecting import connect
from mokmin.adapters.sources.robots import read_robots
from mokmin.adapters.sources.signing import signed
from mokmin.adapters.sources.web_page import bounded_text, main_text
from mokmin.base.errors import MokminError, Unavailable
from mokmin.base.files.sources import (
    DEEPEST,
    MOST_FILES,
    FoundFile,
    Known,
    Limits,
    RemotePlace,
    SourceDown,
)
from mokmin.base.net.hosts import AllowedHosts, read_hosts
from tests.places import Answer, Bucket, Dav, Site, member, multistatus, serving

HERE = read_hosts("127.0.0.1", "MOKMIN_SYNC_HOSTS")
LIMITS = Limits(1_000_000, 5_000_000)
PAGE = b"<html><head><title>T</title></head><body><nav>menu</nav><main><h1>%s</h1><p>%s</p></main></body></html>"


_made: list[Any] = []


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sources are closed after each test, and ask without a pause."""
    monkeypatch.setattr("mokmin.adapters.sources.site.PAUSE", 0.0)
    yield
    while _made:
        _made.pop().close()


class Taken:
    """What a walk brought: texts by path, and what went wrong."""

    def __init__(self, known: dict[str, str] | None = None) -> None:
        self.known = known or {}
        self.texts: dict[str, bytes] = {}
        self.wrong: dict[str, str] = {}
        self.marks: dict[str, str] = {}

    def __call__(self, file: FoundFile, read: Callable[[], Any]) -> None:
        self.marks[file.path] = file.mark
        if self.known.get(file.path) == file.mark:
            return
        try:
            with read() as stream:
                self.texts[file.path] = stream.read()
        except SourceDown:
            raise
        except MokminError as error:
            self.wrong[file.path] = error.message


def source(
    place: Any,
    type: str,
    path: str = "",
    *,
    hosts: AllowedHosts = HERE,
    limits: Limits = LIMITS,
    **more: Any,
) -> Any:
    known = Known(more.pop("known", {}))
    made = connect(hosts, RemotePlace(type, place.url + path, **more), limits, known)
    _made.append(made)
    return made


def walked(*args: Any, **more: Any) -> tuple[Any, Taken]:
    taken = Taken(more.get("known"))
    return source(*args, **more).walk(taken), taken


# --- WebDAV -----------------------------------------------------------------------------------
def test_a_webdav_folder_is_walked_with_its_account() -> None:
    dav = Dav()
    dav.login = "seo:비밀 번호"
    dav.files = {
        "업무/가 나+100%.txt": "하나".encode(),
        "업무/아래/b.hwpx": b"two",
        "c.exe": b"x",
        ".x/y.txt": b"z",
    }
    with serving(dav):
        found, taken = walked(dav, "webdav", "/dav", login="seo", secret="비밀 번호")
        assert taken.texts == {"업무/가 나+100%.txt": "하나".encode(), "업무/아래/b.hwpx": b"two"}
        assert [why for path, why in found.skipped if path == "c.exe"] and not found.cut
        assert (
            "파일 1개, 폴더 2개"
            in source(dav, "webdav", "/dav", login="seo", secret="비밀 번호").check()
        )
        with pytest.raises(SourceDown, match="비밀번호가 맞지 않습니다") as refused:
            source(dav, "webdav", "/dav", login="seo", secret="x").check()
        assert refused.value.code == "source-refused"


def test_hostile_listings_lead_nowhere() -> None:
    """Names with .., of elsewhere, twice, loops, an XML bomb: what is in order is still taken."""
    dav = Dav()
    bomb = (
        b'<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(
            b'<!ENTITY a%d "%s">' % (n, b"&a%s;" % (str(n - 1).encode() if n else b"") * 10)
            for n in range(9)
        )
        + b']><D:multistatus xmlns:D="DAV:">&a8;</D:multistatus>'
    )
    hostile = multistatus(
        member("/dav/", None),
        member("/dav/a.txt", b"1234"),
        member("/dav/a.txt", b"1234"),
        member("/dav/../secret.txt", b"1"),
        member("/dav/%2e%2e%2fetc%2fpasswd.txt", b"1"),
        member("http://169.254.169.254/dav/meta.txt", b"1"),
        member("/other/b.txt", b"1"),
        member("/dav/bad%0aname.txt", b"1"),
        member("/dav/huge.txt", b"x" * (LIMITS.file_bytes + 1)),
        member("/dav/bomb/", None),
        member("/dav/loop/", None),
    )  # fmt: skip
    dav.odd = {
        "/dav/": lambda _: (207, {}, hostile),
        "/dav/a.txt": lambda _: (200, {}, b"1234"),
        "/dav/bomb/": lambda _: (207, {}, bomb),
        # Not the same twice, so that only the depth ends it.
        "/dav/loop/": lambda _: (
            207,
            {},
            multistatus(member("/dav/loop/", None), member("/dav/loop/on/", None)),
        ),
    }

    def deeper(request: Any) -> Answer:
        return 207, {}, multistatus(member(request.path, None), member(f"{request.path}on/", None))

    with serving(dav):
        dav.answer = deeper  # type: ignore[method-assign]
        found, taken = walked(dav, "webdav", "/dav")
    assert taken.texts == {"a.txt": b"1234"} and not taken.wrong
    whys = dict(found.skipped)
    assert (
        "두 번" in whys["a.txt"]
        and "너무 큽니다" in whys["huge.txt"]
        and "읽지 못했습니다" in whys["bomb"]
    )
    assert sum("폴더 밖" in why for why in whys.values()) == 4
    assert found.unread and {"a.txt", "huge.txt"} <= found.there
    assert len(dav.asked) <= DEEPEST + 5
    assert all(path.startswith("/dav/") and ".." not in path for _, path in dav.asked)


def test_a_loop_of_links_and_an_endless_folder_end() -> None:
    dav, count = Dav(), [0]

    def loop(request: Any) -> Answer:
        at = request.path
        return (
            207,
            {},
            multistatus(member(at, None), member(f"{at}x.txt", b"12"), member(f"{at}up/", None)),
        )

    with serving(dav):
        dav.answer = loop  # type: ignore[method-assign]
        found = source(dav, "webdav", "/dav").walk()
        assert [f.path for f in found.files] == ["x.txt"] and "고리" in dict(found.skipped)["up"]

        def many(request: Any) -> Answer:
            count[0] += 1
            names = (member(f"/dav/{n}.txt", b"12") for n in range(MOST_FILES + 5))
            return 207, {}, multistatus(member("/dav/", None), *names)

        dav.answer = many  # type: ignore[method-assign]
        found = source(dav, "webdav", "/dav").walk()
        assert len(found.files) == MOST_FILES and found.cut and count == [1]

        def endless(request: Any) -> None:
            request.send_response(207)
            request.end_headers()
            try:
                while True:
                    request.wfile.write(b" " * 1_000_000)
            except OSError:
                return

        dav.odd["/dav/"] = endless
        with pytest.raises(SourceDown, match="너무 커서"):
            source(dav, "webdav", "/dav").walk()


def test_files_that_lie_about_themselves_are_left_as_they_were() -> None:
    dav = Dav()
    names = ("big.txt", "half.txt", "bomb.txt", "other.txt", "good.txt")
    dav.files = {name: b"0123456789" for name in names}
    told = {"Content-Length": str(5 * 2**30)}
    packed = gzip.compress(b"0" * 5_000_000, 9)
    dav.odd = {
        "/dav/big.txt": lambda _: (200, told, b"x"),
        "/dav/half.txt": lambda _: (200, {"Content-Length": "10"}, b"01234"),
        "/dav/bomb.txt": lambda _: (200, {"Content-Encoding": "gzip"}, packed),
        "/dav/other.txt": lambda _: (200, {}, b"longer than was told"),
    }
    with serving(dav):
        begun = time.monotonic()
        _, taken = walked(dav, "webdav", "/dav")
    assert taken.texts == {"good.txt": b"0123456789"} and time.monotonic() - begun < 5
    assert "끊겼습니다" in taken.wrong["half.txt"] and "크기와 다릅니다" in taken.wrong["other.txt"]
    assert taken.wrong["big.txt"] == taken.wrong["bomb.txt"] == "너무 큽니다"


def test_a_place_that_breaks_off_again_and_again_is_down() -> None:
    dav = Dav()
    dav.files = {f"{n}.txt": b"0123456789" for n in range(9)}
    for name in dav.files:
        dav.odd[f"/dav/{name}"] = lambda _: (200, {"Content-Length": "10"}, b"0")
    with serving(dav), pytest.raises(SourceDown):
        walked(dav, "webdav", "/dav")
    assert len(dav.got) == 3


# --- where it leads ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    "there", ["http://169.254.169.254/latest/", "http://127.0.0.1:1/", "ftp://x/", "//evil/"]
)
def test_redirects_to_elsewhere_are_not_followed(there: str) -> None:
    dav = Dav()
    dav.odd = {"/dav/": lambda _: (302, {"Location": there}, b"")}
    with serving(dav), pytest.raises(SourceDown, match="다른 곳"):
        source(dav, "webdav", "/dav").check()


def test_names_that_lead_elsewhere_a_moment_later_are_refused() -> None:
    dav, answers = Dav(), [["127.0.0.1"]]
    dav.files = {"a.txt": b"1", "b.txt": b"2"}
    hosts = AllowedHosts(
        frozenset({"nas.test"}), HERE.networks, lambda *_: answers[0], "MOKMIN_SYNC_HOSTS"
    )
    with serving(dav):
        dav.url = dav.url.replace("127.0.0.1", "nas.test")

        def rebound(file: FoundFile, read: Callable[[], Any]) -> None:
            answers[0] = ["169.254.169.254"]
            read()

        with pytest.raises(SourceDown, match="MOKMIN_SYNC_HOSTS"):
            source(dav, "webdav", "/dav", hosts=hosts).walk(rebound)
    for address in (
        "169.254.169.254",
        "100.100.100.200",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "0.0.0.0",
    ):
        answers[0] = [address]
        with pytest.raises(SourceDown, match="허용한 기기가 아니"):
            source(dav, "webdav", "/dav", hosts=hosts).check()


def test_the_check_tells_exactly_what_is_wrong() -> None:
    dav = Dav()

    def told(path: str = "/dav", type: str = "webdav", **more: Any) -> str:
        with pytest.raises(SourceDown) as caught:
            source(dav, type, path, **more).check()
        return caught.value.message

    def unknown(*_: Any) -> list[str]:
        raise OSError("no such name")

    with serving(dav):
        assert "찾지 못했습니다" in told(hosts=AllowedHosts(HERE.names, HERE.networks, unknown))
        assert "폴더가 없습니다(404)" in told("/dav/none")
        for status, word in (
            (403, "권한이 없습니다(403)"),
            (405, "WebDAV가 아닙니다(405)"),
            (503, "답하지 못합니다(503)"),
        ):
            dav.odd["/dav/"] = lambda _, status=status: (status, {}, b"")
            assert word in told()
        dav.odd["/dav/"] = lambda _: (200, {}, b"<html>")
        assert "WebDAV가 아닙니다(200)" in told()
        dav.odd["/dav/"] = lambda _: (207, {}, multistatus(member("/dav/", b"12")))
        assert "파일의 주소" in told()
        plain = dav.url
        dav.url = plain.replace("http://", "https://")
        assert "TLS" in told()
        dav.url = plain
    assert "거절했습니다" in told()


# --- S3 ---------------------------------------------------------------------------------------
def test_signatures_are_those_of_the_published_examples() -> None:
    """AWS, "Signature Calculations for the Authorization Header", examples GET Object and List Objects."""
    moment = datetime(2013, 5, 24)
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

    def proof(url: str, extra: dict[str, str] | None = None) -> str:
        where = f"https://examplebucket.s3.amazonaws.com/{url}"
        made = signed("GET", where, "AKIAIOSFODNN7EXAMPLE", secret, "us-east-1", moment, extra)
        return made["Authorization"].rpartition("=")[2]

    assert proof("test.txt", {"range": "bytes=0-9"}).startswith(
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170"
    )
    assert proof("?max-keys=2&prefix=J").startswith(
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69"
    )


def test_a_bucket_is_listed_page_by_page_and_every_name_is_signed() -> None:
    bucket = Bucket()
    names = (
        "공개/가 나+(1)~'!*.txt",
        "공개/b%20.txt",
        "공개/c.pdf",
        "다른/d.txt",
        "공개/../e.txt",
        "공개/",
    )
    bucket.files = {name: name.encode() for name in names}
    login = {"login": bucket.key, "secret": bucket.secret}
    with serving(bucket):
        found, taken = walked(bucket, "s3", "/docs/%EA%B3%B5%EA%B0%9C", **login)
        assert taken.texts == {
            name.removeprefix("공개/"): name.encode() for name in names[:3]
        } and "‘..’" in str(found.skipped)
        assert "버킷이 열립니다" in source(bucket, "s3", "/docs", **login).check()
        for path, secret, word in (
            ("/none", bucket.secret, "버킷이 없습니다"), ("/docs", "x", "비밀 키가 맞지 않습니다"),
        ):  # fmt: skip
            with pytest.raises(SourceDown, match=word):
                source(bucket, "s3", path, login=bucket.key, secret=secret).check()
        again = b"<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>"
        bucket.answer = lambda _: (200, {}, b"<ListBucketResult>" + again + b"</ListBucketResult>")  # type: ignore[method-assign]
        before = len(bucket.asked)
        with pytest.raises(SourceDown, match="되풀이"):
            source(bucket, "s3", "/docs", **login).walk()
        assert len(bucket.asked) - before == 2


# --- web sites --------------------------------------------------------------------------------
def test_a_site_gives_its_main_text_and_what_is_unchanged_is_not_sent_again() -> None:
    site = Site()
    site.files = {
        "/": PAGE
        % (
            "첫 화면".encode(),
            "시청에 오신 것을 환영합니다. 아래에서 고르세요. 모두의 시청입니다.".encode(),
        ),
        "/부서/안내?id=3": PAGE
        % (
            "안내".encode(),
            "주차요금은 하루 1,000원입니다. 장애인 차량은 주차요금을 받지 않습니다.".encode(),
        ),
        "/a.pdf": b"%PDF-1.4",
        "/private/x": PAGE % (b"x", b"y"),
    }
    site.changed = {"/": "2026-01-05T10:00:00+09:00"}
    site.robots = "User-agent: *\nDisallow: /private\n"
    with serving(site):
        found, taken = walked(site, "site", "/sitemap.xml")
        assert set(taken.texts) == {"index.html", "부서/안내?id=3", "a.pdf"}
        text = taken.texts["부서/안내?id=3"].decode()
        assert "1,000원" in text and "menu" not in text and "<title>안내</title>" in text
        assert "robots" in dict(found.skipped)["private/x"] and "/private/x" not in site.got
        site.sent.clear()
        found, again = walked(site, "site", "/sitemap.xml", known=taken.marks)
        assert again.marks == taken.marks and not again.texts
        assert {path: status for path, status in site.sent if status == 200} == {
            "/robots.txt": 200,
            "/sitemap.xml": 200,
        }
        site.shift = 1  # a new ETag of the same page
        _, again = walked(site, "site", "/sitemap.xml", known=taken.marks)
        assert again.texts == {k: v for k, v in taken.texts.items() if k != "index.html"}
        assert "쪽 3개" in source(site, "site", "/sitemap.xml").check()


def test_hostile_sites_are_bounded() -> None:
    site = Site()
    site.files = {"/ok": PAGE % (b"ok", b"text " * 20)}
    row = "<url><loc>{}</loc></url>"
    lists = "".join(f"<sitemap><loc>{{0}}/s{n}.xml.gz</loc></sitemap>" for n in range(300))
    with serving(site):
        here = row.format(f"{site.url}/ok")
        elsewhere = (
            "http://169.254.169.254/latest",
            "https://evil.example/x",
            f"{site.url}@evil/x",
            "file:///etc/passwd",
            "http://[",
            "http://a b/",
            "http://x:99999/",
            "http://" + "a" * 300,
        )
        site.odd["/sitemap.xml"] = lambda _: (
            200,
            {},
            f"<urlset>{here}{here}{''.join(map(row.format, elsewhere))}</urlset>".encode(),
        )
        found, taken = walked(site, "site", "/sitemap.xml")
        assert set(taken.texts) == {"ok"} and len(found.skipped) == len(elsewhere) + 1
        bomb = gzip.compress(b"<urlset>" + b" " * 55_000_000, 9)
        site.odd["/s0.xml.gz"] = lambda _: (200, {}, bomb)
        site.odd["/s1.xml.gz"] = lambda _: (
            200,
            {},
            gzip.compress(f"<urlset>{here}</urlset>".encode()),
        )
        site.odd["/sitemap.xml"] = lambda _: (
            200,
            {},
            f"<sitemapindex>{lists.format(site.url)}</sitemapindex>".encode(),
        )
        begun = time.monotonic()
        found, taken = walked(site, "site", "/sitemap.xml")
        assert set(taken.texts) == {"ok"} and found.unread and time.monotonic() - begun < 5
        assert sum("/s" in path for path in site.got) < 60
        doctype = b'<!DOCTYPE u [<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset><url><loc>&x;</loc></url></urlset>'
        for body in (doctype, b"<html></html>", b"\x1f\x8bxx", b""):
            site.odd["/sitemap.xml"] = lambda _, body=body: (200, {}, body)
            with pytest.raises(SourceDown, match="사이트맵이 아닙니다"):
                source(site, "site", "/sitemap.xml").walk()
        odd = "".join(
            row.format(site.url + path) for path in ("/a&#10;b", "/a b", "/%00", "/%2e%2e/x", "/ok")
        )
        site.odd["/sitemap.xml"] = lambda _: (200, {}, f"<urlset>{odd}</urlset>".encode())
        site.odd["/ok"] = lambda _: (
            200,
            {"ETag": "\xff\xe9", "Content-Type": "text/html"},
            site.files["/ok"],
        )
        _, taken = walked(site, "site", "/sitemap.xml")
        assert set(taken.texts) == {"ok"} and taken.marks["ok"].startswith("t:")
        site.odd["/robots.txt"] = lambda _: (500, {}, b"")
        with pytest.raises(SourceDown, match="robots"):
            source(site, "site", "/sitemap.xml").walk()


def test_robots_are_read_as_the_standard_says() -> None:
    text = "User-agent: other\nDisallow: /\n\nUser-agent: a\nUser-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /*.pdf$\nCrawl-delay: 99\n"
    rules = read_robots(text, "mokmin")
    assert [rules.allow(p) for p in ("/", "/a", "/a/b/c", "/x.pdf", "/x.pdf?y", "/%61/x")] == [
        True,
        False,
        True,
        False,
        True,
        False,
    ]
    assert rules.delay == 10.0
    assert not read_robots(text + "User-agent: mokmin\nDisallow: /\n", "mokmin").allow("/")
    begun = time.monotonic()
    assert read_robots("User-agent: *\nDisallow: /" + "*a" * 200 + "$\n", "mokmin").allow(
        "/" + "a" * 2000 + "b"
    )
    assert time.monotonic() - begun < 1


def test_pages_that_would_be_parsed_for_hours_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = b"<body><main>" + b"<p>long enough to be read elsewhere</p>" * 3_000 + b"</main></body>"
    assert bounded_text(plain, "") == main_text(plain, "")
    monkeypatch.setattr(web_page, "CPU_SECONDS", 0.2)
    names = b" ".join(b"a%d" % n for n in range(300_000))
    with pytest.raises(Unavailable):
        bounded_text(b"<body><p " + names + b">x", "")


def test_hidden_words_and_scripts_are_no_main_text() -> None:
    page = "<?xml version='1.0' encoding='euc-kr'?><html><head><title>제목 | 시청</title></head><body><header>배너</header><form><p>본문입니다</p><script>x()</script>꼬리</form><footer>주소</footer></body></html>"
    text = main_text(page.encode("euc-kr"), "euc-kr").decode()
    assert "본문입니다" in text and "꼬리" in text and "제목 | 시청" in text
    assert not any(word in text for word in ("배너", "주소", "x()", "<form action"))
    assert main_text(b"", "") == b"" and main_text(b"<body><nav>x</nav></body>", "unknown") == b""
