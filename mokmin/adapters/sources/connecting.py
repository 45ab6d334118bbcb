"""The source of a place of the network."""

from __future__ import annotations

from collections.abc import Mapping

from mokmin.adapters.sources.s3 import S3Source
from mokmin.adapters.sources.site import SiteSource
from mokmin.adapters.sources.webdav import WebDavSource
from mokmin.base.errors import InvalidInput
from mokmin.base.files.sources import Limits, RemotePlace, Source
from mokmin.base.net.hosts import AllowedHosts


def connect(
    hosts: AllowedHosts, place: RemotePlace, limits: Limits, known: Mapping[str, str]
) -> Source:
    """See ``Connect``; nothing is asked yet. Raises InvalidInput."""
    if place.type == "webdav":
        return WebDavSource(place, hosts, limits)
    if place.type == "s3":
        return S3Source(place, hosts, limits)
    if place.type == "site":
        return SiteSource(place, hosts, limits, known)
    raise InvalidInput("그런 종류의 곳은 없습니다. 목록에서 골라 주세요.")
