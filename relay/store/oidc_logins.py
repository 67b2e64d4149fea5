"""Sign-ins through an OpenID provider: the request, the code that came back, and the identity.

The web starts a sign-in, and a worker exchanges the code, because only workers make outgoing calls. The code, what is needed
to spend it, and the identity are sealed: write access to the store is not enough to sign in.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from redis import Redis

from relay.core.oidc import OidcProvider
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable

LOGIN_SECONDS = 600
"""How long a sign-in at the provider may take, and how long a code waits for a worker."""

PROVIDER_SECONDS = 86_400
"""How long a provider's document stays valid if no worker can read it again."""


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """A sign-in that was sent to the provider.

    The record is stored as JSON with these names.
    """

    browser: str
    """Digest of the browser's cookie: only the browser that started a sign-in may finish it."""
    sealed: str = field(repr=False)
    """The secrets that the exchange of the code needs."""
    onward: str
    """The page to show after the sign-in."""


@dataclass(frozen=True, slots=True)
class LoginCallback:
    """A sign-in that came back from the provider. `identity` is sealed; `detail` says why the exchange failed."""

    request: LoginRequest
    sealed_code: str = field(repr=False)
    identity: str | None = field(default=None, repr=False)
    detail: str | None = None


def save_provider(redis: Redis, provider: OidcProvider) -> None:
    """Save the provider's endpoints for the web, which makes no outgoing calls."""
    with redis_errors_as_unavailable():
        redis.set(keys.OIDC_PROVIDER, json.dumps(asdict(provider)), ex=PROVIDER_SECONDS)


def read_provider(redis: Redis) -> OidcProvider | None:
    """Return the provider's endpoints, as a worker has read them, or None if no worker has yet."""
    with redis_errors_as_unavailable():
        text: Any = redis.get(keys.OIDC_PROVIDER)
    return OidcProvider(**json.loads(text)) if text else None


def save_login_request(redis: Redis, state: str, request: LoginRequest) -> None:
    """Remember a sign-in until it comes back. `state` is new random text."""
    with redis_errors_as_unavailable():
        redis.set(keys.OIDC_REQUEST + digest(state), json.dumps(asdict(request)), ex=LOGIN_SECONDS)


def spend_login_request(redis: Redis, state: str) -> LoginRequest | None:
    """Return the sign-in request with this state, and delete it, so that a state works once."""
    key = keys.OIDC_REQUEST + digest(state)
    with redis_errors_as_unavailable(), redis.pipeline(transaction=True) as pipeline:
        # One transaction, so that a state that is sent twice at the same time is accepted once.
        pipeline.get(key)
        pipeline.delete(key)
        text: Any = pipeline.execute()[0]
    return LoginRequest(**json.loads(text)) if text else None


def save_login_callback(redis: Redis, callback_id: str, callback: LoginCallback) -> None:
    """Queue a code for a worker to exchange."""
    with redis_errors_as_unavailable(), redis.pipeline(transaction=True) as pipeline:
        pipeline.set(keys.OIDC_CALLBACK + callback_id, _callback_json(callback), ex=LOGIN_SECONDS)
        pipeline.rpush(keys.OIDC_CALLBACKS, callback_id)
        pipeline.expire(keys.OIDC_CALLBACKS, LOGIN_SECONDS)
        pipeline.execute()


def next_login_callback(redis: Redis) -> tuple[str, LoginCallback] | None:
    """Return the next code to exchange. If the worker dies with it, the person has to sign in again."""
    with redis_errors_as_unavailable():
        # A callback may have expired while its id was in the list. Then take the next one.
        while (name := redis.lpop(keys.OIDC_CALLBACKS)) is not None:
            callback_id = name.decode()  # type: ignore[union-attr]
            callback = read_login_callback(redis, callback_id)
            if callback is not None:
                return callback_id, callback
    return None


def read_login_callback(redis: Redis, callback_id: str) -> LoginCallback | None:
    """Return a callback and the state of its exchange, or None if there is none with this id."""
    with redis_errors_as_unavailable():
        text: Any = redis.get(keys.OIDC_CALLBACK + callback_id)
    return _read_callback(text) if text else None


def settle_login_callback(redis: Redis, callback_id: str, callback: LoginCallback) -> None:
    """Record that a code was exchanged or that this failed."""
    with redis_errors_as_unavailable():
        # XX: the browser may have been signed in or given up. Then the callback must not come back.
        redis.set(keys.OIDC_CALLBACK + callback_id, _callback_json(callback), ex=LOGIN_SECONDS, xx=True)


def spend_login_callback(redis: Redis, callback_id: str) -> bool:
    """Delete a callback. True if it existed: it signs in one browser, once."""
    with redis_errors_as_unavailable():
        return bool(redis.delete(keys.OIDC_CALLBACK + callback_id))


def login_request_purpose(browser: str) -> str:
    """Return the purpose that a request's secrets are sealed for."""
    return f"oidc question of {browser}"


def code_purpose(callback_id: str) -> str:
    """Return the purpose that a code is sealed for."""
    return f"oidc code of {callback_id}"


def identity_purpose(callback_id: str) -> str:
    """Return the purpose that an identity is sealed for."""
    return f"oidc identity of {callback_id}"


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _callback_json(callback: LoginCallback) -> str:
    fields = asdict(callback)
    fields["asked"] = fields.pop("request")
    return json.dumps(fields)


def _read_callback(text: bytes) -> LoginCallback:
    fields = json.loads(text)
    return LoginCallback(LoginRequest(**fields.pop("asked")), **fields)
