"""The tokens of destinations that were connected by OAuth: sealed, versioned, renewed by one worker at a time.

A renewal is written down before its refresh token is spent (`start_refresh`), and a fresh pair is written before it is
used (`save_tokens`). So whatever line a worker dies at, the next one knows whether a refresh token may be spent.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from redis import Redis

from relay.core.vault import UnsealError, Vault
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import SECOND, to_datetime
from relay.store.engine.scripts import Scripts

_MOST_TRIES = 2
"""A renewal without an answer is tried once more, and then no further: Gong takes each refresh token once."""

_GAP_SECONDS = 60
"""At most one renewal a minute fails."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token and the refresh token that renews it."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """A pair that Gong has just made: where it is good, for how long, and after how long it is renewed, in seconds."""

    destination: str
    pair: TokenPair
    base_url: str
    scope: str
    lifetime: float
    refresh_after: float


@dataclass(frozen=True, slots=True)
class Grant:
    """What a destination's customer granted. `lost` says why it cannot be renewed any more; else it is empty."""

    destination: str
    version: int
    base_url: str
    issued_at: datetime
    expires_at: datetime
    lost: str
    consent: str
    sealed: str = field(repr=False)

    def expired(self, now: datetime) -> bool:
        return now >= self.expires_at


class RefreshStart(StrEnum):
    """Whether a renewal may begin, and why not: no tokens, newer ones, none to be had, another's turn, too soon."""

    STARTED = "started"
    NO_TOKENS = "no_tokens"
    SUPERSEDED = "superseded"
    LOST = "lost"
    BUSY = "busy"
    TOO_SOON = "too_soon"


class RefreshFailure(StrEnum):
    """How a renewal brought nothing: Gong did not do it, no answer arrived, or Gong does not take the refresh token."""

    NOT_NOW = "not_now"
    IN_DOUBT = "in_doubt"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class TokenRefresh:
    """One renewal of one version. `owner` is a name of its own, `seconds` how long nobody else may begin another."""

    grant: Grant
    owner: str
    seconds: float


def read_grant(redis: Redis, destination: str) -> Grant | None:
    """What is known of a destination's tokens; None when it was never connected."""
    with redis_errors_as_unavailable():
        found: Any = redis.hgetall(keys.TOKENS + destination)
    if not found:
        return None
    told = {name.decode(): value.decode() for name, value in found.items()}
    return Grant(
        destination,
        int(told["version"]),
        told["base_url"],
        to_datetime(told["issued_at"]),
        to_datetime(told["expires_at"]),
        told.get("lost", ""),
        told.get("consent", ""),
        told["sealed"],
    )


def find_refreshable_destinations(redis: Redis, destinations: Sequence[str]) -> set[str]:
    """Which of these destinations have tokens that can be renewed, in one round trip."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for name in destinations:
            pipeline.hmget(keys.TOKENS + name, "sealed", "lost")
        rows: list[Any] = pipeline.execute()
    told = zip(destinations, rows, strict=True)
    return {name for name, (sealed, lost) in told if sealed and not lost}


def unseal_tokens(vault: Vault, grant: Grant) -> TokenPair:
    """The tokens themselves. Raises Unsealable."""
    return TokenPair(**json.loads(vault.open(grant.sealed, _purpose(grant.destination))))


def save_tokens(
    scripts: Scripts, vault: Vault, fresh: IssuedTokens, *, follows: int | None, consent: str = ""
) -> int:
    """Keep a fresh pair; only then may it be used. Returns its version.

    `follows` is the version that was renewed, None for a new `consent`. 0: another pair was written since.
    """
    told = {"access": fresh.pair.access, "refresh": fresh.pair.refresh}
    sealed = vault.seal(json.dumps(told), _purpose(fresh.destination))
    with redis_errors_as_unavailable():
        version = scripts.run(
            "save_tokens",
            fresh.destination,
            "" if follows is None else follows,
            sealed,
            fresh.base_url,
            fresh.scope,
            int(fresh.lifetime * SECOND),
            int(fresh.refresh_after * SECOND),
            consent,
            wait_for_replicas=True,
        )
    return int(version)


def start_refresh(scripts: Scripts, renewal: TokenRefresh) -> RefreshStart:
    """Write down that this version's refresh token is about to be spent, if it is this owner's turn."""
    grant = renewal.grant
    with redis_errors_as_unavailable():
        told = scripts.run(
            "start_refresh",
            grant.destination,
            grant.version,
            renewal.owner,
            int(renewal.seconds * SECOND),
            _GAP_SECONDS * SECOND,
            _MOST_TRIES,
        )
    return RefreshStart(told.decode())


def record_failed_refresh(scripts: Scripts, renewal: TokenRefresh, how: RefreshFailure, text: str) -> bool:
    """Write down that a renewal brought nothing. False when it is no longer this owner's."""
    grant = renewal.grant
    with redis_errors_as_unavailable():
        return bool(
            scripts.run(
                "refresh_failed",
                grant.destination,
                grant.version,
                renewal.owner,
                how,
                text,
                _GAP_SECONDS * SECOND,
            )
        )


def find_due_refreshes(redis: Redis, most: int) -> list[str]:
    """Destinations whose tokens are to be looked at now, the longest due first."""
    with redis_errors_as_unavailable():
        clock: Any = redis.time()
        now = clock[0] * SECOND + clock[1]
        names: Any = redis.zrangebyscore(keys.TOKEN_REFRESHES, "-inf", now, start=0, num=most)
    return [name.decode() for name in names]


def expire_access_token(scripts: Scripts, grant: Grant) -> None:
    """Gong does not take this access token any more: it counts as expired, for every worker."""
    with redis_errors_as_unavailable():
        scripts.run("refresh_failed", grant.destination, grant.version, "", "expired", "", 0)


def schedule_refresh(redis: Redis, destination: str, at: datetime | None) -> None:
    """Look at these tokens when that moment has come; None: not before there is a fresh pair."""
    with redis_errors_as_unavailable():
        redis.zadd(keys.TOKEN_REFRESHES, {destination: "inf" if at is None else int(at.timestamp() * SECOND)})


def read_hold_cause(redis: Redis, destination: str) -> str | None:
    """Why the destination is on hold, in a word; None when it is not."""
    with redis_errors_as_unavailable():
        found: Any = redis.hget(keys.HOLD + destination, "cause")
    return found.decode() if found else None


@dataclass(frozen=True, slots=True)
class ResealResult:
    """What came of sealing everything with the newest key. `unreadable` names what no key opens."""

    resealed: int
    already: int
    unreadable: tuple[str, ...]


def reseal_all(scripts: Scripts, redis: Redis, vault: Vault) -> ResealResult:
    """Seal whatever the store holds sealed with the newest key. Safe beside running workers, and when repeated."""
    resealed, already, unreadable = 0, 0, []
    for key, name in _sealed_fields(redis):
        try:
            changed = _reseal(scripts, redis, vault, (key, name))
        except UnsealError:
            unreadable.append(key.removeprefix("relay:"))
            continue
        resealed, already = resealed + changed, already + (not changed)
    return ResealResult(resealed, already, tuple(unreadable))


def _sealed_fields(redis: Redis) -> Iterator[tuple[str, str]]:
    """Every place that holds a sealed text."""
    with redis_errors_as_unavailable():
        names: Any = redis.zrange(keys.TOKEN_REFRESHES, 0, -1)
        consents: Any = redis.zrange(keys.CONSENTS, 0, -1)
    yield from ((keys.TOKENS + name.decode(), "sealed") for name in names)
    yield from ((keys.CONSENT + name.decode(), "code") for name in consents)


def _reseal(scripts: Scripts, redis: Redis, vault: Vault, place: tuple[str, str]) -> bool:
    """Whether the text there had to be sealed anew. What another process writes meanwhile is looked at again."""
    while True:
        with redis_errors_as_unavailable():
            sealed: Any = redis.hget(*place)
        fresh = vault.reseal(sealed.decode()) if sealed else None
        if fresh is None:
            return False
        with redis_errors_as_unavailable():
            if scripts.run("replace_field", *place, sealed, fresh):
                return True


def _purpose(destination: str) -> str:
    return f"tokens of {destination}"
