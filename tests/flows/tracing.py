"""Test support: a relay in this process whose spans are exported to memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import requests
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from redis import Redis

from relay.app import create_app
from relay.config.load import read_config
from relay.core.config import Config
from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import SandboxSettings
from relay.settings import Settings
from relay.store.delivery import LeasedEvent, Pacing, finish, lease_events
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.tracing import spans
from relay.tracing.otel import create_tracer
from tests.flows.delivering import serve_app
from tests.harness.accounts import Account, configuration
from tests.harness.clients import Event
from workers.credentials import CredentialStore
from workers.deliver import Deliverer
from workers.gong_client import GongClient, HttpOptions
from workers.pacing import RateGate
from workers.settlement import Attempt, SettlementOptions, settle
from workers.tracing import trace_attempt

ACCOUNT = Account("acme")


@dataclass
class TracedRelay:
    """A traced relay and its sandbox. `exporter` has every span that has ended."""

    redis: Redis
    relay: str
    gong: str
    config: Config
    exporter: InMemorySpanExporter = field(repr=False)

    def post(self, event: Event, **headers: str) -> str:
        """Post an event and return its id."""
        key = {"X-API-Key": ACCOUNT.key}
        response = requests.post(f"{self.relay}/v1/events", json=event, headers=key | headers, timeout=10)
        assert response.status_code == 202, response.text
        return str(response.json()["id"])

    def deliver(self) -> None:
        """Make one attempt of each event that is queued, as a worker does."""
        scripts = Scripts(self.redis)
        for event in lease_events(scripts, worker="w", want=32, pacing=Pacing(window=0.0, slack=0.0))[1]:
            trace_attempt(self.redis, event, partial(self._attempt, scripts, event))

    def _attempt(self, scripts: Scripts, event: LeasedEvent) -> None:
        find = self.config.destinations.get
        deliverer = Deliverer(find, CredentialStore(None, _now), GongClient(HttpOptions()), RateGate(0.0))
        result = deliverer.attempt(event, _now)
        attempt = Attempt(
            event=event, outcome=result.outcome, worker="w", started_at=_now(), seconds=result.seconds
        )
        assert finish(scripts, event, settle(attempt, SettlementOptions()))

    def make_retries_due(self) -> None:
        """Make all waiting retries due now."""
        for name in self.redis.zrange(keys.RETRIES, 0, -1):
            self.redis.zadd(keys.RETRIES, {name: 0})
        self.redis.delete(keys.SWEEP_LOCK)

    def spans(self, name: str) -> list[ReadableSpan]:
        """Return the spans whose name starts with `name`, in the order in which they ended."""
        return [span for span in self.exporter.get_finished_spans() if span.name.startswith(name)]


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def run_traced_relay(redis: Redis) -> Iterator[TracedRelay]:
    """Run a relay that is traced."""
    exporter = InMemorySpanExporter()
    spans.set_tracer(create_tracer(SimpleSpanProcessor(exporter), "test"))
    try:
        with serve_sandbox(SandboxSettings(per_second=10_000.0, burst=10_000)) as gong:
            hosts = frozenset({gong.removeprefix("http://")})
            config = read_config(configuration([ACCOUNT], gong), environ={}, allow_hosts=hosts)
            settings = Settings(public_url="http://relay.example", secret_keys=("k" * 32,))
            with serve_app(create_app(settings, config, redis)) as relay:
                yield TracedRelay(redis, relay, gong, config, exporter)
    finally:
        spans.set_tracer(None)
