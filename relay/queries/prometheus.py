"""What Prometheus is told when it asks: everything that the store knows, read anew each time."""

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
from relay.queries.queues import is_alive
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
from relay.store.queues import CompanyUsage, read_company_usage, read_open_breakers, read_workers
from relay.store.stores import Store

ALL_DESTINATIONS = "all"
"""What destinations are called where they are added up."""

_SECONDS = tuple(range(0, 34, 2))
"""The buckets that are told: from 10 ms to 11 minutes, each twice as long as the one before."""

_OUTCOMES = ("delivered", "duplicate", "rejected", "failed", "rate_limited", "blocked")
_ENDPOINTS = ("events", "webhooks", "gong")


@dataclass(frozen=True, slots=True)
class MetricsContext:
    """What is told of: the stores, what is configured, and every destination that there is. `apart`: each by its name."""

    stores: Iterable[Store]
    config: Config
    known: Callable[[], Mapping[str, Destination]]
    now: Callable[[], datetime]
    apart: bool = True


class Samples:
    """Values of metrics by their labels. What is read twice under the same labels is added up."""

    def __init__(self, *, apart: bool) -> None:
        self._apart = apart
        self._values: dict[Metric, dict[tuple[str, ...], float]] = {each: {} for each in table.STORE_METRICS}
        self._timed: dict[Metric, dict[tuple[str, ...], TimingTotals]] = {
            table.LATENCY: {},
            table.CALL: {},
            table.REQUEST: {},
        }

    def add(self, metric: Metric, value: float, *labels: str) -> None:
        if not self._apart and "company" in metric.labels:
            return
        named = zip(metric.labels, labels, strict=True)
        place = tuple(
            ALL_DESTINATIONS if name == "destination" and not self._apart else label for name, label in named
        )
        before = self._values[metric].get(place)
        if before is None:
            self._values[metric][place] = value
        else:
            self._values[metric][place] = max(before, value) if metric.kind is Kind.LEVEL else before + value

    def add_times(self, metric: Metric, timed: TimingTotals, *labels: str) -> None:
        before = self._timed[metric].get(labels, TimingTotals(Histogram(), 0.0))
        counts = Counter(before.histogram.counts)
        counts.update(timed.histogram.counts)
        self._timed[metric][labels] = TimingTotals(Histogram(dict(counts)), before.seconds + timed.seconds)

    def families(self) -> Iterator[Family]:
        """Of each metric that has a value what Prometheus reads."""
        for metric, values in self._values.items():
            if metric.kind is Kind.HISTOGRAM:
                yield _histogram(metric, self._timed[metric])
                continue
            of_kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
            family = of_kind(metric.name, metric.help_text, labels=metric.labels)
            for place, value in sorted(values.items()):
                family.add_metric(place, value)
            yield family


def _histogram(metric: Metric, timed: Mapping[tuple[str, ...], TimingTotals]) -> Family:
    family = HistogramMetricFamily(metric.name, metric.help_text, labels=metric.labels)
    for place, told in sorted(timed.items()):
        counts = told.histogram.counts
        each = (sum(counts.get(bucket, 0) for bucket in (last - 1, last)) for last in _SECONDS)
        ends = [
            (f"{bucket_end(last):g}", float(below))
            for last, below in zip(_SECONDS, accumulate(each), strict=True)
        ]
        family.add_metric(place, [*ends, ("+Inf", float(told.histogram.total))], told.seconds)
    return family


class StoreCollector(Collector):
    """Reads the stores whenever it is asked. One that is away is told as such, and of it nothing else."""

    def __init__(self, watched: MetricsContext) -> None:
        self._watched = watched

    def collect(self) -> Iterable[Family]:
        """With hundreds of destinations the text takes a while: between two metrics others of this process go on."""
        for family in collect_samples(self._watched).families():
            yield family
            time.sleep(0)


def collect_samples(watched: MetricsContext) -> Samples:
    """Everything, now."""
    readings = Samples(apart=watched.apart)
    readings.add(table.BUILD, 1, VERSION)
    known = watched.known()
    _begin(readings, watched.config)
    for store in watched.stores:
        try:
            _store(
                readings,
                watched,
                store,
                {name: each for name, each in known.items() if each.store == store.name},
            )
        except Unavailable:
            readings.add(table.STORE_UP, 0, store.name)
    return readings


def _begin(readings: Samples, config: Config) -> None:
    """A series that begins with its first event hides it: what can be foreseen begins at 0."""
    for name in config.sources:
        for outcome in ("accepted", *(["verification_failed"] if name in config.webhooks else [])):
            readings.add(table.REQUESTS, 0, name, outcome)
    for metric, labels in (
        (table.LATENCY, [()]),
        (table.CALL, [()]),
        (table.REQUEST, [(endpoint,) for endpoint in _ENDPOINTS]),
    ):
        for place in labels:
            readings.add_times(metric, TimingTotals(Histogram(), 0.0), *place)


def _store(readings: Samples, watched: MetricsContext, store: Store, own: Mapping[str, Destination]) -> None:
    """Everything is read before the first of it is told: a store is told of whole, or as away."""
    redis = store.redis
    totals, durability = read_totals(redis), read_durability(redis)
    with redis_errors_as_unavailable():
        names = sorted({*own, *list_destination_names(redis)})
    standing = read_destination_gauges(redis, names)
    spent = (
        read_company_usage(redis, sorted({each.company for each in own.values()})) if watched.apart else []
    )
    bases = sorted({each.base_url for each in own.values()})
    down = {each.base_url for each in read_open_breakers(redis, bases)}
    workers = [worker for worker in read_workers(redis) if is_alive(worker, watched.now())]
    readings.add(table.STORE_UP, 1, store.name)
    readings.add(table.STORE_RELAXED, bool(durability.relaxed), store.name)
    readings.add(table.STORE_USED, totals.used_bytes, store.name)
    readings.add(table.STORE_LIMIT, totals.limit_bytes, store.name)
    readings.add(table.WORKERS, len(workers), store.name)
    readings.add(table.OVERDUE, totals.overdue_seconds, store.name)
    for base in bases:
        readings.add(table.GONG_DOWN, base in down, base)
    for name, each in standing.items():
        _destination(readings, name, each, totals)
    limits = {each.company: each.limits for each in own.values()}
    for company in spent:
        _company(readings, company, limits[company.company])
    _told_of_all(readings, totals)


def _destination(readings: Samples, name: str, now: DestinationGauges, ever: CounterTotals) -> None:
    for state, count in now.states.items():
        readings.add(table.EVENTS, count, name, state)
    readings.add(table.OLDEST, round(now.oldest_seconds, 3), name)
    readings.add(table.ON_HOLD, now.hold is not None, name)
    if now.hold is not None:
        readings.add(table.HOLD, 1, name, now.hold)
    for state in sorted(ENDED_STATES):
        readings.add(table.ENDED, ever.states.get((name, state), 0), name, state)
    readings.add(table.REPEATED, ever.states.get((name, "repeated"), 0), name)
    readings.add(table.ACCEPTED, ever.other_counts.get((name, "accepted"), 0), name)
    readings.add(table.REPLAYED, ever.other_counts.get((name, "replayed"), 0), name)
    for reason in DeadLetterReason:
        readings.add(table.DEAD, ever.other_counts.get((name, f"dead:{reason}"), 0), name, reason)
    for outcome in _OUTCOMES:
        readings.add(table.ATTEMPTS, _attempts(ever, name, outcome), name, outcome)


_ALSO = {
    "rejected": DeadLetterReason.REJECTED,
    "failed": DeadLetterReason.RETRIES_EXHAUSTED,
    "blocked": DeadLetterReason.BLOCKED,
}
"""Attempts that made a dead letter are counted by its reason."""


def _attempts(ever: CounterTotals, name: str, outcome: str) -> int:
    count = ever.other_counts.get((name, outcome), 0)
    if outcome in _ALSO:
        return count + ever.other_counts.get((name, f"dead:{_ALSO[outcome]}"), 0)
    return count or ever.states.get((name, outcome), 0)


def _company(readings: Samples, spent: CompanyUsage, limits: Limits) -> None:
    readings.add(table.BUDGET, limits.daily_budget, spent.company)
    readings.add(table.BUDGET_LEFT, max(limits.daily_budget - spent.last_day, 0), spent.company)
    readings.add(table.FROZEN, spent.frozen_until.timestamp() if spent.frozen_until else 0, spent.company)


def _told_of_all(readings: Samples, totals: CounterTotals) -> None:
    for (source, outcome), count in totals.requests.items():
        readings.add(table.REQUESTS, count, source, outcome.partition(":")[0])
    for what, timed in totals.timings.items():
        kind, _, endpoint = what.partition(":")
        if kind == "request":
            readings.add_times(table.REQUEST, timed, endpoint)
        else:
            readings.add_times({"delivery": table.LATENCY, "call": table.CALL}[kind], timed)
