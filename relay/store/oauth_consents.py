"""Connecting a customer, as the store sees it: the link, the question put to Gong, the consent, and its exchange.

A ticket makes a link good once and for half an hour; a state makes one answer of Gong's good, once, in one browser.
Both are kept as their SHA-256 only. The code that a consent brings is sealed, and waits for a worker.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from redis import Redis

from relay.core.vault import Vault
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import SECOND, to_datetime
from relay.store.engine.scripts import Scripts

TICKET_SECONDS = 1800
STATE_SECONDS = 600
CODE_SECONDS = 600
"""How long a ticket, a state, and Gong's code are good."""

_KEPT_SECONDS = 86_400
_AGAIN_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom a link connects: `destination` is the name it gets. What is None or empty stays as it is, or is left away."""

    destination: str
    account: str | None = None
    company: str | None = None
    source_system_name: str | None = None
    internal_domains: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """One way to Gong's consent page. `ticket` is None where an operator's key opened it."""

    state: str = field(repr=False)
    browser: str = field(repr=False)
    ticket: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConsentCallback:
    """What Gong sent a browser back with. `code` is empty where the customer refused."""

    state: str = field(repr=False)
    browser: str = field(repr=False)
    code: str = field(repr=False)


class CallbackResult(StrEnum):
    """What became of an answer of Gong's: taken, or its state is not good, is another browser's, or its link was used."""

    ACCEPTED = "accepted"
    UNKNOWN_STATE = "unknown_state"
    OTHER_BROWSER = "other_browser"
    LINK_USED = "link_used"


class ConsentStatus(StrEnum):
    """How far the exchange of a consent is."""

    WAITING = "waiting"
    CONNECTED = "connected"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Consent:
    """A customer's yes on its way to tokens. `detail` says why it failed."""

    id: str
    invitation: Invitation
    progress: ConsentStatus
    detail: str
    at: datetime
    sealed_code: str = field(repr=False)


def save_ticket(redis: Redis, ticket: str, invitation: Invitation) -> None:
    """Make a link good. `ticket` is fresh random text of 128 bits at least."""
    with redis_errors_as_unavailable():
        redis.set(keys.CONNECT_TICKET + _digest(ticket), _written(invitation), ex=TICKET_SECONDS)


def read_ticket(redis: Redis, ticket: str) -> Invitation | None:
    """Whom this ticket invites; None when it is unknown, used or expired. To look at a link does not spend it."""
    with redis_errors_as_unavailable():
        found: Any = redis.get(keys.CONNECT_TICKET + _digest(ticket))
    return _read(found) if found else None


def save_consent_request(redis: Redis, asking: ConsentRequest, invitation: Invitation) -> None:
    """Remember what was asked of Gong, and by whom, until the answer comes."""
    key = keys.CONSENT_REQUEST + _digest(asking.state)
    told: dict[Any, Any] = {
        "browser": _digest(asking.browser),
        "ticket": _digest(asking.ticket) if asking.ticket else "",
        "invitation": _written(invitation),
    }
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=True)
        pipeline.hset(key, mapping=told)
        pipeline.expire(key, STATE_SECONDS)
        pipeline.execute()


def claim_consent(scripts: Scripts, vault: Vault, consent_id: str, answer: ConsentCallback) -> CallbackResult:
    """Take what Gong sent back, once. `consent_id` is a fresh random name."""
    sealed = vault.seal(answer.code, _purpose(consent_id)) if answer.code else ""
    state, browser = _digest(answer.state), _digest(answer.browser)
    with redis_errors_as_unavailable():
        told = scripts.run("claim_consent", state, browser, consent_id, sealed, _KEPT_SECONDS)
    return CallbackResult(told.decode())


def lease_consent(scripts: Scripts, redis: Redis) -> Consent | None:
    """The next consent whose code is to be exchanged. Another worker gets it again should this one not settle it."""
    with redis_errors_as_unavailable():
        found = scripts.run("lease_consent", _AGAIN_SECONDS * SECOND)
    return read_consent(redis, found.decode()) if found else None


def read_consent(redis: Redis, consent_id: str) -> Consent | None:
    """How far a consent is; None when it is unknown or long past."""
    with redis_errors_as_unavailable():
        found: Any = redis.hgetall(keys.CONSENT + consent_id)
    if not found:
        return None
    told = {name.decode(): value.decode() for name, value in found.items()}
    return Consent(
        consent_id,
        _read(told["invitation"]),
        ConsentStatus(told["status"]),
        told.get("detail", ""),
        to_datetime(told["at"]),
        told.get("code", ""),
    )


def unseal_code(vault: Vault, consent: Consent) -> str:
    """The code itself. Raises Unsealable."""
    return vault.open(consent.sealed_code, _purpose(consent.id))


def settle_consent(redis: Redis, consent: Consent, progress: ConsentStatus, detail: str = "") -> None:
    """It is connected, or has failed: the code goes."""
    key = keys.CONSENT + consent.id
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=True)
        pipeline.hset(key, mapping={"status": progress, "detail": detail})
        pipeline.hdel(key, "code")
        pipeline.zrem(keys.CONSENTS, consent.id)
        pipeline.execute()


def postpone_consent(redis: Redis, consent: Consent, seconds: float) -> None:
    """Exchange it in so many seconds."""
    with redis_errors_as_unavailable():
        clock: Any = redis.time()
        redis.zadd(keys.CONSENTS, {consent.id: clock[0] * SECOND + int(seconds * SECOND)}, xx=True)


def _written(invitation: Invitation) -> str:
    return json.dumps(asdict(invitation))


def _read(text: str | bytes) -> Invitation:
    told = json.loads(text)
    return Invitation(**told | {"internal_domains": tuple(told["internal_domains"])})


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _purpose(consent_id: str) -> str:
    return f"code of {consent_id}"
