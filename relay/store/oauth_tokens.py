"""OAuth tokens of connected destinations: sealed, versioned, and refreshed by one worker at a time.

A refresh is recorded before its refresh token is spent (`start_refresh`), and new tokens are saved before they are used
(`save_tokens`). So wherever a worker dies, the next one knows whether the refresh token may have been spent.
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
from relay.store.engine.redis_time import SECOND, read_store_time, to_datetime
from relay.store.engine.scripts import Scripts

_MAX_TRIES = 2
"""After two refreshes without a response, the token counts as spent: Gong accepts each refresh token once."""

_RETRY_SECONDS = 60
"""Seconds between failed refreshes."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token and the refresh token that renews it."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedTokens:
    """Tokens that Gong has just issued. Durations are in seconds."""

    destination: str
    pair: TokenPair
    base_url: str
    scope: str
    lifetime: float
    refresh_after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A customer's consent, as tokens. `lost` says why they cannot be refreshed any more; it is empty if they can."""

    destination: str
    version: int
    base_url: str
    issued_at: datetime
    expires_at: datetime
    lost: str
    consent: str
    sealed: str = field(repr=False)

    def expired(self, now: datetime) -> bool:
        """True if the access token has expired."""
        return now >= self.expires_at


class RefreshStart(StrEnum):
    """Whether a refresh may start, or why not. BUSY: another worker is refreshing."""

    STARTED = "started"
    NO_TOKENS = "no_tokens"
    SUPERSEDED = "superseded"
    LOST = "lost"
    BUSY = "busy"
    TOO_SOON = "too_soon"


class RefreshFailure(StrEnum):
    """How a refresh failed: Gong did not refresh, no response arrived, or Gong rejects the refresh token."""

    NOT_NOW = "not_now"
    IN_DOUBT = "in_doubt"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class TokenRefresh:
    """One refresh of one version. `owner` is unique; no other worker may start a refresh within `seconds`."""

    grant: Grant
    owner: str
    seconds: float


def read_grant(redis: Redis, destination: str) -> Grant | None:
    """Return a destination's tokens and their state, or None if it was never connected."""
    with redis_errors_as_unavailable():
        row: Any = redis.hgetall(keys.TOKENS + destination)
    if not row:
        return None
    fields = {name.decode(): value.decode() for name, value in row.items()}
    return Grant(
        destination=destination,
        version=int(fields["version"]),
        base_url=fields["base_url"],
        issued_at=to_datetime(fields["issued_at"]),
        expires_at=to_datetime(fields["expires_at"]),
        lost=fields.get("lost", ""),
        consent=fields.get("consent", ""),
        sealed=fields["sealed"],
    )


def find_refreshable_destinations(redis: Redis, destinations: Sequence[str]) -> set[str]:
    """Return the destinations among these whose tokens can be refreshed, in one round trip."""
    with redis_errors_as_unavailable():
        pipeline = redis.pipeline(transaction=False)
        for name in destinations:
            pipeline.hmget(keys.TOKENS + name, "sealed", "lost")
        rows: list[Any] = pipeline.execute()
    # Lost tokens stay in the store, but only a new consent can replace them.
    pairs = zip(destinations, rows, strict=True)
    return {name for name, (sealed, lost) in pairs if sealed and not lost}


def unseal_tokens(vault: Vault, grant: Grant) -> TokenPair:
    """Return the tokens in the clear. Raises UnsealError."""
    return TokenPair(**json.loads(vault.open(grant.sealed, _purpose(grant.destination))))


def save_tokens(
    scripts: Scripts, vault: Vault, issued: IssuedTokens, *, follows: int | None, consent: str = ""
) -> int:
    """Save newly issued tokens; only then may they be used. Returns their version.

    `follows` is the version that was refreshed, or None for a new `consent`. Returns 0 if other tokens were saved since.
    """
    tokens = {"access": issued.pair.access, "refresh": issued.pair.refresh}
    # The purpose binds the sealed text to its destination: copied to another one, it cannot be opened.
    sealed = vault.seal(json.dumps(tokens), _purpose(issued.destination))
    with redis_errors_as_unavailable():
        version = scripts.run(
            "save_tokens",
            issued.destination,
            "" if follows is None else follows,
            sealed,
            issued.base_url,
            issued.scope,
            int(issued.lifetime * SECOND),
            int(issued.refresh_after * SECOND),
            consent,
            wait_for_replicas=True,
        )
    return int(version)


def start_refresh(scripts: Scripts, refresh: TokenRefresh) -> RefreshStart:
    """Record that this version's refresh token is about to be spent, if this owner may do so."""
    grant = refresh.grant
    with redis_errors_as_unavailable():
        result = scripts.run(
            "start_refresh",
            grant.destination,
            grant.version,
            refresh.owner,
            int(refresh.seconds * SECOND),
            _RETRY_SECONDS * SECOND,
            _MAX_TRIES,
        )
    return RefreshStart(result.decode())


def record_failed_refresh(
    scripts: Scripts, refresh: TokenRefresh, failure: RefreshFailure, detail: str
) -> bool:
    """Record that a refresh failed. False if another owner has taken over."""
    grant = refresh.grant
    with redis_errors_as_unavailable():
        return bool(
            scripts.run(
                "refresh_failed",
                grant.destination,
                grant.version,
                refresh.owner,
                failure,
                detail,
                _RETRY_SECONDS * SECOND,
            )
        )


def find_due_refreshes(redis: Redis, most: int) -> list[str]:
    """Destinations whose tokens are due for a refresh, the longest due first."""
    with redis_errors_as_unavailable():
        # The scores were set by the store's time, so this process's own clock does not count.
        now = read_store_time(redis)
        names: Any = redis.zrangebyscore(keys.TOKEN_REFRESHES, "-inf", now, start=0, num=most)
    return [name.decode() for name in names]


def expire_access_token(scripts: Scripts, grant: Grant) -> None:
    """Gong rejects this access token: make it count as expired for every worker."""
    with redis_errors_as_unavailable():
        # By version: if newer tokens were saved meanwhile, they stay valid.
        scripts.run("refresh_failed", grant.destination, grant.version, "", "expired", "", 0)


def schedule_refresh(redis: Redis, destination: str, at: datetime | None) -> None:
    """Set the time of the next refresh. None: not before new tokens are saved."""
    with redis_errors_as_unavailable():
        redis.zadd(keys.TOKEN_REFRESHES, {destination: "inf" if at is None else int(at.timestamp() * SECOND)})


def read_hold_cause(redis: Redis, destination: str) -> str | None:
    """Return the cause of the destination's hold, or None if it is not on hold."""
    with redis_errors_as_unavailable():
        cause: Any = redis.hget(keys.HOLD + destination, "cause")
    return cause.decode() if cause else None


@dataclass(frozen=True, slots=True)
class ResealResult:
    """The result of sealing everything with the newest key. `unreadable` are the keys of what no secret key opens."""

    resealed: int
    already: int
    unreadable: tuple[str, ...]


def reseal_all(scripts: Scripts, redis: Redis, vault: Vault) -> ResealResult:
    """Seal all sealed fields in the store with the newest key. Safe beside running workers, and safe to repeat."""
    resealed, already, unreadable = 0, 0, []
    for key, name in _sealed_fields(redis):
        try:
            changed = _reseal(scripts, redis, vault, (key, name))
        # One unreadable text must not keep the others from the newest key. The caller reports it.
        except UnsealError:
            unreadable.append(key.removeprefix("relay:"))
            continue
        resealed, already = resealed + changed, already + (not changed)
    return ResealResult(resealed, already, tuple(unreadable))


def _sealed_fields(redis: Redis) -> Iterator[tuple[str, str]]:
    """Key and field of every sealed text."""
    with redis_errors_as_unavailable():
        # Every destination with tokens is in this set, also one whose refresh is not scheduled (score infinity).
        names: Any = redis.zrange(keys.TOKEN_REFRESHES, 0, -1)
        consents: Any = redis.zrange(keys.CONSENTS, 0, -1)
    yield from ((keys.TOKENS + name.decode(), "sealed") for name in names)
    yield from ((keys.CONSENT + name.decode(), "code") for name in consents)


def _reseal(scripts: Scripts, redis: Redis, vault: Vault, location: tuple[str, str]) -> bool:
    """True if the text had to be sealed again."""
    # If another process writes the field in the meantime, read it again.
    while True:
        with redis_errors_as_unavailable():
            sealed: Any = redis.hget(*location)
        # Returns None if the newest key has sealed it already.
        fresh = vault.reseal(sealed.decode()) if sealed else None
        if fresh is None:
            return False
        with redis_errors_as_unavailable():
            if scripts.run("replace_field", *location, sealed, fresh):
                return True


def _purpose(destination: str) -> str:
    return f"tokens of {destination}"
