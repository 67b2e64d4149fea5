"""A small OpenID provider over real HTTP. It signs in the user that a test sets, correctly or with one fault."""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from werkzeug.serving import make_server

from relay.core.oidc import compute_pkce_challenge

CLIENT, SECRET = "relay", "the-clients-own-secret-of-the-tests"


@dataclass
class Provider:
    """The provider's identity, its fault, and the codes that it issued."""

    claims: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    issuer: str = ""

    def reset(self, claims: dict[str, Any]) -> None:
        self.fault, self.claims = "", {"sub": "17", "email": "olga@acme.example"} | claims
        self.codes.clear()

    def document(self) -> dict[str, str]:
        issuer = "https://evil.example" if self.fault == "document of another" else self.issuer
        token = "http://evil.example/token" if self.fault == "token over http" else f"{self.issuer}/token"
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": token,
            "jwks_uri": f"{self.issuer}/keys",
        }

    def token(self, authorization: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": authorization["nonce"],
            **self.claims,
            **self._faulty_claims(now),
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        match self.fault:
            case "alg none":
                part = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key).split(".")[1]
                return f"eyJhbGciOiJub25lIn0.{part}."
            case "our secret as key":
                return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
            case "public key as secret":
                return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self.key.as_pem(private=False)))
            case "another's key":
                return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048))
            case "no token":
                return ""
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)

    def _faulty_claims(self, now: int) -> dict[str, Any]:
        return {
            "wrong issuer": {"iss": "https://evil.example"},
            "wrong audience": {"aud": "another"},
            "audience of many": {"aud": [CLIENT, "another"], "azp": "another"},
            "expired": {"iat": now - 900, "exp": now - 600},
            "no expiry": {"exp": None},
            "wrong nonce": {"nonce": "another"},
            "no nonce": {"nonce": None},
            "no subject": {"sub": None},
        }.get(self.fault, {})


def _application(provider: Provider) -> Flask:
    app = Flask("provider")

    @app.get("/.well-known/openid-configuration")
    def document() -> Response:
        return jsonify(provider.document())

    @app.get("/keys")
    def keys() -> Response:
        return jsonify(KeySet([provider.key]).as_dict(private=False))

    @app.get("/authorize")
    def authorize() -> Any:
        params = request.args.to_dict()
        code = secrets.token_urlsafe(16)
        provider.codes[code] = params
        return redirect(f"{params['redirect_uri']}?{urlencode({'code': code, 'state': params['state']})}")

    @app.post("/token")
    def token() -> Any:
        authorization = provider.codes.pop(request.form.get("code", ""), None)
        form, auth = request.form, request.authorization
        if auth is None or (auth.username, auth.password) != (CLIENT, SECRET):
            return jsonify(error="invalid_client"), 401
        if provider.fault == "redirect":
            return redirect("http://evil.example/")
        if (
            authorization is None
            or compute_pkce_challenge(form["code_verifier"]) != authorization["code_challenge"]
            or form["redirect_uri"] != authorization["redirect_uri"]
        ):
            return jsonify(error="invalid_grant"), 400
        id_token = provider.token(authorization) or None
        return jsonify(access_token="x", token_type="Bearer", id_token=id_token)

    return app


@contextmanager
def run_provider() -> Iterator[Provider]:
    provider = Provider()
    server = make_server("127.0.0.1", 0, _application(provider), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()
