"""The source of a place of the network."""

from __future__ import annotations

import httpx2

from mokmin.adapters.sources.s3 import S3Source
from mokmin.adapters.sources.site import SiteSource
from mokmin.adapters.sources.webdav import WebDavSource
from mokmin.base.errors import InvalidInput
from mokmin.base.files.sources import Known, Limits, RemotePlace, Source
from mokmin.base.net.hosts import AllowedHosts


def connect(hosts: AllowedHosts, place: RemotePlace, limits: Limits, known: Known) -> Source:
    """See ``Connect``; nothing is asked yet. Raises InvalidInput."""
    try:
        return _made(hosts, place, limits, known)
    except httpx2.InvalidURL as error:
        raise InvalidInput("주소를 읽을 수 없습니다. 다시 적어 주세요.") from error


def _made(hosts: AllowedHosts, place: RemotePlace, limits: Limits, known: Known) -> Source:
    if place.type == "webdav":
        return WebDavSource(place, hosts, limits)
    if place.type == "s3":
        return S3Source(place, hosts, limits)
    if place.type == "site":
        return SiteSource(place, hosts, limits, known)
    raise InvalidInput("그런 종류의 곳은 없습니다. 목록에서 골라 주세요.")
