"""A small identity provider that checks PKCE and can be told to cheat, on this machine alone."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwk, jwt

Claims = dict[str, Any]


class Provider:
    """``cheat`` may change claims before they are signed; ``sign_with`` the key that signs."""

    def __init__(self) -> None:
        self.keys = [self._key()]
        self.sign_with = self.keys[0]
        self.algorithm = "RS256"
        self.cheat: Callable[[Claims], Claims] = lambda claims: claims
        self.document: Claims = {}
        self.person: Claims = {"sub": "s-1", "preferred_username": "kim", "name": "김주무"}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.down = False
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider._answer(self)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _key(self) -> jwk.RSAKey:
        return jwk.RSAKey.generate_key(2048, parameters={"kid": secrets.token_hex(4)})

    def rotate(self) -> None:
        """New keys; the old ones are gone."""
        self.keys = [self._key()]
        self.sign_with = self.keys[0]

    def authorize(self, url: str) -> str:
        """What the browser brings back: the query of the redirect, for the person who signs in."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return f"code={code}&state={asked['state']}"

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = urlsplit(handler.path).path
        self.asked.append(path)
        length = int(handler.headers.get("content-length", 0))
        form = {k: v[0] for k, v in parse_qs(handler.rfile.read(length).decode()).items()}
        status, body = 404, {}
        if self.down:
            status = 503
        elif path == "/.well-known/openid-configuration":
            status, body = 200, self._description()
        elif path == "/jwks":
            status, body = 200, {"keys": [key.as_dict(private=False) for key in self.keys]}
        elif path == "/token":
            status, body = self._token(form, handler.headers.get("authorization", ""))
        data = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _description(self) -> Claims:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
        } | self.document

    def _token(self, form: dict[str, str], authorization: str) -> tuple[int, Claims]:
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        secret = base64.b64encode(b"mokmin:s3cret").decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form.get("redirect_uri")
            or authorization != f"Basic {secret}"
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": "mokmin", "iat": now, "exp": now + 300, "nonce": asked["nonce"],
        } | self.person  # fmt: skip
        header = {"alg": self.algorithm, "kid": self.sign_with.kid}
        token = jwt.encode(header, self.cheat(claims), self.sign_with, algorithms=[self.algorithm])
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": token}
