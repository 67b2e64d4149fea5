"""A worker's health server, over real sockets."""

import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from redis import Redis

from relay.core.config import Config
from relay.core.destination import BasicCredentials, Destination
from relay.queries.prometheus import MetricsContext
from relay.store.engine.connection import WORKER, open_redis
from relay.store.stores import Stores
from tests.truth.project import first_cells, page, section
from workers.health_server import (
    CALLS_METRIC,
    LOOP_AGE_METRIC,
    MAX_LOOP_AGE_SECONDS,
    THREADS_METRIC,
    HealthReport,
    serve_health,
)
from workers.liveness import Liveness

Ask = Callable[[str], tuple[int, str]]


class HangingLoop(Liveness):
    """A loop that ran once and hangs since."""

    @property
    def loop_age_seconds(self) -> float:
        return MAX_LOOP_AGE_SECONDS


def report(redis: Redis, liveness: Liveness) -> HealthReport:
    destinations = {"acme": Destination(name="acme", company="acme", credentials=BasicCredentials("k", "s"))}
    context = MetricsContext(
        stores=Stores(redis),
        config=Config(destinations=destinations, sources={}),
        destinations=lambda: destinations,
        now=lambda: datetime.now(UTC),
    )
    return HealthReport(liveness, 8, redis, context)


@pytest.fixture
def serve() -> Iterator[Callable[[HealthReport], Ask]]:
    servers = []

    def start(health: HealthReport) -> Ask:
        server = serve_health(0, health)
        assert server is not None
        servers.append(server)
        port = server.server_address[1]

        def ask(path: str) -> tuple[int, str]:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
                    return response.status, response.read().decode()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.read().decode()

        return ask

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_running_worker_is_live_and_ready(serve, redis: Redis):
    liveness = Liveness()
    liveness.record_loop()
    ask = serve(report(redis, liveness))

    assert (ask("/livez"), ask("/readyz")) == ((200, '{"status":"ok"}\n'), (200, '{"status":"ok"}\n'))


def test_a_worker_that_waits_for_its_store_is_live_but_not_ready(serve):
    unreachable = open_redis("unix:///nowhere/at/all", WORKER)
    ask = serve(report(unreachable, Liveness()))

    assert (ask("/livez")[0], ask("/readyz")[0]) == (200, 503)


def test_a_worker_whose_store_becomes_unreachable_is_live_but_not_ready(serve):
    liveness = Liveness()
    liveness.record_loop()
    ask = serve(report(open_redis("unix:///nowhere/at/all", WORKER), liveness))

    assert (ask("/livez")[0], ask("/readyz")[0]) == (200, 503)


def test_a_worker_whose_loop_hangs_is_not_live(serve, redis: Redis):
    ask = serve(report(redis, HangingLoop()))

    assert (ask("/livez")[0], ask("/readyz")[0]) == (503, 503)


def test_metrics_hold_the_calls_in_flight_and_the_metrics_of_the_store(serve, redis: Redis):
    liveness = Liveness()
    ask = serve(report(redis, liveness))

    with liveness.track_call(), liveness.track_call():
        text = ask("/metrics")[1]

    assert "relay_worker_calls_in_flight 2.0" in text
    assert "relay_worker_threads 8.0" in text
    assert 'relay_events_accepted_total{destination="acme"} 0.0' in text
    assert "relay_worker_calls_in_flight 0.0" in ask("/metrics")[1]


def test_every_other_path_is_answered_404(serve, redis: Redis):
    ask = serve(report(redis, Liveness()))

    assert [ask(path)[0] for path in ("/", "/v1/events", "/metrics/x")] == [404, 404, 404]


def test_a_worker_whose_port_is_in_use_runs_without_a_health_server(redis: Redis):
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()

        assert serve_health(other.getsockname()[1], report(redis, Liveness())) is None


def test_every_metric_of_a_worker_is_documented():
    listed = first_cells(section(page("docs/metrics.md"), "Of one worker"))

    assert listed == [name for name, _ in (CALLS_METRIC, THREADS_METRIC, LOOP_AGE_METRIC)]


def test_promtool_accepts_a_workers_metrics(serve, redis: Redis):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here: it comes with Debian's package prometheus")
    text = serve(report(redis, Liveness()))("/metrics")[1].encode()

    result = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)

    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
