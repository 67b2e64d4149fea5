"""Walking over sorted sets of ids from the newest to the oldest, many of them as one, in few round trips."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from redis import Redis

_FEWEST, _MOST = 8, 200
_MOST_OF_ALL = 4_000
"""Ids of one sorted set, and of all together, that one round trip asks for."""

MAX_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class IdRange:
    """Which ids: below `top`, from `bottom` on. "": no such end."""

    top: str = ""
    bottom: str = ""

    def contains(self, event_id: str) -> bool:
        return event_id >= self.bottom and (not self.top or event_id < self.top)


@dataclass(frozen=True, slots=True)
class PrefixedEntries:
    """Of a sorted set the members that begin with `prefix`. The id is what comes after it."""

    key: str
    prefix: bytes


Index: TypeAlias = str | PrefixedEntries


def scan_newest(
    redis: Redis, indexes: Sequence[Index], span: IdRange, *, first: int
) -> Iterator[tuple[list[str], bool]]:
    """Batches of ids, newest first, and with each whether there may be more below its last. Ends after `MAX_ROUNDS`.

    A round asks every sorted set that may hold the next ids for some of them. What is above the lowest id that each of
    them has told of is complete: that is a batch. `first` is how many ids the first round hopes for.
    """
    lowest = dict.fromkeys(indexes, "")  # of the sets that hold more: the last id that they told of
    size = _size(2 * first // max(len(indexes), 1), len(indexes))
    wanted, pool = list(indexes), set[str]()
    for _ in range(MAX_ROUNDS):
        for index, ids in zip(wanted, _read(redis, wanted, lowest, span, size), strict=True):
            pool.update(ids)
            if len(ids) < size:
                del lowest[index]
            else:
                lowest[index] = ids[-1]
        floor = max(lowest.values(), default="")
        batch = sorted((one for one in pool if one >= floor), reverse=True)
        pool.difference_update(batch)
        yield batch, bool(lowest or pool)
        if not lowest:
            return
        wanted = sorted(lowest, key=lowest.__getitem__, reverse=True)[: (len(lowest) + 1) // 2]
        size = _size(2 * size, len(wanted))


def _size(hoped: int, sets: int) -> int:
    return max(_FEWEST, min(hoped, _MOST, _MOST_OF_ALL // max(sets, 1)))


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
    """Where a walk begins and ends. No id holds the byte FF, so it comes after them all."""
    above = top.encode() if top else b"\xff" if prefix else b""
    return (
        b"(" + prefix + above if above else b"+",
        b"[" + prefix + bottom.encode() if prefix or bottom else b"-",
    )
