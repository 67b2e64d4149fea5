"""Histograms of durations in fixed buckets, which can be merged, and from which percentiles are estimated."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_FIRST_SECONDS = 0.01
_LAST_BUCKET = 60
"""Each bucket ends at the end of the one before, times the square root of 2. The last one ends at four months."""


def bucket_end(bucket: int) -> float:
    """Return the upper bound of a bucket, in seconds."""
    return float(_FIRST_SECONDS * 2 ** (bucket / 2))


def bucket_index(seconds: float) -> int:
    """Return the bucket of a duration. The Lua scripts of the store compute the same."""
    if seconds <= _FIRST_SECONDS:
        return 0
    return min(math.ceil(2 * math.log2(seconds / _FIRST_SECONDS) - 1e-9), _LAST_BUCKET)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Number of durations in each bucket."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def percentile(self, percent: float) -> float | None:
        """Estimate the duration in seconds that `percent` of all do not exceed; None if the histogram is empty."""
        rank = self.total * percent / 100
        below = 0
        for bucket in sorted(self.counts):
            count = self.counts[bucket]
            if count and below + count >= rank:
                # Assume that durations are spread evenly within their bucket.
                start = bucket_end(bucket - 1) if bucket else 0.0
                return start + (bucket_end(bucket) - start) * max(rank - below, 0.0) / count
            below += count
        return None


def merge_histograms(histograms: Iterable[Histogram]) -> Histogram:
    """Add up histograms."""
    counts: Counter[int] = Counter()
    for histogram in histograms:
        counts.update(histogram.counts)
    return Histogram(dict(counts))
