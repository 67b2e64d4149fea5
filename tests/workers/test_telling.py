"""What a worker tells of itself on its own port, over real sockets."""

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


class Stopped(Liveness):
    """Of a loop that came round once, and hangs."""

    @property
    def silent_seconds(self) -> float:
        return MAX_LOOP_AGE_SECONDS


def told(redis: Redis, pulse: Liveness) -> HealthReport:
    known = {"acme": Destination("acme", "acme", BasicCredentials("k", "s"))}
    watched = MetricsContext(Stores(redis), Config(known, {}), lambda: known, lambda: datetime.now(UTC))
    return HealthReport(pulse, 8, redis, watched)


@pytest.fixture
def asking() -> Iterator[Callable[[HealthReport], Ask]]:
    servers = []

    def begin(what: HealthReport) -> Ask:
        server = serve_health(0, what)
        assert server is not None
        servers.append(server)
        port = server.server_address[1]

        def ask(path: str) -> tuple[int, str]:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answered:
                    return answered.status, answered.read().decode()
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, error.read().decode()

        return ask

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_worker_at_work_lives_and_is_ready(asking, redis: Redis):
    pulse = Liveness()
    pulse.record_loop()
    ask = asking(told(redis, pulse))

    assert (ask("/livez"), ask("/readyz")) == ((200, '{"status":"ok"}\n'), (200, '{"status":"ok"}\n'))


def test_a_worker_that_waits_for_its_store_lives_and_is_not_ready(asking):
    away = open_redis("unix:///nowhere/at/all", WORKER)
    ask = asking(told(away, Liveness()))

    assert (ask("/livez")[0], ask("/readyz")[0]) == (200, 503)


def test_a_worker_whose_store_went_away_lives_and_is_not_ready(asking):
    pulse = Liveness()
    pulse.record_loop()
    ask = asking(told(open_redis("unix:///nowhere/at/all", WORKER), pulse))

    assert (ask("/livez")[0], ask("/readyz")[0]) == (200, 503)


def test_a_worker_whose_loop_hangs_is_not_alive(asking, redis: Redis):
    ask = asking(told(redis, Stopped()))

    assert (ask("/livez")[0], ask("/readyz")[0]) == (503, 503)


def test_a_worker_tells_what_it_has_under_way_beside_what_the_store_knows(asking, redis: Redis):
    pulse = Liveness()
    ask = asking(told(redis, pulse))

    with pulse.track_call(), pulse.track_call():
        text = ask("/metrics")[1]

    assert "relay_worker_calls_in_flight 2.0" in text
    assert "relay_worker_threads 8.0" in text
    assert 'relay_events_accepted_total{destination="acme"} 0.0' in text
    assert "relay_worker_calls_in_flight 0.0" in ask("/metrics")[1]


def test_nothing_else_is_answered(asking, redis: Redis):
    ask = asking(told(redis, Liveness()))

    assert [ask(path)[0] for path in ("/", "/v1/events", "/metrics/x")] == [404, 404, 404]


def test_a_worker_whose_port_is_taken_works_without_it(redis: Redis):
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()

        assert serve_health(other.getsockname()[1], told(redis, Liveness())) is None


def test_every_metric_of_a_worker_is_explained():
    listed = first_cells(section(page("docs/metrics.md"), "Of one worker"))

    assert listed == [name for name, _ in (CALLS_METRIC, THREADS_METRIC, LOOP_AGE_METRIC)]


def test_promtool_finds_nothing_wrong_with_a_worker(asking, redis: Redis):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here: it comes with Debian's package prometheus")
    text = asking(told(redis, Liveness()))("/metrics")[1].encode()

    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
