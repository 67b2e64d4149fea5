"""Marks of people: what the store knows somebody by, in place of an address or a number.

A mark is the first eight bytes of an HMAC-SHA256 with a key that the store itself keeps, made once. Each store has its
own: a key that lay in one of them would keep the others' events out while that one is away. It never changes, so a
process asks for it once a minute and works with the one it knows meanwhile; should the store have lost all it held, it
gets that one back.
"""

import hmac
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from redis import Redis

from relay.core.errors import Unavailable
from relay.core.personal_data import find_people_in_sentence
from relay.core.vault import UnsealError, Vault
from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable

MARK_BYTES = 8

_PURPOSE = "key of people's marks"
_PLAIN = "plain:"
_KEY_BYTES = 32
_EVERY_SECONDS = 60.0


class PersonMarker:
    """Makes the marks of one store. Asks for the key when the first one is wanted."""

    def __init__(self, redis: Redis, vault: Vault, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts seconds and never goes back."""
        self._redis = redis
        self._vault = vault
        self._clock = clock
        self._key = b""
        self._asked_at = float("-inf")

    def mark(self, person: str) -> bytes:
        """The mark of a person, in the form that `relay.core.personal_data` gives. Raises Unavailable."""
        return self._digest(person)[:MARK_BYTES]

    def marks(self, people: Iterable[str]) -> bytes:
        """The marks of several, one after the other."""
        return b"".join(map(self.mark, people))

    def alias(self, name: str) -> str:
        """What a name that tells of a person is called once that person is erased."""
        return f"erased:{self._digest(name)[: 2 * MARK_BYTES].hex()}"

    def _digest(self, text: str) -> bytes:
        if self._clock() - self._asked_at >= _EVERY_SECONDS:
            self._key = self._asked()
            self._asked_at = self._clock()
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")

    def _asked(self) -> bytes:
        """The store's key. Where there is none, the one that this process knows, or a new one, becomes it."""
        with redis_errors_as_unavailable():
            kept: Any = self._redis.get(keys.PERSON_KEY)
            if kept is None:
                self._redis.set(keys.PERSON_KEY, self._sealed(self._key or os.urandom(_KEY_BYTES)), nx=True)
                kept = self._redis.get(keys.PERSON_KEY)
        return _opened(self._vault, kept.decode())

    def _sealed(self, key: bytes) -> str:
        return _sealed(self._vault, key)


def contains_person(name: str, people: tuple[str, ...]) -> bool:
    """Whether an id holds the address or the number of one of these people."""
    numbered = any(person.isdigit() for person in people)
    if not (numbered or "@" in name or "%" in name):
        return False
    return not set(find_people_in_sentence(name)).isdisjoint(people)


def reseal_person_key(redis: Redis, vault: Vault) -> bool | None:
    """Seal a store's key with the newest of the vault's. False: there was nothing to do. None: no key opens it."""
    with redis_errors_as_unavailable():
        kept: Any = redis.get(keys.PERSON_KEY)
    if kept is None:
        return False
    try:
        fresh = _resealed(vault, kept.decode())
    except UnsealError:
        return None
    if fresh is not None:
        with redis_errors_as_unavailable():
            redis.set(keys.PERSON_KEY, fresh)  # the key itself is the same, whoever else seals it just now
    return fresh is not None


def _resealed(vault: Vault, kept: str) -> str | None:
    if not kept.startswith(_PLAIN):
        return vault.reseal(kept)
    fresh = _sealed(vault, _opened(vault, kept))
    return None if fresh.startswith(_PLAIN) else fresh


def _sealed(vault: Vault, key: bytes) -> str:
    try:
        return vault.seal(key.hex(), _PURPOSE)
    except UnsealError:  # RELAY_SECRET_KEYS is not set
        return _PLAIN + key.hex()


def _opened(vault: Vault, kept: str) -> bytes:
    if kept.startswith(_PLAIN):
        return bytes.fromhex(kept.removeprefix(_PLAIN))
    try:
        return bytes.fromhex(vault.open(kept, _PURPOSE))
    except UnsealError as error:
        text = (
            f"The store's key of people cannot be read: {error}. Nothing was kept. "
            "The operator adds the key that sealed it to RELAY_SECRET_KEYS."
        )
        raise Unavailable("person_key_unreadable", text, retry_after=60) from error
