"""Marks: what the store knows people by, instead of an address or a number.

A mark is the first eight bytes of an HMAC-SHA256. Each store makes and keeps its own key: one key in one store would keep
events out of the others while that store is down. The key never changes, so a process reads it once a minute and
keeps it in between. If the store has lost all its data, the process writes its key back.
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
_KEY_REFRESH_SECONDS = 60.0


class PersonMarks:
    """Makes the marks of one store with a key. Uses no connection, so it works in any thread."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def mark(self, person: str) -> bytes:
        """Return the mark of a person, in the form that `relay.core.personal_data` gives. Raises Unavailable."""
        return self._digest(person)[:MARK_BYTES]

    def marks(self, people: Iterable[str]) -> bytes:
        """Return the concatenated marks of several people."""
        return b"".join(map(self.mark, people))

    def alias(self, name: str) -> str:
        """Return what stands for a name with personal data: in keys, and in the event once its person is erased."""
        return f"erased:{self._digest(name)[: 2 * MARK_BYTES].hex()}"

    def id_alias(self, event_id: str) -> str:
        """Return the alias of an eventId in indexes, in which case and surrounding spaces make no difference."""
        return self.alias(event_id.strip().lower())

    def lookup_aliases(self, name: str) -> tuple[str, str]:
        """Return both aliases under which an event with this name may be stored; empty for a name without personal data.

        Raises Unavailable.
        """
        return (self.alias(name), self.id_alias(name)) if find_people_in_sentence(name) else ("", "")

    def _digest(self, text: str) -> bytes:
        return hmac.digest(self._current_key(), text.encode("utf-8", "surrogatepass"), "sha256")

    def _current_key(self) -> bytes:
        return self._key


class PersonMarker(PersonMarks):
    """Makes the marks of one store. Reads the key on first use, and again after a minute."""

    def __init__(self, redis: Redis, vault: Vault, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` counts seconds and never goes back."""
        super().__init__(b"")
        self._redis = redis
        self._vault = vault
        self._clock = clock
        self._read_at = float("-inf")

    def read_marks(self) -> PersonMarks:
        """Return marks with the store's current key. Raises Unavailable."""
        return PersonMarks(self._current_key())

    def _current_key(self) -> bytes:
        if self._clock() - self._read_at >= _KEY_REFRESH_SECONDS:
            self._key = self._read_key()
            self._read_at = self._clock()
        return self._key

    def _read_key(self) -> bytes:
        """Return the store's key. If the store has none, save this process's key or a new one."""
        with redis_errors_as_unavailable():
            stored: Any = self._redis.get(keys.PERSON_KEY)
            if stored is None:
                # NX: another process may be writing one too. The first one wins, so read it back.
                self._redis.set(keys.PERSON_KEY, self._seal(self._key or os.urandom(_KEY_BYTES)), nx=True)
                stored = self._redis.get(keys.PERSON_KEY)
        return _open(self._vault, stored.decode())

    def _seal(self, key: bytes) -> str:
        return _seal(self._vault, key)


def contains_person(name: str, people: tuple[str, ...]) -> bool:
    """True if an id contains the address or the number of one of these people."""
    numbered = any(person.isdigit() for person in people)
    if not (numbered or "@" in name or "%" in name):
        return False
    return not set(find_people_in_sentence(name)).isdisjoint(people)


def reseal_person_key(redis: Redis, vault: Vault) -> bool | None:
    """Seal a store's key with the newest secret key. False: there was nothing to do. None: no secret key opens it."""
    with redis_errors_as_unavailable():
        stored: Any = redis.get(keys.PERSON_KEY)
    if stored is None:
        return False
    try:
        fresh = _reseal(vault, stored.decode())
    except UnsealError:
        return None
    if fresh is not None:
        with redis_errors_as_unavailable():
            redis.set(
                keys.PERSON_KEY, fresh
            )  # safe beside another process that does the same: the key inside is the same
    return fresh is not None


def _reseal(vault: Vault, stored: str) -> str | None:
    if not stored.startswith(_PLAIN):
        return vault.reseal(stored)
    fresh = _seal(vault, _open(vault, stored))
    return None if fresh.startswith(_PLAIN) else fresh


def _seal(vault: Vault, key: bytes) -> str:
    try:
        return vault.seal(key.hex(), _PURPOSE)
    except UnsealError:  # RELAY_SECRET_KEYS is not set
        return _PLAIN + key.hex()


def _open(vault: Vault, stored: str) -> bytes:
    if stored.startswith(_PLAIN):
        return bytes.fromhex(stored.removeprefix(_PLAIN))
    try:
        return bytes.fromhex(vault.open(stored, _PURPOSE))
    except UnsealError as error:
        text = (
            f"The store's person key cannot be read: {error}. Nothing was stored. "
            "An operator has to add the key that sealed it to RELAY_SECRET_KEYS."
        )
        raise Unavailable("person_key_unreadable", text, retry_after=60) from error
