"""The way to a watched folder: on the server below what the operator named, in the network only to machines that
the operator named, and each only while its steward may have it watched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from urllib.parse import quote, unquote, urlsplit

from mokmin.base.errors import InvalidInput, Unavailable
from mokmin.base.files.sources import Connect, Known, Limits, RemotePlace, Source
from mokmin.base.net.hosts import AllowedHosts
from mokmin.features.stewardship.homes import Homes
from mokmin.features.stewardship.scanning import LocalFolder, Root, placed
from mokmin.features.stewardship.watch_store import Folder, secret_owner
from mokmin.governance.access.model import Permission, Principal
from mokmin.governance.people.sealing import Sealer

LOCAL, WEBDAV, S3, SITE = "local", "webdav", "s3", "site"
REMOTE = (WEBDAV, S3, SITE)
LONGEST_URL, LONGEST_LOGIN, LONGEST_SECRET, LONGEST_REGION = 900, 200, 4_096, 40
_WRONG = (
    "주소는 ‘https://기기/폴더’처럼 적어 주세요. 계정, 물음표(?), 샵(#), ‘..’은 넣을 수 없습니다."
)


@dataclass(frozen=True, slots=True)
class FolderDraft:
    """What a steward writes of a folder. ``audience``: ``staff`` or ``department``; ``path``: of a
    place of the network its address; ``bucket``: of S3, with what the names begin with after a ``/``;
    ``at_hour``: once a day at this hour instead of every so often."""

    path: str
    collection_id: int
    audience: str = "department"
    kind: str = "문서"
    grade: str = "O"
    every_minutes: int = 60
    type: str = LOCAL
    bucket: str = ""
    login: str = ""
    secret: str = field(default="", repr=False)
    region: str = ""
    at_hour: int | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """What is needed for places of the network. ``all_bytes``: the largest sum of one place."""

    hosts: AllowedHosts
    connect: Connect
    sealer: Sealer
    all_bytes: int

    @property
    def open(self) -> bool:
        """Whether the operator named any machine."""
        return bool(self.hosts.names or self.hosts.networks)


class Reach:
    """Sources of folders under their steward's rights."""

    def __init__(
        self, homes: Homes, roots: Sequence[Root], network: Network, max_bytes: int
    ) -> None:
        self._homes = homes
        self._roots = roots
        self.network = network
        self._max_bytes = max_bytes

    def roots(self, principal: Principal) -> list[Root]:
        """Folders below which the person may have folders watched."""
        return [root for root in self._roots if self._may_use(principal, root)]

    def placed(self, principal: Principal, path: str) -> tuple[Root, tuple[str, ...]]:
        """The way to a folder of the server. Raises InvalidInput, the same for a root of others as for none."""
        root, steps = placed(path, self.roots(principal))
        if placed(path, self._roots)[0] != root:  # a narrower root of another department
            placed(path, ())
        return root, steps

    def address(self, draft: FolderDraft) -> str:
        """The address of a place of the network in one spelling. Raises InvalidInput for what is none,
        or lies on a machine that the operator did not name."""
        if not self.network.open:
            raise InvalidInput(
                "시스템 관리자가 아직 어떤 기기도 허락하지 않았습니다. 서버 설정의 MOKMIN_SYNC_HOSTS에 "
                "기기 이름을 적어 달라고 부탁하세요."
            )
        url = _spelled(draft)
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            self.network.hosts.addresses(parts.hostname or "", port)
        except Unavailable as error:
            raise InvalidInput(error.message, code=error.code) from error
        return url

    def drafted(self, draft: FolderDraft, url: str) -> Source:
        """The place of a draft. Raises InvalidInput."""
        place = RemotePlace(draft.type, url, draft.login, draft.secret, draft.region)
        return self.network.connect(place, Limits(self._max_bytes, self.network.all_bytes), Known())

    def source(
        self,
        principal: Principal,
        folder: Folder,
        known: Known | None = None,
        seconds: float = inf,
    ) -> Source:
        """The place of a folder, while the person may have it watched. ``known``: what is known of it;
        ``seconds``: how long it is looked at. Raises InvalidInput."""
        self._require_tended(principal, folder)
        if folder.type == LOCAL:
            root, steps = self.placed(principal, folder.path)
            return LocalFolder(root, steps, self._max_bytes)
        secret: str | None = ""
        if folder.secret:
            secret = self.network.sealer.open(folder.secret, secret_owner(folder.id))
        if secret is None:
            raise InvalidInput(
                "저장해 둔 비밀번호나 비밀 키를 열 수 없어 멈췄습니다. 올린 문서는 그대로입니다. ‘계정 바꾸기’에서 다시 "
                "적어 주세요."
            )
        place = RemotePlace(folder.type, folder.path, folder.login, secret, folder.region)
        limits = Limits(self._max_bytes, self.network.all_bytes, seconds)
        return self.network.connect(place, limits, known or Known())

    def _require_tended(self, principal: Principal, folder: Folder) -> None:
        if folder.orphaned:
            raise InvalidInput(
                "이 폴더의 모음이 없어져 멈췄습니다. 올린 문서는 그대로입니다. 모음을 되살리거나, 이 폴더를 "
                "그만 지켜보고 다른 모음으로 다시 더해 주세요."
            )
        tends = principal.may(Permission.CURATE) and self._homes.holds(
            principal, folder.department_id
        )
        if not tends:
            raise InvalidInput(
                "이 폴더를 맡은 사람이 더는 이 부서의 관리자가 아니어서 멈췄습니다. 올린 문서는 그대로입니다. "
                "다른 관리자가 ‘맡아서 시작’을 눌러 주세요."
            )

    def _may_use(self, principal: Principal, root: Root) -> bool:
        if principal.may(Permission.ADMINISTER):
            return True
        names = {name for _, name in self._homes.choices(principal)}
        return bool(root.department) and root.department in names


def _spelled(draft: FolderDraft) -> str:
    """One spelling of an address, with bucket and prefix as its path for S3. Raises InvalidInput."""
    text = draft.path.strip()
    if draft.type not in REMOTE:
        raise InvalidInput("어디의 파일인지 목록에서 골라 주세요. 저장하지 않았습니다.")
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip(".").lower(), parts.port
        host.encode("ascii")
    except (ValueError, UnicodeError) as error:
        raise InvalidInput(_WRONG) from error
    plain = text.isprintable() and "@" not in parts.netloc and "?" not in text and "#" not in text
    if parts.scheme not in ("http", "https") or not host or not plain or "\\" in text:
        raise InvalidInput(_WRONG)
    steps = [unquote(step) for step in parts.path.split("/") if step]
    if draft.type == S3:
        steps += [step for step in draft.bucket.strip().split("/") if step]
        if not steps:
            raise InvalidInput("버킷의 이름을 적어 주세요. 저장하지 않았습니다.")
    if any(step in (".", "..") or "/" in step or not step.isprintable() for step in steps):
        raise InvalidInput(_WRONG)
    usual = 443 if parts.scheme == "https" else 80
    shown = f"[{host}]" if ":" in host else host
    origin = f"{parts.scheme}://{shown}" + (f":{port}" if port not in (None, usual) else "")
    url = "/".join((origin, *(quote(step, safe="-_.~") for step in steps)))
    if len(url) > LONGEST_URL:
        raise InvalidInput("주소가 너무 깁니다. 저장하지 않았습니다.")
    return url
