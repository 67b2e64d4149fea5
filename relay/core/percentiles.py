"""Times counted in fixed buckets: those of any two spans may be added up, and percentiles read from the sum."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_FIRST_SECONDS = 0.01
_LAST_BUCKET = 60
"""Each bucket ends where the one before does, times the square root of 2. The last one ends at four months."""


def bucket_end(bucket: int) -> float:
    """The longest time of a bucket, in seconds."""
    return float(_FIRST_SECONDS * 2 ** (bucket / 2))


def bucket_index(seconds: float) -> int:
    """The bucket that a time is counted in. The scripts of the store do the same."""
    if seconds <= _FIRST_SECONDS:
        return 0
    return min(math.ceil(2 * math.log2(seconds / _FIRST_SECONDS) - 1e-9), _LAST_BUCKET)


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many times fell into each bucket."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def percentile(self, percent: float) -> float | None:
        """The time in seconds that `percent` of all do not exceed, as near as buckets tell. None of none."""
        rank = self.total * percent / 100
        below = 0
        for bucket in sorted(self.counts):
            count = self.counts[bucket]
            if count and below + count >= rank:
                start = bucket_end(bucket - 1) if bucket else 0.0
                return start + (bucket_end(bucket) - start) * max(rank - below, 0.0) / count
            below += count
        return None


def merge_histograms(several: Iterable[Histogram]) -> Histogram:
    """Several spans as one."""
    counts: Counter[int] = Counter()
    for times in several:
        counts.update(times.counts)
    return Histogram(dict(counts))
