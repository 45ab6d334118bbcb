"""Which machines may be called on the word of a form: those that the operator allowed.

A name is resolved at every connection, all its addresses are checked, and the connection goes to an address
that was checked: a name that means another machine a moment later (DNS rebinding) leads nowhere.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from mokmin.base.errors import InvalidInput, Unavailable

Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], list[str]]
# Private networks (RFC 1918, RFC 4193) and loopback. Link-local is not among them: clouds answer there.
PRIVATE: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7", "::1")
)
# Where clouds tell programs their secrets at an address that is not link-local.
METADATA = frozenset(
    ip_address(text)
    for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
_NAME = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
MOST_LETTERS = 400


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """``names`` may be called wherever they lead, but not at loopback or link-local addresses; other
    hosts only when all their addresses lie in ``networks``. ``setting``: where the operator writes them."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = PRIVATE
    resolve: Resolve = resolved
    setting: str = "MOKMIN_ENDPOINT_HOSTS"

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses that may be connected to. Raises Unavailable: the name has none, or one of them
        is not allowed."""
        host = host.strip("[]").rstrip(".").lower()
        try:
            found = self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise Unavailable(
                f"'{host[:80]}'라는 이름의 기기를 찾지 못했습니다. 주소를 확인해 주세요.",
                code="host-unknown",
            ) from error
        if not found or not all(self._may(host, address) for address in found):
            raise Unavailable(
                f"'{host[:80]}'은(는) 운영자가 허용한 기기가 아니어서 보내지 않았습니다. 운영자가 "
                f"{self.setting}에 적어야 쓸 수 있습니다.",
                code="host-not-allowed",
            )
        return found

    def check(self, url: str) -> None:
        """Whether an address may be registered. Raises InvalidInput that tells why not."""
        parts = _parts(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        try:
            self.addresses(host, port)
        except Unavailable as error:
            raise InvalidInput(error.message, code=error.code) from error

    def _may(self, host: str, text: str) -> bool:
        address = ip_address(text.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if address in METADATA:
            return False
        if any(address in network for network in self.networks):
            return True
        special = (
            address.is_loopback
            or address.is_link_local
            or address.is_multicast
            or address.is_unspecified
            or address.is_reserved
        )
        return host in self.names and not special


def _parts(url: str) -> SplitResult:
    """Raises InvalidInput for what is no plain address of a service."""
    wrong = InvalidInput(
        "주소는 'http://기기:포트/v1'처럼 적어 주세요. 계정, 물음표(?), 샵(#)은 넣을 수 없습니다."
    )
    if len(url) > MOST_LETTERS or any(ord(c) <= 32 or c in "\\\x7f" for c in url):
        raise wrong
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise wrong from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise wrong
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise wrong
    return parts


def read_hosts(
    text: str, setting: str = "MOKMIN_ENDPOINT_HOSTS", *, none: AllowedHosts | None = None
) -> AllowedHosts:
    """The operator's list: names, addresses and networks with commas between them; empty: ``none``, or
    private networks and loopback. Raises InvalidInput."""
    names: set[str] = set()
    networks: list[Network] = []
    for item in filter(None, (part.strip().lower() for part in text.split(","))):
        try:
            networks.append(ip_network(item, strict=False))
        except ValueError:
            if not _NAME.fullmatch(item) or item.replace(".", "").isdigit():
                raise InvalidInput(
                    f"{setting}의 '{item[:60]}'은(는) 기기 이름이나 주소, 대역이 아닙니다."
                ) from None
            names.add(item)
    if not names and not networks:
        return none or AllowedHosts()
    # A machine that the operator names as this one.
    if "localhost" in names:
        networks += [ip_network("127.0.0.0/8"), ip_network("::1")]
    return AllowedHosts(frozenset(names), tuple(networks), setting=setting)
