"""Connecting a customer by OAuth: the link, the visit to Gong's consent page, the consent, and its exchange for tokens.

A ticket lets a link be used once, within half an hour. A state lets Gong's redirect back be used once, in the browser
that started the visit. Only the SHA-256 of each is stored. A consent's authorization code is stored sealed until a
worker exchanges it.
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
from relay.store.engine.redis_time import SECOND, read_store_time, to_datetime
from relay.store.engine.scripts import Scripts

TICKET_SECONDS = 1800
STATE_SECONDS = 600
CODE_SECONDS = 600
"""How long a ticket, a state, and Gong's code are valid, in seconds."""

_KEEP_SECONDS = 86_400
_LEASE_SECONDS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Which destination a link connects. Fields that are None or empty keep their value, or their default."""

    destination: str
    account: str | None = None
    company: str | None = None
    source_system_name: str | None = None
    internal_domains: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """One visit to Gong's consent page. `ticket` is None if an operator's key opened it."""

    state: str = field(repr=False)
    browser: str = field(repr=False)
    ticket: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConsentCallback:
    """What Gong sent a browser back with. `code` is empty if the customer declined."""

    state: str = field(repr=False)
    browser: str = field(repr=False)
    code: str = field(repr=False)


class CallbackResult(StrEnum):
    """Whether a callback was accepted, or why not."""

    ACCEPTED = "accepted"
    UNKNOWN_STATE = "unknown_state"
    OTHER_BROWSER = "other_browser"
    LINK_USED = "link_used"


class ConsentStatus(StrEnum):
    """The state of a consent's exchange."""

    WAITING = "waiting"
    CONNECTED = "connected"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A consent that is being exchanged for tokens. `detail` says why that failed."""

    id: str
    invitation: Invitation
    progress: ConsentStatus
    detail: str
    at: datetime
    sealed_code: str = field(repr=False)


def save_ticket(redis: Redis, ticket: str, invitation: Invitation) -> None:
    """Make a link valid. `ticket` is new random text of at least 128 bits."""
    with redis_errors_as_unavailable():
        redis.set(keys.CONNECT_TICKET + _digest(ticket), _invitation_json(invitation), ex=TICKET_SECONDS)


def read_ticket(redis: Redis, ticket: str) -> Invitation | None:
    """Return a ticket's invitation, or None if it is unknown, used or expired. Reading does not spend it."""
    # Chat programs fetch links for a preview; that must not use them up.
    with redis_errors_as_unavailable():
        text: Any = redis.get(keys.CONNECT_TICKET + _digest(ticket))
    return _read_invitation(text) if text else None


def save_consent_request(redis: Redis, request: ConsentRequest, invitation: Invitation) -> None:
    """Remember a visit to Gong's consent page until Gong sends the browser back."""
    key = keys.CONSENT_REQUEST + _digest(request.state)
    fields: dict[Any, Any] = {
        "browser": _digest(request.browser),
        "ticket": _digest(request.ticket) if request.ticket else "",
        "invitation": _invitation_json(invitation),
    }
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=True)
        pipeline.hset(key, mapping=fields)
        # In the same transaction, so that no state is ever without an expiry.
        pipeline.expire(key, STATE_SECONDS)
        pipeline.execute()


def claim_consent(
    scripts: Scripts, vault: Vault, consent_id: str, callback: ConsentCallback
) -> CallbackResult:
    """Accept what Gong sent back, once. `consent_id` is a new random name."""
    # The web seals the code, and only a worker opens it: a copy of the store's data alone does not give access to Gong.
    sealed = vault.seal(callback.code, _purpose(consent_id)) if callback.code else ""
    state, browser = _digest(callback.state), _digest(callback.browser)
    with redis_errors_as_unavailable():
        result = scripts.run("claim_consent", state, browser, consent_id, sealed, _KEEP_SECONDS)
    return CallbackResult(result.decode())


def lease_consent(scripts: Scripts, redis: Redis) -> Consent | None:
    """Return the next consent whose code is to be exchanged. If this worker does not settle it, another one gets it."""
    with redis_errors_as_unavailable():
        # The lease is much shorter than the code is valid, so a second worker can still exchange it.
        consent_id = scripts.run("lease_consent", _LEASE_SECONDS * SECOND)
    return read_consent(redis, consent_id.decode()) if consent_id else None


def read_consent(redis: Redis, consent_id: str) -> Consent | None:
    """Return a consent and its status, or None if it is unknown or was forgotten after a day."""
    with redis_errors_as_unavailable():
        row: Any = redis.hgetall(keys.CONSENT + consent_id)
    if not row:
        return None
    fields = {name.decode(): value.decode() for name, value in row.items()}
    return Consent(
        id=consent_id,
        invitation=_read_invitation(fields["invitation"]),
        progress=ConsentStatus(fields["status"]),
        detail=fields.get("detail", ""),
        at=to_datetime(fields["at"]),
        sealed_code=fields.get("code", ""),
    )


def unseal_code(vault: Vault, consent: Consent) -> str:
    """Return the authorization code in the clear. Raises UnsealError."""
    return vault.open(consent.sealed_code, _purpose(consent.id))


def settle_consent(redis: Redis, consent: Consent, progress: ConsentStatus, detail: str = "") -> None:
    """Record that a consent was exchanged or has failed, and delete its code."""
    key = keys.CONSENT + consent.id
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=True)
        pipeline.hset(key, mapping={"status": progress, "detail": detail})
        # Gong accepts a code once. Whatever the result was, it is of no more use.
        pipeline.hdel(key, "code")
        pipeline.zrem(keys.CONSENTS, consent.id)
        pipeline.execute()


def postpone_consent(redis: Redis, consent: Consent, seconds: float) -> None:
    """Exchange a consent later, after `seconds`."""
    with redis_errors_as_unavailable():
        now = read_store_time(redis)
        # XX: a consent that was settled meanwhile must not come back.
        redis.zadd(keys.CONSENTS, {consent.id: now + int(seconds * SECOND)}, xx=True)


def _invitation_json(invitation: Invitation) -> str:
    return json.dumps(asdict(invitation))


def _read_invitation(text: str | bytes) -> Invitation:
    fields = json.loads(text)
    # JSON has no tuples. With a list, the loaded invitation would not equal the saved one.
    fields["internal_domains"] = tuple(fields["internal_domains"])
    return Invitation(**fields)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _purpose(consent_id: str) -> str:
    return f"code of {consent_id}"
