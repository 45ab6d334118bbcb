"""Connections only to addresses that were checked at this very moment (see ``AllowedHosts``)."""

from __future__ import annotations

import httpx2

from mokmin.base.net.hosts import AllowedHosts

CONNECTIONS, KEPT = 400, 50
LIMITS = httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=KEPT)


class CheckedTransport(httpx2.BaseTransport):
    """Resolves the name itself, checks every address and connects to one of them; the certificate is
    still that of the name. Raises Unavailable where the address is not allowed."""

    def __init__(self, hosts: AllowedHosts) -> None:
        self._hosts = hosts
        # trust_env off: a proxy in the environment must not carry the city's text elsewhere.
        self._inner = httpx2.HTTPTransport(trust_env=False, limits=LIMITS)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """See ``httpx2.BaseTransport``; the addresses are tried in turn."""
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        failure: httpx2.ConnectError | None = None
        for address in self._hosts.addresses(url.host, port):
            there = httpx2.Request(
                request.method,
                url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions | {"sni_hostname": url.host},
            )
            try:
                return self._inner.handle_request(there)
            except httpx2.ConnectError as error:
                failure = error
        raise failure or httpx2.ConnectError("no address")

    def close(self) -> None:
        """Close all connections."""
        self._inner.close()
