"""Credentials for calls to Gong: the destination's API key, or a customer's OAuth access token."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from relay.core.destination import BasicCredentials, Destination
from relay.core.errors import Unavailable
from relay.core.lifecycle import HoldCause
from relay.core.outcome import Blocked
from relay.core.vault import UnsealError
from relay.store.oauth_tokens import Grant, expire_access_token, read_grant, unseal_tokens
from workers.gong_client import Credentials, credentials_from_api_key
from workers.oauth_client import RenewalResult, TokenService, renew_tokens

_CACHE_SECONDS = 30.0
_BUSY_SECONDS = 5.0
"""How long a call waits for another worker's renewal: much less than its lease. After that the destination is on hold."""

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _CachedGrant:
    """The opened tokens of a destination. `read_at` is a `time.monotonic`."""

    credentials: Credentials
    grant: Grant
    read_at: float


class CredentialStore:
    """Returns each destination's credentials. Caches OAuth tokens for half a minute and renews them when necessary.

    `tokens` is None if the configuration has no OAuth application.
    """

    def __init__(self, tokens: TokenService | None, now: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._now = now
        self._cache: dict[str, _CachedGrant] = {}
        # One lock per destination: its calls wait for one renewal, and other destinations' calls do not.
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def get(self, destination: Destination) -> Credentials | Blocked:
        """Return the credentials for the next call, or why there are none. Raises Unavailable if Redis is unreachable."""
        if isinstance(destination.credentials, BasicCredentials):
            return credentials_from_api_key(destination.base_url, destination.credentials)
        cached = self._cache.get(destination.name)
        if cached is not None and self._is_fresh(cached):
            return cached.credentials
        with self._locks[destination.name]:
            try:
                return self._read(destination)
            except Unavailable:
                # A token that has not expired still works. The outcome is settled when the store is back.
                if cached is not None and not cached.grant.expired(self._now()):
                    return cached.credentials
                raise

    def _is_fresh(self, cached: _CachedGrant) -> bool:
        return time.monotonic() - cached.read_at <= _CACHE_SECONDS and not cached.grant.expired(self._now())

    def renew(self, destination: Destination, rejected: Credentials) -> Credentials | Blocked:
        """Return newer credentials after Gong rejected some: another worker's newer token, or a renewed one.

        Threads of one process wait for each other here; processes wait for the one that holds the renewal in Redis.
        """
        with self._locks[destination.name]:
            self._cache.pop(destination.name, None)
            if self._tokens is not None:
                _expire_in_store(self._tokens, destination.name, rejected)
            return self._read(destination)

    def _read(self, destination: Destination) -> Credentials | Blocked:
        """Return the store's tokens, renewed first if they have expired."""
        if self._tokens is None:
            return _block_for_reauthorization("the configuration has no oauth section")
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            grant = read_grant(self._tokens.redis, destination.name)
            if grant is None:
                return _block_for_reauthorization("the destination was never connected")
            if not grant.expired(self._now()):
                return self._open(self._tokens, grant)
            if grant.lost:
                return _block_for_reauthorization(grant.lost)
            blocked = _try_renewal(self._tokens, grant)
            if blocked is not None:
                return blocked
            if time.monotonic() >= deadline:
                return _block_for_failed_refresh("another worker is renewing the token")
            time.sleep(_POLL_SECONDS)

    def _open(self, tokens: TokenService, grant: Grant) -> Credentials | Blocked:
        try:
            pair = unseal_tokens(tokens.vault, grant)
        except UnsealError as error:
            return _block_for_reauthorization(str(error))
        credentials = Credentials(grant.base_url, f"Bearer {pair.access}", grant.version)
        self._cache[grant.destination] = _CachedGrant(credentials, grant, time.monotonic())
        return credentials


def _try_renewal(tokens: TokenService, grant: Grant) -> Blocked | None:
    """Renew the grant. None: read it from the store again, because it is newer now or will soon be."""
    match renew_tokens(tokens, grant):
        case RenewalResult.LOST:
            current = read_grant(tokens.redis, grant.destination)
            # The customer may have connected again in the meantime.
            if current is None or current.version != grant.version:
                return None
            return _block_for_reauthorization(
                current.lost or "its tokens cannot be opened: see RELAY_SECRET_KEYS"
            )
        case RenewalResult.NOT_NOW:
            return _block_for_failed_refresh("Gong is not issuing new tokens right now")
        case RenewalResult.DONE | RenewalResult.BUSY:
            return None


def _expire_in_store(tokens: TokenService, name: str, rejected: Credentials) -> None:
    """Mark the rejected token as expired for every worker, if the store still holds exactly that one."""
    grant = read_grant(tokens.redis, name)
    if grant is not None and (grant.version, grant.base_url) == (rejected.version, rejected.base_url):
        expire_access_token(tokens.scripts, grant)


def _block_for_reauthorization(text: str) -> Blocked:
    return Blocked(0, None, HoldCause.REAUTHORIZATION_REQUIRED, (text,))


def _block_for_failed_refresh(text: str) -> Blocked:
    return Blocked(0, None, HoldCause.TOKEN_REFRESH_FAILED, (text,))
