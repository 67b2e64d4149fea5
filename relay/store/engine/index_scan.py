"""Scan of many sorted sets of ids as if they were one, from the newest id to the oldest, in few round trips."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from redis import Redis

_MIN_PER_SET, _MAX_PER_SET = 8, 200
_MAX_PER_ROUND = 4_000
"""How many ids one round trip reads: of each sorted set, and of all together."""

MAX_ROUNDS = 12
"""A scan ends after this many round trips, even if there are more ids."""


@dataclass(frozen=True, slots=True)
class IdRange:
    """The ids from `bottom` (inclusive) to `top` (exclusive). An empty string means no limit."""

    top: str = ""
    bottom: str = ""

    def contains(self, event_id: str) -> bool:
        return event_id >= self.bottom and (not self.top or event_id < self.top)


@dataclass(frozen=True, slots=True)
class PrefixedEntries:
    """The members of a sorted set that begin with `prefix`. The id follows the prefix."""

    key: str
    prefix: bytes


Index: TypeAlias = str | PrefixedEntries


def scan_newest(
    redis: Redis, indexes: Sequence[Index], span: IdRange, *, first: int
) -> Iterator[tuple[list[str], bool]]:
    """Yield batches of ids, newest first, and with each batch whether older ids may follow. Ends after `MAX_ROUNDS`.

    `first` is the number of ids that the first round should find.
    """
    # The sets that may hold more ids, with the last id read from each.
    lowest = dict.fromkeys(indexes, "")
    # Twice as many as an even distribution would need: ids are rarely spread evenly over the sets.
    size = _size(2 * first // max(len(indexes), 1), len(indexes))
    wanted, pool = list(indexes), set[str]()
    for _ in range(MAX_ROUNDS):
        for index, ids in zip(wanted, _read(redis, wanted, lowest, span, size), strict=True):
            pool.update(ids)
            # A short answer means that the set is exhausted.
            if len(ids) < size:
                del lowest[index]
            else:
                lowest[index] = ids[-1]
        # Below the highest of these last ids, some set may hold ids that were not read yet. Above it, nothing is missing.
        floor = max(lowest.values(), default="")
        batch = sorted((event_id for event_id in pool if event_id >= floor), reverse=True)
        pool.difference_update(batch)
        yield batch, bool(lowest or pool)
        if not lowest:
            return
        # Only sets with high last ids keep the floor up. Reading on in just these lowers it with fewer ids.
        wanted = sorted(lowest, key=lowest.__getitem__, reverse=True)[: (len(lowest) + 1) // 2]
        size = _size(2 * size, len(wanted))


def _size(target: int, sets: int) -> int:
    return max(_MIN_PER_SET, min(target, _MAX_PER_SET, _MAX_PER_ROUND // max(sets, 1)))


def _read(
    redis: Redis, indexes: Sequence[Index], lowest: dict[Index, str], span: IdRange, size: int
) -> list[list[str]]:
    parts = [PrefixedEntries(index, b"") if isinstance(index, str) else index for index in indexes]
    pipeline = redis.pipeline(transaction=False)
    for index, part in zip(indexes, parts, strict=True):
        top, bottom = _ends(part.prefix, lowest[index] or span.top, span.bottom)
        pipeline.zrange(part.key, top, bottom, desc=True, bylex=True, offset=0, num=size)
    rows: list[list[bytes]] = pipeline.execute()
    return [
        [name[len(part.prefix) :].decode() for name in row] for part, row in zip(parts, rows, strict=True)
    ]


def _ends(prefix: bytes, top: str, bottom: str) -> tuple[bytes, bytes]:
    """Return the ends of a range, as ZRANGE BYLEX expects them."""
    # No id contains the byte FF, so it sorts after every id with this prefix.
    above = top.encode() if top else b"\xff" if prefix else b""
    return (
        b"(" + prefix + above if above else b"+",
        b"[" + prefix + bottom.encode() if prefix or bottom else b"-",
    )
