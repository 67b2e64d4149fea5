"""A worker's health server: `/livez`, `/readyz` and `/metrics` on its own port. It serves nothing else."""

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
"""A loop that has not run for this long hangs: the timeouts of its Redis commands are far shorter."""

_CLIENT_TIMEOUT_SECONDS = 5.0

CALLS_METRIC = ("relay_worker_calls_in_flight", "Calls that this worker is making now.")
THREADS_METRIC = ("relay_worker_threads", "Calls that this worker can make at the same time.")
LOOP_AGE_METRIC = ("relay_worker_loop_age_seconds", "Seconds since this worker's main loop last ran.")


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Answers the health endpoints from the worker's liveness and its store."""

    liveness: Liveness
    threads: int
    redis: Client
    metrics_context: MetricsContext

    def live(self) -> bool:
        """True unless the loop hangs. A worker that waits for its store is live: restarting it would not help."""
        return self.liveness.loop_age_seconds < MAX_LOOP_AGE_SECONDS

    def ready(self) -> bool:
        """True if the loop runs and the store answers."""
        return self.liveness.started and self.live() and is_reachable(self.redis)

    def metrics(self) -> bytes:
        """Return the metrics of this process and of its store, in Prometheus' text format."""
        # A registry per request, so that it contains these collectors and nothing that a library registered.
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_WorkerCollector(self))
        registry.register(StoreCollector(self.metrics_context))
        ProcessCollector(registry=registry)
        return generate_latest(registry)


@dataclass(frozen=True, eq=False)
class _WorkerCollector(Collector):
    """The metrics of this process."""

    report: HealthReport

    def collect(self) -> Iterable[Family]:
        liveness = self.report.liveness
        yield GaugeMetricFamily(*CALLS_METRIC, value=liveness.calls_in_flight)
        yield GaugeMetricFamily(*THREADS_METRIC, value=self.report.threads)
        yield GaugeMetricFamily(*LOOP_AGE_METRIC, value=round(liveness.loop_age_seconds, 3))


class _Server(ThreadingHTTPServer):
    """Serves each request in a thread. An exception is logged and ends only its own request."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the signature of socketserver
        error = sys.exception()
        if not isinstance(error, OSError):  # a client that hung up needs no log line
            log_event("worker.health_request_failed", level="error", error=type(error).__name__)


def serve_health(port: int, report: HealthReport) -> ThreadingHTTPServer | None:
    """Start the health server in a daemon thread. Returns None if the port is in use."""
    try:
        server = _Server(("", port), _create_handler(report))
    except OSError as error:
        # A worker without its health server still sends events, so this is no reason to exit.
        log_event("worker.port_taken", level="error", port=port, error=error.strerror)
        return None
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server


def _create_handler(report: HealthReport) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers one request."""

        timeout = _CLIENT_TIMEOUT_SECONDS
        server_version, sys_version = "gong-relay", ""

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/livez":
                    self._send_status(ok=report.live())
                case "/readyz":
                    self._send_status(ok=report.ready())
                case "/metrics":
                    self._send(HTTPStatus.OK, report.metrics(), CONTENT_TYPE_LATEST)
                case _:
                    self._send(HTTPStatus.NOT_FOUND, b"", "text/plain")

        def log_message(self, *_: Any) -> None:
            """Log no access lines: probes every few seconds would bury the other lines."""

        def _send_status(self, *, ok: bool) -> None:
            status = HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE
            body = b'{"status":"ok"}\n' if ok else b'{"status":"unavailable"}\n'
            self._send(status, body, "application/json")

        def _send(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
