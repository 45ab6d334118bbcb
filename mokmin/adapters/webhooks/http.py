"""Signed calls over HTTP to systems that the operator allowed."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2

from mokmin.adapters.net.checked import CheckedTransport
from mokmin.base.errors import Unavailable
from mokmin.base.net.hosts import AllowedHosts

SECONDS = 10.0


class HttpSender:
    """Implements ``features.webhooks.service.Sender``. Follows no redirect: the address was checked, what it
    leads to was not."""

    def __init__(self, hosts: AllowedHosts) -> None:
        self._client = httpx2.Client(
            transport=CheckedTransport(hosts), timeout=SECONDS, follow_redirects=False
        )

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer, whose body is not read. Raises Unavailable."""
        try:
            with self._client.stream("POST", url, content=body, headers=dict(headers)) as response:
                return response.status_code
        except httpx2.HTTPError as error:
            raise Unavailable(
                f"받는 곳이 응답하지 않습니다({type(error).__name__}).", code="unavailable"
            ) from error
