"""Ids of receipts and events: ULIDs of 26 characters, which sort by time."""

from datetime import UTC, datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHARACTERS = 26
_RANDOM_BITS = 80
_RANDOM_CEILING = 1 << _RANDOM_BITS

ENTROPY_BYTES = 9
"""Random bytes for `generate_ids`: one fewer than a ULID holds, so that counting up never overflows."""


_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def _encode(number: int) -> str:
    # Two characters at a time, because this runs for every event.
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)])


def generate_ids(now: datetime, entropy: bytes, count: int) -> list[str]:
    """Return `count` ids of one time, in ascending order. `entropy` is `ENTROPY_BYTES` fresh random bytes."""
    first = (int(now.timestamp() * 1000) << _RANDOM_BITS) + int.from_bytes(entropy)
    return [_encode(first + step) for step in range(count)]


def earliest_id(timestamp: datetime) -> str:
    """Return the id that sorts before every id made at `timestamp` or later."""
    return _encode(int(timestamp.timestamp() * 1000) << _RANDOM_BITS)


def id_timestamp(event_id: str) -> datetime:
    """Return when an id was made, to the millisecond. Raises ValueError if it is not one of our ids."""
    if len(event_id) != _CHARACTERS:
        message = f"an id has {_CHARACTERS} characters"
        raise ValueError(message)
    number = 0
    for character in event_id:
        number = number * 32 + _ALPHABET.index(character)
    return datetime.fromtimestamp((number // _RANDOM_CEILING) / 1000, tz=UTC)
