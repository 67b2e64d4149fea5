"""Periodic task of OpenID Connect: reads the provider's metadata, and exchanges sign-in codes for identities."""

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
from relay.core.secret import reveal
from relay.core.vault import UnsealError, Vault
from relay.core.version import VERSION
from relay.log import log_event
from relay.settings import Settings
from relay.store.oidc_logins import (
    LoginCallback,
    code_purpose,
    identity_purpose,
    login_request_purpose,
    next_login_callback,
    read_provider,
    save_provider,
    settle_login_callback,
)

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signature algorithms that are accepted, whatever the token's header says: never `none`, never an HMAC of our secret."""

_METADATA_PATH = "/.well-known/openid-configuration"
_TIMEOUTS = (3.0, 10.0)
_MAX_RESPONSE_BYTES = 262_144
_LEEWAY_SECONDS = 60
_METADATA_SECONDS = 3600.0
_RETRY_SECONDS = 30.0


class SignInRejected(Exception):
    """A sign-in failed. The message is for the person who signs in."""


@dataclass(slots=True, kw_only=True)
class OidcTask:
    """Completes sign-ins: the web process has no outbound access to the provider, so a worker makes the requests."""

    app: OidcApp
    redirect_uri: str
    redis: Redis
    vault: Vault
    http: Session
    now: Callable[[], datetime]
    clock: Callable[[], float] = time.monotonic
    _metadata_due_at: float = field(default=float("-inf"), init=False)

    def step(self) -> None:
        """Do everything that is due. Raises Unavailable if the store is unreachable."""
        if self.clock() >= self._metadata_due_at:
            self._read_metadata()
        while (entry := next_login_callback(self.redis)) is not None:
            callback_id, callback = entry
            settle_login_callback(self.redis, callback_id, self._complete(callback_id, callback))

    def _read_metadata(self) -> None:
        self._metadata_due_at = self.clock() + _RETRY_SECONDS
        try:
            document = self._fetch("GET", self.app.issuer.rstrip("/") + _METADATA_PATH)
            save_provider(self.redis, parse_provider(document, self.app.issuer))
        except (SignInRejected, ValueError) as error:
            log_event("sign_in.provider_unavailable", level="warning", error=str(error))
        else:
            self._metadata_due_at = self.clock() + _METADATA_SECONDS

    def _complete(self, callback_id: str, callback: LoginCallback) -> LoginCallback:
        """Return the callback with its identity, or with why there is none. Its code is erased either way."""
        try:
            identity = self._identify(callback_id, callback)
        except SignInRejected as error:
            log_event("sign_in.rejected", level="warning", reason=str(error))
            return replace(callback, sealed_code="", detail=str(error))
        sealed = self.vault.seal(dump_identity(identity), identity_purpose(callback_id))
        return replace(callback, sealed_code="", identity=sealed)

    def _identify(self, callback_id: str, callback: LoginCallback) -> Identity:
        provider = read_provider(self.redis)
        if provider is None:
            raise SignInRejected("The identity provider cannot be reached. Try again in a minute.")
        request = callback.request
        try:
            code = self.vault.open(callback.sealed_code, code_purpose(callback_id))
            nonce, verifier = json.loads(
                self.vault.open(request.sealed, login_request_purpose(request.browser))
            )
        except UnsealError as error:
            raise SignInRejected(f"The relay cannot decrypt this sign-in: {error}.") from error
        token = self._exchange(provider, code, verifier)
        return identify(self.app, self._verify(provider, token, nonce))

    def _exchange(self, provider: OidcProvider, code: str, verifier: str) -> str:
        """Exchange the code for an ID token."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        response = self._fetch("POST", provider.token_endpoint, form)
        token = response.get("id_token")
        if not isinstance(token, str):
            raise SignInRejected(
                "The identity provider issued no ID token. RELAY_OIDC_SCOPE must contain `openid`."
            )
        return token

    def _verify(self, provider: OidcProvider, token: str, nonce: str) -> Mapping[str, Any]:
        """Verify the token's signature, issuer, audience, lifetime and nonce, and return its claims."""
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
            # The keys are fetched for each sign-in, so that a key that the provider has just rotated in is known.
            keys = KeySet.import_key_set(self._fetch("GET", provider.jwks_uri))  # type: ignore[arg-type]
            claims = jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims
            registry.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise SignInRejected(
                f"The identity provider's ID token is not valid: {type(error).__name__}."
            ) from error
        # With several audiences, `azp` names the client that requested the token (OpenID Connect Core, 3.1.3.7).
        if (
            isinstance(claims["aud"], list)
            and len(claims["aud"]) > 1
            and claims.get("azp") != self.app.client_id
        ):
            raise SignInRejected("The identity provider's ID token was issued to another application.")
        return claims

    def _fetch(self, method: str, url: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return a JSON object from the provider. Follows no redirect and reads a limited number of bytes."""
        auth = (self.app.client_id, reveal(self.app.client_secret)) if form else None
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
            ) as response:
                raw = response.raw.read(_MAX_RESPONSE_BYTES, decode_content=True)
                status = response.status_code
        except (RequestException, OSError) as error:
            raise SignInRejected(
                f"The identity provider cannot be reached: {type(error).__name__}."
            ) from error
        return _parse_object(status, raw)


def _parse_object(status: int, raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        value = None
    if status >= 300 or not isinstance(value, dict):  # noqa: PLR2004 - the first status that is not a success
        error = value.get("error") if isinstance(value, dict) else None
        # Only known codes are repeated: the text goes to a browser, and the provider could write anything into it.
        code = (
            error if error in {"invalid_client", "invalid_grant", "invalid_request"} else "no usable response"
        )
        raise SignInRejected(f"The identity provider answered HTTP {status}: {code}.")
    return value


def create_oidc_task(settings: Settings, redis: Redis, now: Callable[[], datetime]) -> OidcTask:
    """Create the task from the settings, which must name a provider."""
    app = read_oidc_app(settings)
    if app is None:
        raise AssertionError("create_oidc_task needs RELAY_OIDC_ISSUER")
    http = Session()
    http.trust_env = settings.trust_env
    return OidcTask(
        app=app,
        redirect_uri=redirect_uri(settings),
        redis=redis,
        vault=Vault(settings.secret_keys),
        http=http,
        now=now,
    )
