"""Signing in by a provider, as the store sees it: what was asked of it, the code that came back, and who it was.

The web asks and a worker, who alone may call out, exchanges the code. What is worth something is sealed: the code, what
is needed to spend it, and who somebody is, so that whoever writes to the store cannot sign in by that.
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
"""How long somebody may take to sign in at the provider, and a code waits for a worker."""

PROVIDER_SECONDS = 86_400
"""How long a provider's document is good when nobody can read it anew."""


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """What was asked. `browser` is the digest of who asked, `sealed` what only we know, `onward` the page to go to."""

    browser: str
    sealed: str = field(repr=False)
    onward: str


@dataclass(frozen=True, slots=True)
class LoginCallback:
    """Somebody who came back, and how far their code is: `identity` is sealed, `detail` says why it came to nothing."""

    asked: LoginRequest
    sealed_code: str = field(repr=False)
    identity: str | None = field(default=None, repr=False)
    detail: str | None = None


def save_provider(redis: Redis, provider: OidcProvider) -> None:
    with redis_errors_as_unavailable():
        redis.set(keys.OIDC_PROVIDER, json.dumps(asdict(provider)), ex=PROVIDER_SECONDS)


def read_provider(redis: Redis) -> OidcProvider | None:
    """What a worker has read of the provider; None where none could yet."""
    with redis_errors_as_unavailable():
        found: Any = redis.get(keys.OIDC_PROVIDER)
    return OidcProvider(**json.loads(found)) if found else None


def save_login_request(redis: Redis, state: str, asked: LoginRequest) -> None:
    """Remember a question until its answer comes. `state` is fresh random text."""
    with redis_errors_as_unavailable():
        redis.set(keys.OIDC_REQUEST + digest(state), json.dumps(asdict(asked)), ex=LOGIN_SECONDS)


def spend_login_request(redis: Redis, state: str) -> LoginRequest | None:
    """What was asked under this state, once."""
    key = keys.OIDC_REQUEST + digest(state)
    with redis_errors_as_unavailable(), redis.pipeline(transaction=True) as pipeline:
        pipeline.get(key)
        pipeline.delete(key)
        found: Any = pipeline.execute()[0]
    return LoginRequest(**json.loads(found)) if found else None


def save_login_callback(redis: Redis, back_id: str, back: LoginCallback) -> None:
    """Have a worker exchange a code."""
    with redis_errors_as_unavailable(), redis.pipeline(transaction=True) as pipeline:
        pipeline.set(keys.OIDC_CALLBACK + back_id, json.dumps(asdict(back)), ex=LOGIN_SECONDS)
        pipeline.rpush(keys.OIDC_CALLBACKS, back_id)
        pipeline.expire(keys.OIDC_CALLBACKS, LOGIN_SECONDS)
        pipeline.execute()


def next_login_callback(redis: Redis) -> tuple[str, LoginCallback] | None:
    """The next code to exchange. A worker that dies over one costs somebody a second try to sign in."""
    with redis_errors_as_unavailable():
        while (found := redis.lpop(keys.OIDC_CALLBACKS)) is not None:
            back_id = found.decode()  # type: ignore[union-attr]
            back = read_login_callback(redis, back_id)
            if back is not None:
                return back_id, back
    return None


def read_login_callback(redis: Redis, back_id: str) -> LoginCallback | None:
    """How far a code is; None where there is nothing of this id."""
    with redis_errors_as_unavailable():
        found: Any = redis.get(keys.OIDC_CALLBACK + back_id)
    return _read(found) if found else None


def settle_login_callback(redis: Redis, back_id: str, back: LoginCallback) -> None:
    """A code was exchanged, or has come to nothing."""
    with redis_errors_as_unavailable():
        redis.set(keys.OIDC_CALLBACK + back_id, json.dumps(asdict(back)), ex=LOGIN_SECONDS, xx=True)


def spend_login_callback(redis: Redis, back_id: str) -> bool:
    """Whether it was there to be spent: it signs in one browser, once."""
    with redis_errors_as_unavailable():
        return bool(redis.delete(keys.OIDC_CALLBACK + back_id))


def login_request_purpose(browser: str) -> str:
    """What a question's secrets are sealed for."""
    return f"oidc question of {browser}"


def code_purpose(back_id: str) -> str:
    """What a code is sealed for."""
    return f"oidc code of {back_id}"


def identity_purpose(back_id: str) -> str:
    """What an identity is sealed for."""
    return f"oidc identity of {back_id}"


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _read(text: bytes) -> LoginCallback:
    told = json.loads(text)
    return LoginCallback(LoginRequest(**told.pop("asked")), **told)
