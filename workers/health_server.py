"""What a worker tells of itself on a port of its own: `/livez`, `/readyz`, `/metrics`. Nothing else comes in to a worker."""

import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from relay.log import log_event
from relay.queries.prometheus import MetricsContext, StoreCollector
from relay.store.engine.connection import Client
from relay.store.engine.durability import is_reachable
from workers.liveness import Liveness

MAX_LOOP_AGE_SECONDS = 60.0
"""A loop that has not come round for so long hangs. The store's own deadlines are far shorter."""

_CLIENT_SECONDS = 5.0

CALLS_METRIC = ("relay_worker_calls_in_flight", "Attempts that this worker has under way.")
THREADS_METRIC = ("relay_worker_threads", "Attempts that it may have under way at most.")
LOOP_AGE_METRIC = ("relay_worker_silent_seconds", "Since when the loop of this worker has not come round.")


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What is told of: the worker's pulse, how many threads it has, its store, and what is told of that."""

    pulse: Liveness
    threads: int
    redis: Client
    watched: MetricsContext

    def live(self) -> bool:
        """A worker that waits for its store lives: to start it anew would not bring the store back."""
        return self.pulse.loop_age_seconds < MAX_LOOP_AGE_SECONDS

    def ready(self) -> bool:
        return self.pulse.started and self.live() and is_reachable(self.redis)

    def metrics(self) -> bytes:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_WorkerCollector(self))
        registry.register(StoreCollector(self.watched))
        ProcessCollector(registry=registry)
        return generate_latest(registry)


@dataclass(frozen=True, eq=False)
class _WorkerCollector(Collector):
    """What is of this process alone."""

    told: HealthReport

    def collect(self) -> Iterable[Family]:
        yield GaugeMetricFamily(*CALLS_METRIC, value=self.told.pulse.calls_in_flight)
        yield GaugeMetricFamily(*THREADS_METRIC, value=self.told.threads)
        yield GaugeMetricFamily(*LOOP_AGE_METRIC, value=round(self.told.pulse.loop_age_seconds, 3))


class _Server(ThreadingHTTPServer):
    """A thread for each request. One that fails is a line in the log, and the next is answered."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - its signature
        error = sys.exception()
        if not isinstance(error, OSError):  # one who hung up is nobody's trouble
            log_event("worker.telling_failed", level="error", error=type(error).__name__)


def serve_health(port: int, told: HealthReport) -> ThreadingHTTPServer | None:
    """Answer on this port from now on, in threads that end with the process. None where the port is taken.

    A worker that cannot tell of itself still sends: that is what it is for.
    """
    try:
        server = _Server(("", port), _handler(told))
    except OSError as error:
        log_event("worker.port_taken", level="error", port=port, error=error.strerror)
        return None
    threading.Thread(target=server.serve_forever, name="telling", daemon=True).start()
    return server


def _handler(told: HealthReport) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request. Its log lines would drown the others."""

        timeout = _CLIENT_SECONDS
        server_version, sys_version = "gong-relay", ""

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/livez":
                    self._tell(told.live())
                case "/readyz":
                    self._tell(told.ready())
                case "/metrics":
                    self._answer(HTTPStatus.OK, told.metrics(), CONTENT_TYPE_LATEST)
                case _:
                    self._answer(HTTPStatus.NOT_FOUND, b"", "text/plain")

        def log_message(self, *_: Any) -> None: ...

        def _tell(self, well: bool) -> None:  # noqa: FBT001 - what is told is just that
            status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
            body = b'{"status":"ok"}\n' if well else b'{"status":"unavailable"}\n'
            self._answer(status, body, "application/json")

        def _answer(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
