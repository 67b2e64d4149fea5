"""The chore of signing in by accounts: reads the OpenID provider's document, and exchanges codes for who somebody is."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from redis import Redis
from requests import RequestException, Session

from relay.config.oidc import read_oidc_app, redirect_uri
from relay.core.oidc import Identity, OidcApp, OidcProvider, dump_identity, identify, parse_provider
from relay.core.vault import UnsealError, Vault
from relay.core.version import VERSION
from relay.log import log_event
from relay.settings import Settings
from relay.store.oidc_logins import (
    LoginCallback,
    code_purpose,
    login_request_purpose,
    next_login_callback,
    read_provider,
    save_provider,
    settle_login_callback,
)
from relay.store.oidc_logins import identity_purpose as purpose_of_identity

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Of these the provider's key must be, whatever the token says: never `none`, and never our own secret as a key."""

_DOCUMENT = "/.well-known/openid-configuration"
_TIMEOUTS = (3.0, 10.0)
_MOST_BYTES = 262_144
_LEEWAY_SECONDS = 60
_FRESH_SECONDS = 3600.0
_AGAIN_SECONDS = 30.0


class SignInRejected(Exception):
    """It is nobody who may come in, or nobody can say. In words for whoever signs in."""


@dataclass(slots=True)
class OidcTask:
    """What `step` needs, and what it has read of the provider. `clock` counts seconds and never goes back."""

    app: OidcApp
    redirect_uri: str
    redis: Redis
    vault: Vault
    http: Session
    now: Callable[[], datetime]
    clock: Callable[[], float] = time.monotonic
    _read_again_at: float = field(default=float("-inf"), init=False)

    def step(self) -> None:
        """Do whatever is due. Raises Unavailable when the store is away."""
        if self.clock() >= self._read_again_at:
            self._read_provider()
        while (found := next_login_callback(self.redis)) is not None:
            back_id, back = found
            settle_login_callback(self.redis, back_id, self._answered(back_id, back))

    def _read_provider(self) -> None:
        self._read_again_at = self.clock() + _AGAIN_SECONDS
        try:
            told = self._asked("GET", self.app.issuer.rstrip("/") + _DOCUMENT)
            save_provider(self.redis, parse_provider(told, self.app.issuer))
        except (SignInRejected, ValueError) as error:
            log_event("sign_in.provider_unread", level="warning", error=str(error))
        else:
            self._read_again_at = self.clock() + _FRESH_SECONDS

    def _answered(self, back_id: str, back: LoginCallback) -> LoginCallback:
        try:
            identity = self._identity(back_id, back)
        except SignInRejected as error:
            log_event("sign_in.refused", level="warning", reason=str(error))
            return replace(back, sealed_code="", detail=str(error))
        sealed = self.vault.seal(dump_identity(identity), purpose_of_identity(back_id))
        return replace(back, sealed_code="", identity=sealed)

    def _identity(self, back_id: str, back: LoginCallback) -> Identity:
        provider = read_provider(self.redis)
        if provider is None:
            raise SignInRejected("The provider cannot be reached. Try again in a minute.")
        try:
            code = self.vault.open(back.sealed_code, code_purpose(back_id))
            nonce, verifier = json.loads(
                self.vault.open(back.asked.sealed, login_request_purpose(back.asked.browser))
            )
        except UnsealError as error:
            raise SignInRejected(f"The relay cannot read its own store: {error}.") from error
        token = self._exchanged(provider, code, verifier)
        return identify(self.app, self._claims(provider, token, nonce))

    def _exchanged(self, provider: OidcProvider, code: str, verifier: str) -> str:
        """The ID token that a code buys."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        told = self._asked("POST", provider.token_endpoint, form)
        token = told.get("id_token")
        if not isinstance(token, str):
            raise SignInRejected("The provider gave no ID token: is `openid` in RELAY_OIDC_SCOPE?")
        return token

    def _claims(self, provider: OidcProvider, token: str, nonce: str) -> Mapping[str, Any]:
        """What a token says, once its signature, issuer, audience, time and nonce are right."""
        registry = jwt.JWTClaimsRegistry(
            now=int(self.now().timestamp()),
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self.app.issuer},
            aud={"essential": True, "value": self.app.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            keys = KeySet.import_key_set(self._asked("GET", provider.jwks_uri))  # type: ignore[arg-type]
            claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
            registry.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise SignInRejected(f"The provider's ID token is not good: {type(error).__name__}.") from error
        if (
            isinstance(claims["aud"], list)
            and len(claims["aud"]) > 1
            and claims.get("azp") != self.app.client_id
        ):
            raise SignInRejected(
                "The provider's ID token is meant for others too, and was not asked for by the relay."
            )
        return claims

    def _asked(self, method: str, url: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A JSON object of the provider's. No redirect is followed, and no answer read without end."""
        auth = (self.app.client_id, self.app.client_secret) if form else None
        headers = {"Accept": "application/json", "User-Agent": f"gong-event-relay/{VERSION}"}
        try:
            with self.http.request(
                method,
                url,
                data=form,
                auth=auth,
                headers=headers,
                timeout=_TIMEOUTS,
                allow_redirects=False,
                stream=True,
            ) as answer:
                raw = answer.raw.read(_MOST_BYTES, decode_content=True)
                status = answer.status_code
        except (RequestException, OSError) as error:
            raise SignInRejected(f"The provider cannot be reached: {type(error).__name__}.") from error
        return _object(status, raw)


def _object(status: int, raw: bytes) -> dict[str, Any]:
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        told = None
    if status >= 300 or not isinstance(told, dict):  # noqa: PLR2004 - HTTP's own border
        error = told.get("error") if isinstance(told, dict) else None
        word = error if error in {"invalid_client", "invalid_grant", "invalid_request"} else "no good answer"
        raise SignInRejected(f"The provider answered HTTP {status}: {word}.")
    return told


def create_oidc_task(settings: Settings, redis: Redis, now: Callable[[], datetime]) -> OidcTask:
    """The chore as settings have it, which name a provider."""
    app = read_oidc_app(settings)
    if app is None:
        raise AssertionError("without a provider there is nothing to do")
    http = Session()
    http.trust_env = settings.trust_env
    return OidcTask(app, redirect_uri(settings), redis, Vault(settings.secret_keys), http, now)
