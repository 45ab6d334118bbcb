"""An OpenID Connect provider over HTTP: discovery, code exchange, keys, ID tokens.

Only the configured issuer's own host is contacted, without proxies and redirects. What comes back counts
for nothing until signature, issuer, audience, times and nonce are right (OpenID Connect Core section
3.1.3.7).
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from mokmin.base.errors import NotSignedIn, Unavailable
from mokmin.governance.people.oidc import REFUSED, ProviderAnswer

_DOWN = "통합 로그인 서버가 응답하지 않습니다. 잠시 뒤 다시 시도하거나 아이디와 비밀번호로 로그인해 주세요."
# Signatures by a key pair alone: never "none", and never a secret that both sides know.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
SKEW_SECONDS = 60
KEYS_SECONDS = 3600
REFRESH_SECONDS = 10
"""An unknown key has the keys fetched anew, but not more often than this."""
MOST_BYTES = 2**20
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class HttpIdentityProvider:
    """Implements ``IdentityProvider``. Without a secret the service is a public client (PKCE alone)."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        client_secret: str = "",
        scopes: str = "openid",
        timeout_seconds: float = 5.0,
        refresh_seconds: float = REFRESH_SECONDS,
    ) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._secret = client_secret
        self._scopes = scopes
        self._refresh_seconds = refresh_seconds
        self._lock = threading.Lock()
        self._document: dict[str, Any] = {}
        self._document_at = 0.0
        self._keys: jwk.KeySet | None = None
        self._keys_at = 0.0
        # trust_env off: a proxy in the environment must not see codes and tokens.
        # No connection is kept: sign-ins are few, and nothing has to be closed at the end.
        self._http = httpx2.Client(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(timeout_seconds),
            limits=httpx2.Limits(max_keepalive_connections=0),
        )

    def authorization_url(
        self, *, redirect_uri: str, state: str, nonce: str, challenge: str
    ) -> str:
        """See ``IdentityProvider.authorization_url``."""
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": self._scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return _with_query(self._discovered()["authorization_endpoint"], query)

    def exchange(
        self, *, code: str, verifier: str, redirect_uri: str, nonce: str
    ) -> ProviderAnswer:
        """See ``IdentityProvider.exchange``."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        auth = None
        ways = self._discovered().get("token_endpoint_auth_methods_supported")
        if self._secret and (ways is None or "client_secret_basic" in ways):
            auth = httpx2.BasicAuth(self._client_id, self._secret)
        else:
            form["client_id"] = self._client_id
            if self._secret:
                form["client_secret"] = self._secret
        request = self._http.build_request("POST", self._discovered()["token_endpoint"], data=form)
        answer = self._json(request, auth)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise NotSignedIn(REFUSED, code="sign-in-again")
        return ProviderAnswer(self._verified(token, nonce), token)

    def logout_url(self, id_token: str, back: str) -> str | None:
        """See ``IdentityProvider.logout_url`` (RP-Initiated Logout 1.0)."""
        try:
            place = self._discovered().get("end_session_endpoint")
        except Unavailable:
            return None
        if not isinstance(place, str):
            return None
        query = {
            "id_token_hint": id_token,
            "client_id": self._client_id,
            "post_logout_redirect_uri": back,
        }
        return _with_query(place, query)

    # --- ID tokens ------------------------------------------------------------------------
    def _verified(self, token: str, nonce: str) -> Mapping[str, object]:
        """The claims of a good ID token. Raises NotSignedIn."""
        claims = self._decoded(token, self._key_set(fresh=False))
        if claims is None:  # a key that we do not know yet: the provider may have changed keys
            claims = self._decoded(token, self._key_set(fresh=True))
        if claims is None or not self._good(claims, nonce):
            raise NotSignedIn(REFUSED, code="sign-in-again")
        return claims

    def _decoded(self, token: str, keys: jwk.KeySet) -> dict[str, Any] | None:
        try:
            return dict(jwt.decode(token, keys, algorithms=ALGORITHMS).claims)
        except (JoseError, ValueError):
            return None

    def _good(self, claims: Mapping[str, Any], nonce: str) -> bool:
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        parties = len(audiences) == 1 or claims.get("azp") == self._client_id
        now, expires = time.time(), claims.get("exp")
        begins = [claims.get(name, 0) for name in ("iat", "nbf")]
        return (
            claims.get("iss") == self.issuer
            and self._client_id in audiences
            and parties
            and claims.get("azp", self._client_id) == self._client_id
            and _number(expires) > now - SKEW_SECONDS
            and all(-math.inf < _number(moment) < now + SKEW_SECONDS for moment in begins)
            and claims.get("nonce") == nonce
            and isinstance(claims.get("sub"), str)
            and 0 < len(claims["sub"]) <= 255
        )

    # --- the provider ---------------------------------------------------------------------
    def _discovered(self) -> dict[str, Any]:
        """The provider's own description, kept for an hour. Raises Unavailable."""
        with self._lock:
            if self._document and time.monotonic() - self._document_at < KEYS_SECONDS:
                return self._document
            url = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
            document = self._json(self._http.build_request("GET", url), None)
            places = [document.get(name) for name in _ENDPOINTS]
            end = document.get("end_session_endpoint")
            places += [end] if end is not None else []
            if document.get("issuer") != self.issuer or not all(map(self._own, places)):
                raise Unavailable(_DOWN, code="provider-unavailable")
            self._document, self._document_at = document, time.monotonic()
            return document

    def _own(self, url: object) -> bool:
        """Whether an address is at the issuer's own host."""
        if not isinstance(url, str):
            return False
        theirs, ours = urlsplit(url), urlsplit(self.issuer)
        return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)

    def _key_set(self, *, fresh: bool) -> jwk.KeySet:
        place = self._discovered()["jwks_uri"]
        with self._lock:
            age = time.monotonic() - self._keys_at
            longest = self._refresh_seconds if fresh else KEYS_SECONDS
            if self._keys is None or age >= longest:
                document = self._json(self._http.build_request("GET", place), None)
                try:
                    self._keys = jwk.KeySet.import_key_set(document)  # type: ignore[arg-type]
                except (JoseError, ValueError, KeyError, TypeError) as error:
                    raise Unavailable(_DOWN, code="provider-unavailable") from error
                self._keys_at = time.monotonic()
            return self._keys

    def _json(self, request: httpx2.Request, auth: httpx2.BasicAuth | None) -> dict[str, Any]:
        """The object that the provider answers. Raises NotSignedIn for a refusal, Unavailable."""
        try:
            response = self._http.send(request, auth=auth, stream=True)
            try:
                body = b""
                for part in response.iter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        raise Unavailable(_DOWN, code="provider-unavailable")
            finally:
                response.close()
            if response.status_code in (400, 401, 403):
                raise NotSignedIn(REFUSED, code="sign-in-again")
            response.raise_for_status()
            answer = json.loads(body)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
            raise Unavailable(_DOWN, code="provider-unavailable") from error
        if not isinstance(answer, dict):
            raise Unavailable(_DOWN, code="provider-unavailable")
        return answer


def _number(value: object) -> float:
    """A moment of a claim; minus infinity, which no check accepts, when it is no number."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return float(value) if good and isinstance(value, int | float) else -math.inf


def _with_query(url: str, query: Mapping[str, str]) -> str:
    joint = "&" if "?" in url else "?"
    return f"{url}{joint}{urlencode(query)}"
