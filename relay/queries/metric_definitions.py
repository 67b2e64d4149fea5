"""Every metric that the relay tells: its name, what it means, and its labels. The page is docs/metrics.md."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """As Prometheus has them. A `LEVEL` is a gauge of which the highest counts where several become one."""

    GAUGE = "gauge"
    LEVEL = "level"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `help_text` ends up beside it in every scrape."""

    kind: Kind
    name: str
    help_text: str
    labels: tuple[str, ...] = ()

    @property
    def is_global(self) -> bool:
        """Whether it tells of no single destination or company."""
        return not {"destination", "company"} & set(self.labels)


BUILD = Metric(
    Kind.GAUGE, "relay_build_info", "The version that answers, as a label. Always 1.", ("version",)
)

STORE_UP = Metric(Kind.GAUGE, "relay_store_up", "1 while the store answers.", ("store",))
STORE_RELAXED = Metric(
    Kind.GAUGE,
    "relay_store_durability_relaxed",
    "1 while the store may lose events that were accepted.",
    ("store",),
)
STORE_USED = Metric(Kind.GAUGE, "relay_store_memory_used_bytes", "Memory that the store uses.", ("store",))
STORE_LIMIT = Metric(
    Kind.GAUGE,
    "relay_store_memory_limit_bytes",
    "Memory that the store may use. 0: no limit is set.",
    ("store",),
)
WORKERS = Metric(Kind.GAUGE, "relay_workers", "Workers alive.", ("store",))
OVERDUE = Metric(
    Kind.LEVEL,
    "relay_scheduling_lag_seconds",
    "For how long the longest-waiting company could have been served and was not: it grows when workers are missing or "
    "too slow. 0 while all that waits waits for a budget, a hold, a retry or Gong.",
    ("store",),
)
GONG_DOWN = Metric(
    Kind.LEVEL,
    "relay_gong_down",
    "1 while nothing is sent to this base URL because nobody answers there.",
    ("base_url",),
)

EVENTS = Metric(
    Kind.GAUGE,
    "relay_events",
    "Events that are on their way, by state, and dead letters.",
    ("destination", "state"),
)
OLDEST = Metric(
    Kind.LEVEL,
    "relay_oldest_event_age_seconds",
    "Age of the oldest event that waits for its turn, an attempt or a retry. 0: there is none.",
    ("destination",),
)
ON_HOLD = Metric(
    Kind.GAUGE, "relay_destination_on_hold", "1 while a destination takes no calls.", ("destination",)
)
HOLD = Metric(
    Kind.GAUGE,
    "relay_hold_info",
    "Why a destination is on hold, as a label. Only while it is.",
    ("destination", "cause"),
)
BUDGET = Metric(
    Kind.GAUGE, "relay_daily_budget_calls", "Calls that a company may make in 24 hours.", ("company",)
)
BUDGET_LEFT = Metric(
    Kind.GAUGE,
    "relay_daily_budget_remaining_calls",
    "Calls that a company may still make within them.",
    ("company",),
)
FROZEN = Metric(
    Kind.GAUGE,
    "relay_rate_limited_until_timestamp_seconds",
    "Until when a company rests because Gong said so. 0: it does not.",
    ("company",),
)

ACCEPTED = Metric(
    Kind.COUNTER, "relay_events_accepted_total", "Events kept, whatever became of them.", ("destination",)
)
REPEATED = Metric(
    Kind.COUNTER, "relay_events_repeated_total", "Events that had been kept before.", ("destination",)
)
ENDED = Metric(
    Kind.COUNTER, "relay_events_ended_total", "Events that ended, by state.", ("destination", "state")
)
DEAD = Metric(
    Kind.COUNTER, "relay_dead_letters_total", "Events that became dead letters.", ("destination", "reason")
)
REPLAYED = Metric(
    Kind.COUNTER, "relay_events_replayed_total", "Events that were sent again.", ("destination",)
)
ATTEMPTS = Metric(
    Kind.COUNTER, "relay_attempts_total", "Attempts, by what Gong's answer meant.", ("destination", "outcome")
)
REQUESTS = Metric(
    Kind.COUNTER,
    "relay_requests_total",
    "Requests of a source that were taken, and those that were not by the code of the answer. Of strangers the source is empty.",
    ("source", "outcome"),
)

LATENCY = Metric(
    Kind.HISTOGRAM,
    "relay_event_latency_seconds",
    "From an event's arrival until Gong has it. Without sessions and replays.",
)
CALL = Metric(Kind.HISTOGRAM, "relay_gong_call_duration_seconds", "How long Gong took to answer.")
REQUEST = Metric(
    Kind.HISTOGRAM,
    "relay_request_duration_seconds",
    "How long requests at a endpoint took to answer.",
    ("endpoint",),
)

STORE_METRICS = (
    *(BUILD, STORE_UP, STORE_RELAXED, STORE_USED, STORE_LIMIT, WORKERS, OVERDUE, GONG_DOWN),
    *(EVENTS, OLDEST, ON_HOLD, HOLD, BUDGET, BUDGET_LEFT, FROZEN),
    *(ACCEPTED, REPEATED, ENDED, DEAD, REPLAYED, ATTEMPTS, REQUESTS),
    *(LATENCY, CALL, REQUEST),
)
"""Told by every web process and every worker alike: they are read from the store when somebody asks."""
