"""What a call proves itself with: a destination's API key, or the access token that its customer granted."""

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

_KNOWN_SECONDS = 30.0
_BUSY_SECONDS = 5.0
"""How long a call waits for another worker's renewal: much less than its lease. After that its destination waits."""

_LOOK_EVERY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Known:
    access: Credentials
    grant: Grant
    read_at: float


class CredentialStore:
    """Finds each destination's access. Tokens are opened here, kept for half a minute, and renewed when Gong wants it.

    `tokens` is None where the configuration has no application to connect. `now` tells the time.
    """

    def __init__(self, tokens: TokenService | None, now: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._now = now
        self._known: dict[str, _Known] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def of(self, destination: Destination) -> Credentials | Blocked:
        """What the next call proves itself with. Raises Unavailable when the store is away."""
        if isinstance(destination.credentials, BasicCredentials):
            return credentials_from_api_key(destination.base_url, destination.credentials)
        known = self._known.get(destination.name)
        if known is not None and self._serves(known):
            return known.access
        with self._locks[destination.name]:
            try:
                return self._current(destination)
            except Unavailable:
                if known is not None and not known.grant.expired(self._now()):
                    return known.access  # as good as it was; what it brings is settled when the store is back
                raise

    def _serves(self, known: _Known) -> bool:
        return time.monotonic() - known.read_at <= _KNOWN_SECONDS and not known.grant.expired(self._now())

    def renewed(self, destination: Destination, stale: Credentials) -> Credentials | Blocked:
        """What to try once more after Gong has refused `stale`: another worker's newer tokens, or a fresh pair.

        Threads of one process wait for one another, and processes for the one that asks Gong.
        """
        with self._locks[destination.name]:
            self._known.pop(destination.name, None)
            if self._tokens is not None:
                _bury(self._tokens, destination.name, stale)
            return self._current(destination)

    def _current(self, destination: Destination) -> Credentials | Blocked:
        """The store's tokens, renewed first where they have run out."""
        if self._tokens is None:
            return _needs_reauth("the configuration has no oauth section")
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            grant = read_grant(self._tokens.redis, destination.name)
            if grant is None:
                return _needs_reauth("it was never connected")
            if not grant.expired(self._now()):
                return self._open(grant)
            if grant.lost:
                return _needs_reauth(grant.lost)
            ended = self._renew(grant)
            if ended is not None:
                return ended
            if time.monotonic() >= deadline:
                return _renewal_failing("another worker is at it")
            time.sleep(_LOOK_EVERY_SECONDS)

    def _renew(self, grant: Grant) -> Blocked | None:
        """None: look at the store again."""
        assert self._tokens is not None  # noqa: S101 - asked by the caller
        match renew_tokens(self._tokens, grant):
            case RenewalResult.LOST:
                left = read_grant(self._tokens.redis, grant.destination)
                if left is None or left.version != grant.version:
                    return None
                return _needs_reauth(left.lost or "its tokens cannot be opened: see RELAY_SECRET_KEYS")
            case RenewalResult.NOT_NOW:
                return _renewal_failing("Gong makes no new token just now")
            case RenewalResult.DONE | RenewalResult.BUSY:
                return None

    def _open(self, grant: Grant) -> Credentials | Blocked:
        assert self._tokens is not None  # noqa: S101 - asked by the caller
        try:
            pair = unseal_tokens(self._tokens.vault, grant)
        except UnsealError as error:
            return _needs_reauth(str(error))
        access = Credentials(grant.base_url, f"Bearer {pair.access}", grant.version)
        self._known[grant.destination] = _Known(access, grant, time.monotonic())
        return access


def _bury(tokens: TokenService, name: str, stale: Credentials) -> None:
    """What Gong refuses counts as expired for every worker, if it is just what the store holds, address and all."""
    grant = read_grant(tokens.redis, name)
    if grant is not None and (grant.version, grant.base_url) == (stale.version, stale.base_url):
        expire_access_token(tokens.scripts, grant)


def _needs_reauth(text: str) -> Blocked:
    return Blocked(0, None, HoldCause.REAUTHORIZATION_REQUIRED, (text,))


def _renewal_failing(text: str) -> Blocked:
    return Blocked(0, None, HoldCause.TOKEN_REFRESH_FAILED, (text,))
