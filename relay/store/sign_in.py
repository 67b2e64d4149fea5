"""Signing in, as the store sees it: links that sign in once, sessions that were ended, and how often somebody failed."""

import hashlib
from typing import Any

from redis import Redis

from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable

TICKET_SECONDS = 900
"""How long a sign-in link is good."""

WINDOW_SECONDS = 60
MAX_ATTEMPTS_PER_ADDRESS = 10
MAX_ATTEMPTS_TOTAL = 300
"""Attempts in a window: of one address, and of all together before each address has one attempt left."""


def save_sign_in_ticket(redis: Redis, ticket: str, key_digest: str) -> None:
    """Make a link good, once. `ticket` is fresh random text of 128 bits at least; `key_digest` is whom it signs in."""
    with redis_errors_as_unavailable():
        redis.set(keys.SIGN_IN_TICKET + _digest(ticket), key_digest, ex=TICKET_SECONDS)


def spend_sign_in_ticket(redis: Redis, ticket: str) -> str | None:
    """Whom a ticket signs in, by the digest of a key; None when it is unknown, used or expired. It is spent by this."""
    key = keys.SIGN_IN_TICKET + _digest(ticket)
    with redis_errors_as_unavailable(), redis.pipeline(transaction=True) as pipeline:
        pipeline.get(key)
        pipeline.delete(key)
        found: Any = pipeline.execute()[0]
    return found.decode() if found else None


def end_session(redis: Redis, session_id: str, *, keep_seconds: int) -> None:
    """Have a session count as ended for so long."""
    with redis_errors_as_unavailable():
        redis.set(keys.ENDED_SESSION + _digest(session_id), 1, ex=keep_seconds)


def is_session_ended(redis: Redis, session_id: str) -> bool:
    """Whether somebody signed out of it."""
    with redis_errors_as_unavailable():
        return bool(redis.exists(keys.ENDED_SESSION + _digest(session_id)))


def count_sign_in_attempt(redis: Redis, address: str) -> bool:
    """Count an attempt to sign in. False when this address has made too many within a minute.

    A flood from everywhere lowers everybody's allowance to one attempt a minute, and never to none: so nobody is
    locked out who knows a key.
    """
    one, everybody = keys.SIGN_INS + _digest(address), keys.SIGN_INS + "all"
    with redis_errors_as_unavailable(), redis.pipeline(transaction=True) as pipeline:
        for key in (one, everybody):
            pipeline.incr(key)
            pipeline.expire(key, WINDOW_SECONDS, nx=True)
        told: Any = pipeline.execute()
    of_one, of_all = int(told[0]), int(told[2])
    return of_one <= (MAX_ATTEMPTS_PER_ADDRESS if of_all <= MAX_ATTEMPTS_TOTAL else 1)


def reset_sign_in_attempts(redis: Redis, address: str) -> None:
    """Somebody has signed in from there: what failed before was a slip."""
    with redis_errors_as_unavailable():
        redis.delete(keys.SIGN_INS + _digest(address))


def is_first_sign_in_failure(redis: Redis) -> bool:
    """Whether no sign-in has failed within a minute: one line of audit tells of a flood as well as thousands."""
    with redis_errors_as_unavailable():
        return bool(redis.set(keys.SIGN_INS + "failed", 1, ex=WINDOW_SECONDS, nx=True))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
