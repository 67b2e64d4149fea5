"""Definitions of all metrics: name, help text and labels. docs/metrics.md lists them."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of metrics in Prometheus. A `LEVEL` is a gauge that is merged by its maximum, not by its sum."""

    GAUGE = "gauge"
    LEVEL = "level"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. Every scrape contains its `help_text`."""

    kind: Kind
    name: str
    help_text: str
    labels: tuple[str, ...] = ()

    @property
    def is_global(self) -> bool:
        """True if no label names a destination or a company."""
        return not {"destination", "company"} & set(self.labels)


BUILD = Metric(Kind.GAUGE, "relay_build_info", "The running version, as a label. Always 1.", ("version",))

STORE_UP = Metric(Kind.GAUGE, "relay_store_up", "1 while the store responds.", ("store",))
STORE_RELAXED = Metric(
    Kind.GAUGE,
    "relay_store_durability_relaxed",
    "1 while the store may lose accepted events.",
    ("store",),
)
STORE_USED = Metric(Kind.GAUGE, "relay_store_memory_used_bytes", "Memory in use by the store.", ("store",))
STORE_LIMIT = Metric(
    Kind.GAUGE,
    "relay_store_memory_limit_bytes",
    "The store's maxmemory. 0 if no limit is set.",
    ("store",),
)
WORKERS = Metric(Kind.GAUGE, "relay_workers", "Running workers.", ("store",))
OVERDUE = Metric(
    Kind.LEVEL,
    "relay_scheduling_lag_seconds",
    "How long events of the longest-waiting company could have been sent but were not. Grows if workers are missing or "
    "too slow. 0 while all waiting events wait for a budget, a hold, a retry or Gong.",
    ("store",),
)
GONG_DOWN = Metric(
    Kind.LEVEL,
    "relay_gong_down",
    "1 while the relay sends nothing to this base URL because Gong does not respond there.",
    ("base_url",),
)

EVENTS = Metric(
    Kind.GAUGE,
    "relay_events",
    "Open events by state, and dead letters.",
    ("destination", "state"),
)
OLDEST = Metric(
    Kind.LEVEL,
    "relay_oldest_event_age_seconds",
    "Age of the oldest event that waits to be sent, is being sent or waits for a retry. 0 if there is none.",
    ("destination",),
)
ON_HOLD = Metric(
    Kind.GAUGE, "relay_destination_on_hold", "1 while the destination is on hold.", ("destination",)
)
HOLD = Metric(
    Kind.GAUGE,
    "relay_hold_info",
    "The cause of a hold, as a label. Only while the destination is on hold.",
    ("destination", "cause"),
)
BUDGET = Metric(
    Kind.GAUGE, "relay_daily_budget_calls", "Calls that a company may make in any 24 hours.", ("company",)
)
BUDGET_LEFT = Metric(
    Kind.GAUGE,
    "relay_daily_budget_remaining_calls",
    "Calls that a company may still make in the current 24 hours.",
    ("company",),
)
FROZEN = Metric(
    Kind.GAUGE,
    "relay_rate_limited_until_timestamp_seconds",
    "When the company's rate limit at Gong ends. 0 if it is not limited.",
    ("company",),
)
SOURCE_USED = Metric(
    Kind.GAUGE,
    "relay_source_store_bytes",
    "Bytes of the store that the events of a source use.",
    ("store", "source"),
)

ACCEPTED = Metric(
    Kind.COUNTER,
    "relay_events_accepted_total",
    "Accepted events, whatever their state now.",
    ("destination",),
)
REPEATED = Metric(
    Kind.COUNTER, "relay_events_repeated_total", "Events that were accepted before.", ("destination",)
)
ENDED = Metric(
    Kind.COUNTER,
    "relay_events_ended_total",
    "Events that reached an end state, by state.",
    ("destination", "state"),
)
DEAD = Metric(
    Kind.COUNTER, "relay_dead_letters_total", "Events that became dead letters.", ("destination", "reason")
)
REPLAYED = Metric(Kind.COUNTER, "relay_events_replayed_total", "Replayed events.", ("destination",))
ATTEMPTS = Metric(Kind.COUNTER, "relay_attempts_total", "Attempts, by outcome.", ("destination", "outcome"))
REQUESTS = Metric(
    Kind.COUNTER,
    "relay_requests_total",
    "Requests of a source: accepted ones, and rejected ones by error code. The source is empty if it is unknown.",
    ("source", "outcome"),
)

LATENCY = Metric(
    Kind.HISTOGRAM,
    "relay_event_latency_seconds",
    "Time from accepting an event until Gong has it, without sessions and replays.",
)
CALL = Metric(Kind.HISTOGRAM, "relay_gong_call_duration_seconds", "Response time of Gong.")
REQUEST = Metric(
    Kind.HISTOGRAM,
    "relay_request_duration_seconds",
    "Response time of the relay by group of endpoints.",
    ("endpoint",),
)

STORE_METRICS = (
    BUILD,
    STORE_UP,
    STORE_RELAXED,
    STORE_USED,
    STORE_LIMIT,
    WORKERS,
    OVERDUE,
    GONG_DOWN,
    EVENTS,
    OLDEST,
    ON_HOLD,
    HOLD,
    BUDGET,
    BUDGET_LEFT,
    FROZEN,
    SOURCE_USED,
    ACCEPTED,
    REPEATED,
    ENDED,
    DEAD,
    REPLAYED,
    ATTEMPTS,
    REQUESTS,
    LATENCY,
    CALL,
    REQUEST,
)
"""Read from the store at every scrape, with the same values from every web process and worker."""
