"""Addresses that an administrator's form may lead to, and those that it may not."""

from __future__ import annotations

import pytest

from mokmin.base.errors import InvalidInput, Unavailable
from mokmin.base.net.hosts import PRIVATE, AllowedHosts, read_hosts

ADDRESSES = {
    "inside.city": ["10.1.2.3"],
    "outside.example": ["93.184.216.34"],
    "both.example": ["10.1.2.3", "93.184.216.34"],
    "meta.example": ["169.254.169.254"],
    "home.example": ["127.0.0.1"],
    "six.example": ["::ffff:169.254.169.254"],
    "nat.example": ["64:ff9b::a9fe:a9fe"],
    "localhost": ["127.0.0.1"],
    "2130706433": ["127.0.0.1"],
    "0x7f.1": ["127.0.0.1"],
    "0": ["0.0.0.0"],
}


def resolve(host: str, _port: int) -> list[str]:
    """A name server of this test; addresses stand for themselves."""
    if host in ADDRESSES:
        return ADDRESSES[host]
    if ":" in host or host.replace(".", "").isdigit():
        return [host]
    raise OSError("no such name")


def hosts(text: str = "") -> AllowedHosts:
    read = read_hosts(text)
    return AllowedHosts(read.names, read.networks, resolve)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.5:8000/v1",
        "http://127.0.0.1:8000/v1",
        "http://[::1]:8000/v1",
        "http://[fd00::1]/v1",
        "https://inside.city/v1",
        "http://2130706433/v1",
    ],
)
def test_private_networks_and_loopback_are_allowed_where_nothing_is_set(url: str) -> None:
    hosts().check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://outside.example/v1",
        "https://93.184.216.34/v1",
        "http://both.example/v1",
        "http://169.254.169.254/latest/meta-data",
        "http://meta.example/v1",
        "http://six.example/v1",
        "http://nat.example/v1",
        "http://[::ffff:169.254.169.254]/v1",
        "http://[fe80::1]/v1",
        "http://0/v1",
        "http://0.0.0.0:8000/v1",
        "http://nobody.example/v1",
        "file:///etc/passwd",
        "gopher://10.0.0.5/",
        "http://10.0.0.5@outside.example/v1",
        "http://key:word@10.0.0.5/v1",
        "http://10.0.0.5/v1?x=1",
        "http://10.0.0.5/v1#x",
        "http://10.0.0.5\\@outside.example/v1",
        "http://10.0.0.5:99999/v1",
        "http:///v1",
        "http://10.0.0.5/v1\r\nHost: x",
        "10.0.0.5:8000",
        "http://10.0.0.5/" + "a" * 400,
    ],
)
def test_all_else_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        hosts().check(url)


def test_what_the_operator_names_is_all_there_is() -> None:
    named = hosts("Outside.example, 10.20.0.0/16, home.example, meta.example")
    named.check("https://outside.example/v1")
    named.check("https://OUTSIDE.example./v1")
    named.check("http://10.20.255.1/v1")
    for url in (
        "http://10.1.2.3/v1",
        "http://127.0.0.1/v1",
        "http://localhost/v1",
        # A name that turns out to be this machine, or the cloud's own address: not even when it is named.
        "http://home.example/v1",
        "http://meta.example/v1",
        "https://93.184.216.34/v1",
        "https://sub.outside.example/v1",
    ):
        with pytest.raises(InvalidInput):
            named.check(url)
    hosts("localhost").check("http://localhost:8000/v1")
    hosts("169.254.7.0/24").check("http://169.254.7.7/v1")


def test_a_name_that_changes_its_mind_is_caught_at_the_connection() -> None:
    answers = [["10.1.2.3"], ["169.254.169.254"]]
    rebinding = AllowedHosts(frozenset(), PRIVATE, lambda _host, _port: answers.pop(0))
    rebinding.check("http://twofaced.example/v1")
    with pytest.raises(Unavailable) as caught:
        rebinding.addresses("twofaced.example", 80)
    assert caught.value.code == "host-not-allowed"


@pytest.mark.parametrize("text", ["http://x", "a b", "10.0.0.0/99", "*.city", "-x", "1.2.3"])
def test_a_list_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_hosts(text)
