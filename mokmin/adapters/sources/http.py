"""Reading from one machine of the network that is not trusted: only where the operator allowed it, only
from the origin that was registered, never more than was agreed, never for ever."""

from __future__ import annotations

import ssl
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import httpx2

from mokmin.adapters.net.checked import CheckedTransport
from mokmin.base.errors import TooLarge, Unavailable
from mokmin.base.files.sources import TOO_LARGE, SourceDown, source_refused
from mokmin.base.net.hosts import AllowedHosts

CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
CHUNK = 1 << 16
MOST_REDIRECTS = 3
# Slower than this on average after the first while is as good as not answering.
SLOW_AFTER, LEAST_RATE = 20.0, 2_000
# So many files one after another that break off: the place is down.
MOST_BROKEN = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
BROKEN_OFF = "받다가 끊겼습니다. 다음에 맞출 때 다시 받습니다."
AGENT = "mokmin"
Sign = Callable[[str, str], Mapping[str, str]]
"""Headers that prove who asks, for a method and an address."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Machine:
    """One origin (scheme, name and port)."""

    def __init__(
        self,
        hosts: AllowedHosts,
        url: str,
        sign: Sign | None = None,
        *,
        seconds: float = READ_SECONDS,
    ) -> None:
        self.origin = origin_of(url)
        self.host = httpx2.URL(url).host
        self._sign = sign
        self._broken = 0
        self._client = httpx2.Client(
            transport=CheckedTransport(hosts),
            timeout=httpx2.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
            follow_redirects=False,
            headers={"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "identity"},
        )

    def ask(
        self,
        method: str,
        url: str,
        most: int,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Reply:
        """An answer whole, of at most ``most`` bytes. Raises SourceDown."""
        try:
            with self._open(method, url, headers or {}, body) as response:
                content = b"".join(_pieces(response, most))
                return Reply(response.status_code, response.headers, content)
        except (httpx2.HTTPError, zlib.error) as error:
            raise self._down(error) from error
        except TooLarge as error:
            raise SourceDown(f"'{self.host}' 기기의 답이 너무 커서 다 읽지 않았습니다.") from error
        except Unavailable as error:
            raise SourceDown(error.message) from error

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def fetch(
        self, url: str, most: int, expected: int, headers: Mapping[str, str] | None = None
    ) -> tuple[Reply, BinaryIO]:
        """A file in a temporary file of its own, read from its beginning; its reply has no body.
        ``expected``: the bytes that the listing told; negative: not told. Raises SourceDown,
        TooLarge, Unavailable for what concerns this file alone."""
        try:
            with self._open("GET", url, headers or {}, b"") as response, ExitStack() as stack:
                reply = Reply(response.status_code, response.headers, b"")
                file: BinaryIO = stack.enter_context(tempfile.TemporaryFile())
                if reply.status != 304:
                    self._check_file(reply.status)
                    size = _fill(file, response, most)
                    if 0 <= expected != size:
                        raise Unavailable(
                            "받은 크기가 목록에 적힌 크기와 다릅니다. 다음에 다시 받습니다."
                        )
                stack.pop_all()
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise self._down(error) from error
        except (httpx2.HTTPError, zlib.error) as error:
            raise self._break(BROKEN_OFF, error) from error
        except Unavailable as error:
            if error.code.startswith("host-"):  # the name leads elsewhere meanwhile
                raise SourceDown(error.message) from error
            raise
        self._broken = 0
        file.seek(0)
        return reply, file

    def _check_file(self, status: int) -> None:
        if status in (200, 203):
            return
        if status in (404, 410):
            raise Unavailable(f"목록에는 있지만 파일이 없습니다({status}).")
        if status in (401, 403):
            raise Unavailable(f"서버가 이 파일을 내주지 않습니다({status}).")
        if status == 429 or status >= 500:
            raise self._break(f"서버가 이 파일을 보내지 못했습니다({status}).", None)
        raise Unavailable(f"서버의 응답을 알 수 없습니다({status}).")

    def _break(self, message: str, error: Exception | None) -> Unavailable:
        self._broken += 1
        if self._broken >= MOST_BROKEN:
            return self._down(error) if error is not None else SourceDown(message)
        return Unavailable(message)

    @contextmanager
    def _open(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Iterator[httpx2.Response]:
        """Follows to other addresses of the same origin alone."""
        for _ in range(MOST_REDIRECTS + 1):
            signed = self._sign(method, url) if self._sign is not None else {}
            try:
                request = self._client.build_request(
                    method, url, headers=dict(headers) | dict(signed), content=body or None
                )
            except (httpx2.InvalidURL, ValueError) as error:
                raise Unavailable("그런 주소로는 물어볼 수 없습니다.") from error
            response = self._client.send(request, stream=True)
            try:
                there = response.headers.get("location", "")
                if response.status_code not in REDIRECTS or not there:
                    yield response
                    return
                url = str(httpx2.URL(url).join(there))
            except (httpx2.InvalidURL, ValueError) as error:
                raise SourceDown(f"'{self.host}' 기기가 잘못된 주소로 보냅니다.") from error
            finally:
                response.close()
            if (origin := origin_of(url)) != self.origin:
                raise SourceDown(
                    f"'{self.host}' 기기가 다른 곳({origin[:80]})으로 보냅니다. 따라가지 "
                    "않았습니다. 옮긴 주소라면 그 주소를 적어 주세요."
                )
        raise SourceDown(f"'{self.host}' 기기가 끝없이 다른 주소로 보냅니다.")

    def _down(self, error: Exception) -> SourceDown:
        """What a failed connection means, exactly."""
        host, causes = self.host, list(_causes(error))
        if any(isinstance(c, ssl.SSLCertVerificationError) for c in causes):
            return SourceDown(
                f"'{host}' 기기의 TLS 인증서를 믿을 수 없습니다. 인증서의 이름과 기한, 발급 기관을 서버 "
                "관리자에게 확인해 달라고 하세요."
            )
        if any(isinstance(c, ssl.SSLError) for c in causes):
            return SourceDown(
                f"'{host}' 기기와 TLS로 이야기하지 못했습니다. https가 아니라 http로 여는 기기인지, 포트가 맞는지 "
                "확인해 주세요."
            )
        if any(isinstance(c, ConnectionRefusedError) for c in causes):
            return SourceDown(
                f"'{host}' 기기가 연결을 거절했습니다. 포트가 맞는지, 그 서비스가 켜져 있는지 확인해 주세요."
            )
        if isinstance(error, httpx2.TimeoutException):
            return SourceDown(
                f"'{host}' 기기가 제때 응답하지 않았습니다. 기기가 켜져 있는지, 방화벽이 막지 않는지 확인해 주세요."
            )
        if isinstance(error, httpx2.ConnectError):
            return SourceDown(
                f"'{host}' 기기에 닿지 못했습니다. 네트워크와 방화벽을 확인해 주세요."
            )
        return SourceDown(f"'{host}' 기기가 이야기하다가 끊었거나 알 수 없는 답을 했습니다.")


def origin_of(url: str) -> str:
    """Scheme, name and port of an address; empty for what is none."""
    try:
        parts = httpx2.URL(url)
    except httpx2.InvalidURL:
        return ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{parts.host}:{port}".lower()


def refused(status: int, host: str) -> SourceDown | None:
    """What 401, 403 and errors of the server mean at the place itself; None for others."""
    if status == 401:
        return source_refused("계정이나 비밀번호가 맞지 않습니다(401). 다시 적어 주세요.")
    if status == 403:
        return source_refused(
            "이 계정에는 그곳을 볼 권한이 없습니다(403). 그곳의 관리자에게 부탁하세요."
        )
    if status == 429 or status >= 500:
        return SourceDown(
            f"'{host}' 기기가 지금은 답하지 못합니다({status}). 잠시 뒤 다시 해 보세요."
        )
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(8):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _fill(file: BinaryIO, response: httpx2.Response, most: int) -> int:
    size = 0
    for piece in _pieces(response, most):
        file.write(piece)
        size += len(piece)
    return size


def _pieces(response: httpx2.Response, most: int) -> Iterator[bytes]:
    """The body, unpacked within bounds. Raises TooLarge, Unavailable, httpx2.ReadTimeout."""
    told = response.headers.get("content-length", "")
    if told.isdigit() and int(told) > most:
        raise TooLarge(TOO_LARGE)
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "", "gzip"):
        raise Unavailable(f"서버가 알 수 없는 방식({coding[:20]})으로 눌러 보냈습니다.")
    inflater = unpacker() if coding == "gzip" else None
    begun, received, size = time.monotonic(), 0, 0
    for raw in response.iter_raw(CHUNK):
        received += len(raw)
        spent = time.monotonic() - begun
        if spent > SLOW_AFTER and received < spent * LEAST_RATE:
            raise httpx2.ReadTimeout("too slow")
        for piece in unpacked(inflater, raw) if inflater is not None else (raw,):
            size += len(piece)
            if size > most:
                raise TooLarge(TOO_LARGE)
            yield piece
    if inflater is not None and not inflater.eof:
        raise httpx2.RemoteProtocolError("gzip broke off")


def unpacker() -> zlib._Decompress:
    """A decompressor of gzip."""
    return zlib.decompressobj(wbits=31)


def unpacked(inflater: zlib._Decompress, raw: bytes) -> Iterator[bytes]:
    """Pieces of at most ``CHUNK`` bytes, however much a piece holds. Raises zlib.error."""
    while raw and not inflater.eof:
        piece = inflater.decompress(raw, CHUNK)
        if piece:
            yield piece
        raw = inflater.unconsumed_tail
