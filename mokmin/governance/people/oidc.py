"""Signing in at the city's identity provider (OpenID Connect, authorization code with PKCE).

The provider proves who somebody is; accounts and rights stay ours. An account of the provider is tied
to one of ours at its first sign-in, by the claim that the operator configured, and afterwards by the
provider's own number for it (``sub``), which never changes hands.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy import Connection

from mokmin.base.db import Database, utcnow
from mokmin.base.errors import InvalidInput, NotSignedIn
from mokmin.governance.access.model import ROLES
from mokmin.governance.people.service import PeopleService
from mokmin.governance.people.sessions import BY_PROVIDER, Client, Session, Sessions
from mokmin.governance.people.sign_in import Step, Steps
from mokmin.governance.people.sign_in_store import user_identities
from mokmin.governance.people.store import users

REFUSED = "통합 로그인을 확인하지 못했습니다. 처음부터 다시 로그인해 주세요."
UNKNOWN = "통합 로그인은 되었지만 이 시스템에 이어진 계정이 없습니다. 부서의 시스템 관리자에게 알려 주세요."


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """Verified claims of an ID token, and the token itself for signing out later."""

    claims: Mapping[str, object]
    id_token: str


class IdentityProvider(Protocol):
    """The configured provider; no other is ever contacted."""

    issuer: str

    def authorization_url(
        self, *, redirect_uri: str, state: str, nonce: str, challenge: str
    ) -> str:
        """Where the browser goes. Raises Unavailable."""

    def exchange(
        self, *, code: str, verifier: str, redirect_uri: str, nonce: str
    ) -> ProviderAnswer:
        """Verified claims for a code. Raises NotSignedIn, Unavailable."""

    def logout_url(self, id_token: str, back: str) -> str | None:
        """Where the browser goes to end the provider's session too, when there is such a place."""


@dataclass(frozen=True, slots=True)
class AccountRules:
    """How accounts of the provider become ours.

    ``roles`` maps values of ``role_claim`` to roles, the first that fits wins; empty: roles are kept
    here.
    """

    link_claim: str = "preferred_username"
    provision: bool = False
    role_claim: str = ""
    roles: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in on its way: the token of the browser's cookie, and where to send it."""

    token: str
    url: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A finished sign-in: the session, where the person wanted to go, what it changed here."""

    session: Session
    next: str
    linked: bool
    created: bool
    role_changed: bool


class OidcSignIn:
    """The way in over the identity provider."""

    def __init__(
        self,
        db: Database,
        people: PeopleService,
        sessions: Sessions,
        provider: IdentityProvider,
        rules: AccountRules,
        redirect_uri: str,
    ) -> None:
        self._db = db
        self._people = people
        self._sessions = sessions
        self._provider = provider
        self._rules = rules
        self._redirect_uri = redirect_uri
        self._steps = Steps(db)

    def begin(self, next: str) -> Begun:
        """Start: remember state, nonce and verifier on our side. Raises Unavailable."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        url = self._provider.authorization_url(
            redirect_uri=self._redirect_uri, state=state, nonce=nonce, challenge=challenge
        )
        data = {"state": state, "nonce": nonce, "verifier": verifier, "next": next[:500]}
        step: Step = self._steps.begin("oidc", None, data)
        return Begun(step.token, url)

    def finish(self, token: str, *, state: str, code: str, issuer: str, client: Client) -> Arrived:
        """Come back from the provider. The step is over whatever comes of it.

        ``issuer`` is the answer's ``iss`` parameter when there is one (RFC 9207). Raises NotSignedIn,
        Unavailable.
        """
        step = self._steps.take("oidc", token) if token else None
        if step is None or not code:
            raise NotSignedIn(REFUSED, code="sign-in-again")
        kept = step[1]
        if not hmac.compare_digest(kept["state"].encode(), state.encode()):
            raise NotSignedIn(REFUSED, code="sign-in-again")
        if issuer and issuer != self._provider.issuer:
            raise NotSignedIn(REFUSED, code="sign-in-again")
        answer = self._provider.exchange(
            code=code,
            verifier=kept["verifier"],
            redirect_uri=self._redirect_uri,
            nonce=kept["nonce"],
        )
        return self._arrive(answer, kept["next"], client)

    def logout_url(self, id_token: str, back: str) -> str | None:
        """See ``IdentityProvider.logout_url``."""
        return self._provider.logout_url(id_token, back)

    def _arrive(self, answer: ProviderAnswer, next: str, client: Client) -> Arrived:
        subject = str(answer.claims["sub"])
        with self._db.read() as connection:
            known = self._linked(connection, subject)
            login = "" if known is not None else self._login(answer.claims)
            found = known if known is not None else _account(connection, login)
        created = found is None and self._rules.provision
        if created:
            name = str(answer.claims.get("name") or login)[:80]
            role = self._mapped(answer.claims) or "official"
            found = self._create(login, name, role)
        if found is None:
            raise NotSignedIn(UNKNOWN, code="no-account")
        with self._db.write() as connection:
            if known is None:
                self._link(connection, subject, found)
            disabled = sa.select(users.c.disabled, users.c.role).where(users.c.id == found)
            row = connection.execute(disabled).one()
            if row.disabled:
                raise NotSignedIn(UNKNOWN, code="no-account")
            changed = self._set_role(connection, found, row.role, answer.claims)
            session = self._sessions.open(
                connection, found, client, method=BY_PROVIDER, id_token=answer.id_token
            )
        return Arrived(session, next, known is None, created, changed)

    def _create(self, login: str, name: str, role: str) -> int:
        try:
            return self._people.create_account(login=login, name=name, password=None, role=role)
        except InvalidInput as error:
            raise NotSignedIn(UNKNOWN, code="no-account") from error

    def _linked(self, connection: Connection, subject: str) -> int | None:
        query = sa.select(user_identities.c.user_id).where(
            user_identities.c.issuer == self._provider.issuer,
            user_identities.c.subject == subject,
        )
        found = connection.execute(query).scalar()
        return int(found) if found is not None else None

    def _login(self, claims: Mapping[str, object]) -> str:
        """The login that the configured claim names. An unverified e-mail names nobody."""
        value = claims.get(self._rules.link_claim)
        if self._rules.link_claim == "email" and claims.get("email_verified") is not True:
            value = None
        if not isinstance(value, str) or not value.strip():
            raise NotSignedIn(UNKNOWN, code="no-account")
        return value.strip().lower()

    def _link(self, connection: Connection, subject: str, user_id: int) -> None:
        """Tie the provider's account to ours, unless another one of the provider already is: whoever
        takes over a former name there must not take over the account here. Raises NotSignedIn."""
        taken = sa.select(user_identities.c.subject).where(
            user_identities.c.issuer == self._provider.issuer,
            user_identities.c.user_id == user_id,
        )
        if connection.execute(taken).first() is not None:
            raise NotSignedIn(UNKNOWN, code="no-account")
        connection.execute(
            user_identities.insert().values(
                issuer=self._provider.issuer,
                subject=subject,
                user_id=user_id,
                linked_at=utcnow(),
            )
        )

    def _mapped(self, claims: Mapping[str, object]) -> str:
        """The role that the provider's claim gives; empty when none is mapped."""
        value = claims.get(self._rules.role_claim) if self._rules.role_claim else None
        values = value if isinstance(value, list) else [value]
        return next((role for name, role in self._rules.roles if name in values), "")

    def _set_role(
        self, connection: Connection, user_id: int, present: str, claims: Mapping[str, object]
    ) -> bool:
        """Follow the provider's mapping; a mapped role that it no longer gives falls to official."""
        if not self._rules.role_claim:
            return False
        given = {role for _, role in self._rules.roles}
        role = self._mapped(claims) or ("official" if present in given else present)
        if role == present or role not in ROLES:
            return False
        connection.execute(users.update().where(users.c.id == user_id).values(role=role))
        return True


def _account(connection: Connection, login: str) -> int | None:
    found = connection.execute(sa.select(users.c.id).where(users.c.login == login)).scalar()
    return int(found) if found is not None else None
