"""Settings: the only reader of the environment. ``docs/settings.md`` lists all; a test keeps it so."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from pathlib import Path

from mokmin.base.errors import InvalidInput
from mokmin.base.llm.endpoints import ModelEndpoint, read_models_file
from mokmin.base.net.hosts import AllowedHosts, read_hosts
from mokmin.features.stewardship.scanning import read_roots
from mokmin.governance.access.model import ROLES
from mokmin.governance.audit.care import LEAST_MONTHS


def _strict_bool(name: str, text: str) -> bool:
    if text in ("1", "true"):
        return True
    if text in ("0", "false", ""):
        return False
    raise InvalidInput(f"{name}은 true나 false여야 합니다. 지금 값: {text}")


@dataclass(frozen=True, slots=True)
class RerankEndpoint:
    """A ``/rerank`` endpoint that the operator named, and the highest grade it may see."""

    base_url: str
    model: str
    api_key: str
    grade: str
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults. Each field is read from ``MOKMIN_<NAME>``; secrets also
    from the file named by ``MOKMIN_<NAME>_FILE``."""

    home: Path = field(
        default=Path(".home"),
        metadata={"doc": "Data folder; everything Mokmin keeps lies under it."},
    )
    cache: Path | None = field(
        default=None,
        metadata={
            "doc": "Folder where analysed words and vectors are kept by content, for several homes "
            "together; empty: none (`mokmin eval` then keeps one in the data folder). It holds words "
            "of documents: protect it like the data folder."
        },
    )
    database_url: str = field(
        default="",
        metadata={"doc": "SQLAlchemy URL; empty: SQLite in the data folder.", "secret": True},
    )
    host: str = field(default="127.0.0.1", metadata={"doc": "Address that the service listens on."})
    port: int = field(default=8000, metadata={"doc": "Port that the service listens on."})
    threads: int = field(
        default=0, metadata={"doc": "Threads for the embedded model; 0: one per core, at most 4."}
    )
    max_upload_mb: int = field(default=200, metadata={"doc": "Largest file taken in, in MB."})
    read_timeout_seconds: int = field(
        default=120, metadata={"doc": "Time limit for reading one file."}
    )
    secure_cookies: bool = field(
        default=False,
        metadata={
            "doc": "Set it behind TLS: cookies are marked Secure and bound to this host, browsers are told "
            "to use HTTPS alone (HSTS)."
        },
    )
    agency: str = field(
        default="",
        metadata={
            "doc": "Name of the administrative agency as its letters carry it, such as 해온특별자치시; empty: "
            "drafts ask for it."
        },
    )
    public_url: str = field(
        default="",
        metadata={
            "doc": "Address under which browsers reach the service, such as `https://ai.city.example`; "
            "needed for sign-in at an identity provider."
        },
    )
    session_idle_minutes: int = field(
        default=120, metadata={"doc": "Minutes without use after which a session ends."}
    )
    session_hours: int = field(
        default=12, metadata={"doc": "Hours after which a session ends in any case."}
    )
    second_factor_roles: str = field(
        default="",
        metadata={
            "doc": "Roles that must use a second factor, with commas between them, such as "
            "`admin,privacy`; others may."
        },
    )
    sign_in_address_failures: int = field(
        default=60,
        metadata={
            "doc": "Failed sign-ins from one address within 10 minutes after which it waits 5 minutes."
        },
    )
    oidc_issuer: str = field(
        default="",
        metadata={
            "doc": "Issuer of the OpenID Connect provider (operator-guide.md); empty: local accounts "
            "alone. Only this one is ever contacted."
        },
    )
    oidc_client_id: str = field(
        default="", metadata={"doc": "Name of this service at the provider."}
    )
    oidc_client_secret: str = field(
        default="", metadata={"doc": "Secret of this service at the provider.", "secret": True}
    )
    oidc_name: str = field(
        default="통합 로그인",
        metadata={"doc": "Words on the provider's button of the sign-in page."},
    )
    oidc_scopes: str = field(
        default="openid profile email", metadata={"doc": "Scopes asked of the provider."}
    )
    oidc_link_claim: str = field(
        default="preferred_username",
        metadata={
            "doc": "Claim that holds the login here, for an account's first sign-in; `email` counts "
            "only when the provider has verified it."
        },
    )
    oidc_provision: bool = field(
        default=False, metadata={"doc": "Make an account for whoever the provider signs in."}
    )
    oidc_role_claim: str = field(
        default="", metadata={"doc": "Claim that gives the role; empty: roles are kept here."}
    )
    oidc_roles: str = field(
        default="",
        metadata={
            "doc": "Values of that claim and their roles, such as `ai-admin=admin,ai-audit=auditor`; "
            "the first that fits wins."
        },
    )
    chat_base_url: str = field(
        default="",
        metadata={
            "doc": "OpenAI-compatible endpoint for answers; empty: no model, answers are quoted."
        },
    )
    chat_model: str = field(default="", metadata={"doc": "Model name at that endpoint."})
    chat_api_key: str = field(
        default="", metadata={"doc": "Key for that endpoint.", "secret": True}
    )
    chat_grade: str = field(
        default="S", metadata={"doc": "Highest grade (O, S or C) that the endpoint may see."}
    )
    chat_timeout_seconds: int = field(
        default=60, metadata={"doc": "Longest silence of the endpoint before it counts as down."}
    )
    models_file: Path | None = field(
        default=None,
        metadata={
            "doc": "JSON file that lists several chat endpoints with what they can do and may see "
            "(operator-guide.md); tried after the single endpoint above, in their order."
        },
    )
    endpoint_hosts: str = field(
        default="",
        metadata={
            "doc": "Machines that administrators may register as models or webhooks, with commas between them: names, "
            "addresses, networks such as `10.20.0.0/16`; empty: private networks and loopback."
        },
    )
    smtp_host: str = field(
        default="",
        metadata={"doc": "Mail server for letters about notices; empty: notices stay in the app."},
    )
    smtp_port: int = field(default=25, metadata={"doc": "Port of the mail server."})
    smtp_security: str = field(
        default="starttls", metadata={"doc": "`starttls`, `tls` or `none` (loopback only)."}
    )
    smtp_user: str = field(default="", metadata={"doc": "Account at the mail server, if it asks."})
    smtp_password: str = field(
        default="", metadata={"doc": "Password of that account.", "secret": True}
    )
    smtp_from: str = field(default="", metadata={"doc": "Address that letters come from."})
    mail_domains: str = field(
        default="",
        metadata={
            "doc": "Domains that letters may go to, with commas between them, such as "
            "`city.example.kr`; empty: that of `MOKMIN_SMTP_FROM`."
        },
    )
    unverified: str = field(
        default="mark",
        metadata={
            "doc": "What becomes of a model's sentences that the sources do not bear out: `mark` or "
            "`drop` (their number is told)."
        },
    )
    rerank_base_url: str = field(
        default="",
        metadata={
            "doc": "Endpoint with `/rerank` (Jina, Cohere, vLLM, llama.cpp) that puts the first 30 "
            "hits in a new order; empty: none, search needs no other machine."
        },
    )
    rerank_model: str = field(default="", metadata={"doc": "Model name at the rerank endpoint."})
    rerank_api_key: str = field(
        default="", metadata={"doc": "Key for the rerank endpoint.", "secret": True}
    )
    rerank_grade: str = field(
        default="S", metadata={"doc": "Highest grade (O, S or C) that the rerank endpoint may see."}
    )
    rerank_timeout_ms: int = field(
        default=1500,
        metadata={"doc": "Milliseconds a search waits for the rerank endpoint at most."},
    )
    audit_live_months: int = field(
        default=3,
        metadata={
            "doc": "Months of the audit log, the current one included, that stay in the database; "
            "older ones are kept compressed below `audit/` of the data folder."
        },
    )
    audit_keep_months: int = field(
        default=24,
        metadata={
            "doc": "Months that the audit log is kept, at least 12 (개인정보의 안전성 확보조치 기준 "
            "제8조); 0: for ever."
        },
    )
    update_key: Path | None = field(
        default=None,
        metadata={
            "doc": "PEM file with the Ed25519 public keys whose signed updates are trusted; empty: "
            "`keys/update-key` of the data folder."
        },
    )
    plugins: str = field(
        default="",
        metadata={
            "doc": "Names of installed plug-ins that are loaded, separated by commas. A plug-in's code may do all "
            "that the program may: name only those whose maker is trusted (docs/plugins.md)."
        },
    )
    watched_roots: str = field(
        default="",
        metadata={
            "doc": "Folders below which folders may be watched, with commas between them: "
            "`department=/path` for stewards of that department, `/path` for administrators alone; "
            "empty: none."
        },
    )
    sync_hosts: str = field(
        default="",
        metadata={
            "doc": "Machines of the network that folders and pages may be brought from (WebDAV, S3, web sites): names, "
            "addresses and networks, with commas between them; empty: none."
        },
    )
    sync_max_gb: int = field(
        default=20,
        metadata={"doc": "Largest sum of the files of one such place; what is beyond is left out."},
    )
    metrics_addresses: str = field(
        default="127.0.0.1,::1",
        metadata={
            "doc": "Addresses that may read `/metrics` directly, with commas between them; others need "
            "a token of an administrator."
        },
    )
    log_level: str = field(
        default="INFO", metadata={"doc": "Level of the JSON logs on standard error."}
    )

    @property
    def sqlalchemy_url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{(self.home / 'mokmin.db').resolve()}"

    @property
    def update_keys(self) -> Path:
        """Where the keys lie that updates must be signed with."""
        return self.update_key or self.home / "keys" / "update-key"

    @property
    def model_threads(self) -> int:
        """Threads for the embedded model."""
        return self.threads or min(4, os.cpu_count() or 1)

    def chat_endpoints(self) -> list[ModelEndpoint]:
        """The configured chat endpoints in their order. Raises InvalidInput for a bad list."""
        found: list[ModelEndpoint] = []
        if self.chat_base_url:
            found.append(
                ModelEndpoint(
                    self.chat_base_url,
                    self.chat_model or "default",
                    self.chat_api_key or "none",
                    self.chat_grade,
                    float(self.chat_timeout_seconds),
                )
            )
        if self.models_file is not None:
            found += read_models_file(self.models_file)
        names = [endpoint.name or endpoint.model for endpoint in found]
        if len(set(names)) < len(names):
            raise InvalidInput(
                "언어모델 두 곳의 이름이 같습니다. 목록의 name을 다르게 적어 주세요."
            )
        return found

    @property
    def allowed_hosts(self) -> AllowedHosts:
        """Where registered models may lie. Raises InvalidInput."""
        return read_hosts(self.endpoint_hosts)

    @property
    def sync_allowed(self) -> AllowedHosts:
        """Where folders of the network may lie. Raises InvalidInput."""
        setting = "MOKMIN_SYNC_HOSTS"
        none = AllowedHosts(frozenset(), (), setting=setting)
        return read_hosts(self.sync_hosts, setting, none=none)

    @property
    def letter_domains(self) -> frozenset[str]:
        """Where letters may go; empty without a mail server."""
        if not self.smtp_host:
            return frozenset()
        named = self.mail_domains or self.smtp_from.rpartition("@")[2]
        return frozenset(filter(None, (d.strip().lower() for d in named.split(","))))

    @property
    def factor_roles(self) -> frozenset[str]:
        """Roles that must use a second factor."""
        return frozenset(filter(None, (r.strip() for r in self.second_factor_roles.split(","))))

    @property
    def provider_roles(self) -> tuple[tuple[str, str], ...]:
        """The provider's values and our roles. Raises InvalidInput."""
        pairs = [p.strip().rpartition("=") for p in self.oidc_roles.split(",") if p.strip()]
        if any(not value or not role for value, _, role in pairs):
            raise InvalidInput("MOKMIN_OIDC_ROLES는 '값=역할'을 쉼표로 이어 적어 주세요.")
        return tuple((value.strip(), role.strip()) for value, _, role in pairs)

    @property
    def rerank_endpoint(self) -> RerankEndpoint | None:
        """The configured reranker, or None."""
        if not self.rerank_base_url:
            return None
        return RerankEndpoint(
            self.rerank_base_url,
            self.rerank_model or "default",
            self.rerank_api_key,
            self.rerank_grade,
            self.rerank_timeout_ms / 1000,
        )


def load_settings(home: Path | None = None) -> Settings:
    """Settings from the environment; ``home`` wins over ``MOKMIN_HOME``. Raises InvalidInput."""
    values: dict[str, object] = {}
    for item in fields(Settings):
        name = f"MOKMIN_{item.name.upper()}"
        text = os.environ.get(name)
        if item.metadata.get("secret") and f"{name}_FILE" in os.environ:
            text = Path(os.environ[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
        if text is None:
            continue
        values[item.name] = _convert(name, item.type, text)
    if home is not None:
        values["home"] = home
    settings = Settings(**values)  # type: ignore[arg-type]
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    """Raises InvalidInput."""
    _check_sign_in(settings)
    for name in ("chat_grade", "rerank_grade"):
        if getattr(settings, name) not in ("O", "S", "C"):
            raise InvalidInput(f"MOKMIN_{name.upper()}는 O, S, C 가운데 하나여야 합니다.")
    if settings.unverified not in ("mark", "drop"):
        raise InvalidInput("MOKMIN_UNVERIFIED는 mark나 drop이어야 합니다.")
    settings.chat_endpoints()
    _check_mail(settings)
    read_hosts(settings.endpoint_hosts)
    read_roots(settings.watched_roots)
    _ = settings.sync_allowed
    if settings.sync_max_gb < 1:
        raise InvalidInput("MOKMIN_SYNC_MAX_GB는 1 이상이어야 합니다.")
    if settings.audit_live_months < 1:
        raise InvalidInput("MOKMIN_AUDIT_LIVE_MONTHS는 1 이상이어야 합니다.")
    if settings.audit_keep_months != 0 and settings.audit_keep_months < LEAST_MONTHS:
        raise InvalidInput(
            f"MOKMIN_AUDIT_KEEP_MONTHS는 {LEAST_MONTHS} 이상이거나 0(계속 보관)이어야 합니다."
        )
    if settings.rerank_timeout_ms < 1:
        raise InvalidInput("MOKMIN_RERANK_TIMEOUT_MS는 1 이상이어야 합니다.")
    if settings.rerank_base_url and not settings.rerank_base_url.startswith(
        ("http://", "https://")
    ):
        raise InvalidInput("MOKMIN_RERANK_BASE_URL은 http:// 또는 https://로 시작해야 합니다.")


def _check_mail(settings: Settings) -> None:
    """Raises InvalidInput."""
    if not settings.smtp_host:
        return
    if "@" not in settings.smtp_from:
        raise InvalidInput("MOKMIN_SMTP_FROM에 편지를 보내는 주소를 적어 주세요.")
    if settings.smtp_security not in ("starttls", "tls", "none"):
        raise InvalidInput("MOKMIN_SMTP_SECURITY는 starttls, tls, none 가운데 하나여야 합니다.")
    if settings.smtp_security == "none" and settings.smtp_host not in ("127.0.0.1", "localhost"):
        raise InvalidInput(
            "MOKMIN_SMTP_SECURITY의 none은 같은 기기의 메일 서버에만 쓸 수 있습니다."
        )


def _check_sign_in(settings: Settings) -> None:
    """Raises InvalidInput."""
    for name in ("session_idle_minutes", "session_hours", "sign_in_address_failures"):
        if getattr(settings, name) < 1:
            raise InvalidInput(f"MOKMIN_{name.upper()}는 1 이상이어야 합니다.")
    unknown = {*settings.factor_roles, *(role for _, role in settings.provider_roles)} - set(ROLES)
    if unknown:
        raise InvalidInput(
            f"MOKMIN_SECOND_FACTOR_ROLES나 MOKMIN_OIDC_ROLES에 없는 역할이 있습니다: "
            f"{', '.join(sorted(unknown))}"
        )
    if settings.oidc_issuer and not (settings.oidc_client_id and settings.public_url):
        raise InvalidInput(
            "MOKMIN_OIDC_ISSUER를 쓰려면 MOKMIN_OIDC_CLIENT_ID와 MOKMIN_PUBLIC_URL도 정해야 합니다."
        )
    for name in ("oidc_issuer", "public_url"):
        url = getattr(settings, name)
        if url and not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise InvalidInput(f"MOKMIN_{name.upper()}은 https://로 시작해야 합니다.")


def _convert(name: str, kind: object, text: str) -> object:
    if kind == "bool":
        return _strict_bool(name, text)
    if kind == "Path":
        return Path(text).expanduser()
    if kind == "Path | None":
        return Path(text).expanduser() if text else None
    if kind == "int":
        try:
            return int(text)
        except ValueError as error:
            raise InvalidInput(f"{name}은 정수여야 합니다. 지금 값: {text}") from error
    return text


def demo_password() -> str:
    """The shared password of the demo city's accounts (``MOKMIN_DEMO_PASSWORD``)."""
    return os.environ.get("MOKMIN_DEMO_PASSWORD", "mokmin-demo-2026")


def first_password() -> str | None:
    """The first administrator's password, when given (``MOKMIN_ADMIN_PASSWORD``)."""
    return os.environ.get("MOKMIN_ADMIN_PASSWORD")
