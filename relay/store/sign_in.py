"""Sign-in: one-time links, ended sessions, and the limit of sign-in attempts."""

import hashlib
from typing import Any

from redis import Redis

from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable

TICKET_SECONDS = 900
"""How long a sign-in link is valid."""

WINDOW_SECONDS = 60
MAX_ATTEMPTS_PER_ADDRESS = 10
MAX_ATTEMPTS_TOTAL = 300
"""Attempts within a window: per address, and of all addresses before each has only one left."""


def save_sign_in_ticket(redis: Redis, ticket: str, key_digest: str) -> None:
    """Make a link valid, once. `ticket` is new random text of at least 128 bits; `key_digest` identifies the key it signs in."""
    with redis_errors_as_unavailable():
        redis.set(keys.SIGN_IN_TICKET + _digest(ticket), key_digest, ex=TICKET_SECONDS)


def spend_sign_in_ticket(redis: Redis, ticket: str) -> str | None:
    """Return the digest of the key that a ticket signs in, and spend the ticket. None if it is unknown, used or expired."""
    key = keys.SIGN_IN_TICKET + _digest(ticket)
    with redis_errors_as_unavailable(), redis.pipeline(transaction=True) as pipeline:
        pipeline.get(key)
        pipeline.delete(key)
        digest: Any = pipeline.execute()[0]
    return digest.decode() if digest else None


def end_session(redis: Redis, session_id: str, *, keep_seconds: int) -> None:
    """Mark a session as ended. The mark lasts `keep_seconds`, which must reach the time at which the session expires."""
    with redis_errors_as_unavailable():
        redis.set(keys.ENDED_SESSION + _digest(session_id), 1, ex=keep_seconds)


def is_session_ended(redis: Redis, session_id: str) -> bool:
    """True if the session was signed out."""
    with redis_errors_as_unavailable():
        return bool(redis.exists(keys.ENDED_SESSION + _digest(session_id)))


def count_sign_in_attempt(redis: Redis, address: str) -> bool:
    """Count a sign-in attempt. False if this address has made too many within a minute."""
    of_address_key, of_all_key = keys.SIGN_INS + _digest(address), keys.SIGN_INS + "all"
    with redis_errors_as_unavailable(), redis.pipeline(transaction=True) as pipeline:
        for key in (of_address_key, of_all_key):
            pipeline.incr(key)
            # NX: the window starts with the first attempt. Otherwise each attempt would extend it, and it might never end.
            pipeline.expire(key, WINDOW_SECONDS, nx=True)
        counts: Any = pipeline.execute()
    of_address, of_all = int(counts[0]), int(counts[2])
    # A flood from many addresses leaves each one attempt per minute, never none: it cannot lock out a person with a key.
    return of_address <= (MAX_ATTEMPTS_PER_ADDRESS if of_all <= MAX_ATTEMPTS_TOTAL else 1)


def reset_sign_in_attempts(redis: Redis, address: str) -> None:
    """Forget the attempts of an address, because a sign-in from there succeeded."""
    with redis_errors_as_unavailable():
        redis.delete(keys.SIGN_INS + _digest(address))


def is_first_sign_in_failure(redis: Redis) -> bool:
    """True for the first failed sign-in within a minute. Only that one is audited: a flood must not fill the log."""
    with redis_errors_as_unavailable():
        return bool(redis.set(keys.SIGN_INS + "failed", 1, ex=WINDOW_SECONDS, nx=True))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
