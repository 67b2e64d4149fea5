"""Metrics for Prometheus, read from the stores at every scrape."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.core import (
    Metric as Family,
)
from prometheus_client.registry import Collector

from relay.core.config import Config
from relay.core.destination import Destination, Limits
from relay.core.errors import Unavailable
from relay.core.lifecycle import ENDED_STATES, DeadLetterReason
from relay.core.percentiles import Histogram, bucket_end
from relay.core.version import VERSION
from relay.queries import metric_definitions as table
from relay.queries.metric_definitions import Kind, Metric
from relay.queries.queues import read_living_workers
from relay.store.counters import (
    CounterTotals,
    DestinationGauges,
    TimingTotals,
    read_destination_gauges,
    read_totals,
)
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.durability import read_durability
from relay.store.events import list_destination_names
from relay.store.queues import CompanyUsage, read_company_usage, read_open_breakers
from relay.store.source_usage import read_source_bytes
from relay.store.stores import Store

ALL_DESTINATIONS = "all"
"""The label of all destinations together."""

_HISTOGRAM_BUCKETS = tuple(range(0, 34, 2))
"""The published buckets: from 10 ms to 11 minutes, each twice as long as the one before."""

_OUTCOMES = ("delivered", "duplicate", "rejected", "failed", "rate_limited", "blocked")
_ENDPOINTS = ("events", "webhooks", "gong")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsContext:
    """What the metrics describe."""

    stores: Iterable[Store]
    config: Config
    destinations: Callable[[], Mapping[str, Destination]]
    """Returns all configured and connected destinations."""
    now: Callable[[], datetime]
    per_destination: bool = True
    """Whether each destination and company has series of its own."""


_OUTCOMES_OF_REQUESTS = ("accepted", "source_store_share", "source_rate")
"""Those that every source may have."""


class Samples:
    """Values of metrics by their labels. Values with the same labels are added up."""

    def __init__(self, *, per_destination: bool) -> None:
        self._per_destination = per_destination
        self._values: dict[Metric, dict[tuple[str, ...], float]] = {
            metric: {} for metric in table.STORE_METRICS
        }
        self._timed: dict[Metric, dict[tuple[str, ...], TimingTotals]] = {
            table.LATENCY: {},
            table.CALL: {},
            table.REQUEST: {},
        }

    def add(self, metric: Metric, value: float, *labels: str) -> None:
        if not self._per_destination and "company" in metric.labels:
            return
        pairs = zip(metric.labels, labels, strict=True)
        key = tuple(
            ALL_DESTINATIONS if name == "destination" and not self._per_destination else label
            for name, label in pairs
        )
        before = self._values[metric].get(key)
        if before is None:
            self._values[metric][key] = value
        else:
            self._values[metric][key] = max(before, value) if metric.kind is Kind.LEVEL else before + value

    def add_times(self, metric: Metric, timed: TimingTotals, *labels: str) -> None:
        before = self._timed[metric].get(labels, TimingTotals(Histogram(), 0.0))
        counts = Counter(before.histogram.counts)
        counts.update(timed.histogram.counts)
        self._timed[metric][labels] = TimingTotals(Histogram(dict(counts)), before.seconds + timed.seconds)

    def families(self) -> Iterator[Family]:
        """Yield the metric families of the Prometheus client."""
        for metric, values in self._values.items():
            if metric.kind is Kind.HISTOGRAM:
                yield _histogram(metric, self._timed[metric])
                continue
            family_class = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
            family = family_class(metric.name, metric.help_text, labels=metric.labels)
            for label_values, value in sorted(values.items()):
                family.add_metric(label_values, value)
            yield family


def _histogram(metric: Metric, timed: Mapping[tuple[str, ...], TimingTotals]) -> Family:
    family = HistogramMetricFamily(metric.name, metric.help_text, labels=metric.labels)
    for label_values, totals in sorted(timed.items()):
        counts = totals.histogram.counts
        # The store has two buckets per published one.
        sums = (sum(counts.get(bucket, 0) for bucket in (last - 1, last)) for last in _HISTOGRAM_BUCKETS)
        ends = [
            (f"{bucket_end(last):g}", float(below))
            for last, below in zip(_HISTOGRAM_BUCKETS, accumulate(sums), strict=True)
        ]
        family.add_metric(label_values, [*ends, ("+Inf", float(totals.histogram.total))], totals.seconds)
    return family


class StoreCollector(Collector):
    """Reads the stores at every scrape. Of an unavailable store it reports only that."""

    def __init__(self, ctx: MetricsContext) -> None:
        self._ctx = ctx

    def collect(self) -> Iterable[Family]:
        for family in collect_samples(self._ctx).families():
            yield family
            # Rendering hundreds of destinations takes a while: let other requests run between two metrics.
            time.sleep(0)


def collect_samples(ctx: MetricsContext) -> Samples:
    """Read all metrics now."""
    samples = Samples(per_destination=ctx.per_destination)
    samples.add(table.BUILD, 1, VERSION)
    destinations = ctx.destinations()
    _add_zeros(samples, ctx.config)
    for store in ctx.stores:
        try:
            _add_store(
                samples,
                ctx,
                store,
                {name: item for name, item in destinations.items() if item.store == store.name},
            )
        except Unavailable:
            samples.add(table.STORE_UP, 0, store.name)
    return samples


def _add_zeros(samples: Samples, config: Config) -> None:
    """Start foreseeable series at 0: Prometheus cannot see the first increase of a series that begins with it."""
    for name in config.sources:
        for outcome in (
            *_OUTCOMES_OF_REQUESTS,
            *(["verification_failed"] if name in config.webhooks else []),
        ):
            samples.add(table.REQUESTS, 0, name, outcome)
    for metric, labels in (
        (table.LATENCY, [()]),
        (table.CALL, [()]),
        (table.REQUEST, [(endpoint,) for endpoint in _ENDPOINTS]),
    ):
        for place in labels:
            samples.add_times(metric, TimingTotals(Histogram(), 0.0), *place)


def _add_store(samples: Samples, ctx: MetricsContext, store: Store, own: Mapping[str, Destination]) -> None:
    redis = store.redis
    # Read all values first, so that a store is reported completely or as unavailable, never in part.
    totals, durability = read_totals(redis), read_durability(redis)
    with redis_errors_as_unavailable():
        names = sorted({*own, *list_destination_names(redis)})
    gauges = read_destination_gauges(redis, names)
    companies = sorted({item.company for item in own.values()}) if ctx.per_destination else []
    usage = read_company_usage(redis, companies) if companies else []
    base_urls = sorted({item.base_url for item in own.values()})
    unreachable = {breaker.base_url for breaker in read_open_breakers(redis, base_urls)}
    workers = read_living_workers(redis, ctx.now())
    used = read_source_bytes(redis, sorted(ctx.config.sources))
    samples.add(table.STORE_UP, 1, store.name)
    samples.add(table.STORE_RELAXED, bool(durability.relaxed), store.name)
    samples.add(table.STORE_USED, totals.used_bytes, store.name)
    samples.add(table.STORE_LIMIT, totals.limit_bytes, store.name)
    samples.add(table.WORKERS, len(workers), store.name)
    samples.add(table.OVERDUE, totals.overdue_seconds, store.name)
    for base_url in base_urls:
        samples.add(table.GONG_DOWN, base_url in unreachable, base_url)
    for name, destination_gauges in gauges.items():
        _add_destination(samples, name, destination_gauges, totals)
    limits = {item.company: item.limits for item in own.values()}
    for company in usage:
        _add_company(samples, company, limits[company.company])
    for source, size in used.items():
        samples.add(table.SOURCE_USED, size, store.name, source)
    _add_totals(samples, totals)


def _add_destination(samples: Samples, name: str, gauges: DestinationGauges, totals: CounterTotals) -> None:
    for state, count in gauges.states.items():
        samples.add(table.EVENTS, count, name, state)
    samples.add(table.OLDEST, round(gauges.oldest_seconds, 3), name)
    samples.add(table.ON_HOLD, gauges.hold is not None, name)
    if gauges.hold is not None:
        samples.add(table.HOLD, 1, name, gauges.hold)
    for state in sorted(ENDED_STATES):
        samples.add(table.ENDED, totals.states.get((name, state), 0), name, state)
    samples.add(table.REPEATED, totals.states.get((name, "repeated"), 0), name)
    samples.add(table.ACCEPTED, totals.other_counts.get((name, "accepted"), 0), name)
    samples.add(table.REPLAYED, totals.other_counts.get((name, "replayed"), 0), name)
    for reason in DeadLetterReason:
        samples.add(table.DEAD, totals.other_counts.get((name, f"dead:{reason}"), 0), name, reason)
    for outcome in _OUTCOMES:
        samples.add(table.ATTEMPTS, _count_attempts(totals, name, outcome), name, outcome)


_COUNTED_AS_DEAD = {
    "rejected": DeadLetterReason.REJECTED,
    "failed": DeadLetterReason.RETRIES_EXHAUSTED,
    "blocked": DeadLetterReason.BLOCKED,
}
"""The store counts an attempt that makes a dead letter by the dead letter's reason, not by its outcome."""


def _count_attempts(totals: CounterTotals, name: str, outcome: str) -> int:
    count = totals.other_counts.get((name, outcome), 0)
    if outcome in _COUNTED_AS_DEAD:
        return count + totals.other_counts.get((name, f"dead:{_COUNTED_AS_DEAD[outcome]}"), 0)
    return count or totals.states.get((name, outcome), 0)


def _add_company(samples: Samples, usage: CompanyUsage, limits: Limits) -> None:
    samples.add(table.BUDGET, limits.daily_budget, usage.company)
    samples.add(table.BUDGET_LEFT, max(limits.daily_budget - usage.last_day, 0), usage.company)
    samples.add(table.FROZEN, usage.frozen_until.timestamp() if usage.frozen_until else 0, usage.company)


def _add_totals(samples: Samples, totals: CounterTotals) -> None:
    for (source, outcome), count in totals.requests.items():
        samples.add(table.REQUESTS, count, source, outcome.partition(":")[0])
    for name, timed in totals.timings.items():
        kind, _, endpoint = name.partition(":")
        if kind == "request":
            samples.add_times(table.REQUEST, timed, endpoint)
        else:
            samples.add_times({"delivery": table.LATENCY, "call": table.CALL}[kind], timed)
