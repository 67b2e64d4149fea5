"""gunicorn's gevent worker with limits: no connection, head, body or response may stop or fill the process."""

import os
import sys
import time
from collections.abc import Iterable
from typing import Any

import gevent
from gunicorn.arbiter import Arbiter
from gunicorn.http import wsgi
from gunicorn.http.unreader import IterUnreader
from gunicorn.workers.ggevent import GeventWorker

from relay.core.errors import RelayError
from relay.core.secret import Process
from relay.log import log_crash, log_event
from relay.settings import Settings, StartupError
from relay.web.server.body import RequestBody
from relay.web.server.client_network import network_of
from relay.web.server.connection import Connection
from relay.web.server.connection_table import ConnectionTable, Phase, busy
from relay.web.server.limits import ServerLimits, read_limits
from relay.web.server.log import log_hub_errors
from relay.web.server.rejection import log_rejection, rejection_response
from relay.web.server.request import open_body, parse_head

_INTERVAL_SECONDS = 0.2
_REPORT_SECONDS = 10.0
_PROBES = frozenset({"/livez", "/readyz"})
_UNLIMITED = 1_000_000


class Worker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """Serves each connection in a greenlet, as gunicorn's worker does, with our own deadlines and accounting."""

    _limits: ServerLimits
    _table: ConnectionTable

    def init_process(self) -> None:
        """Load the application and serve. Errors are logged here, because gunicorn would print them."""
        try:
            self._limits = read_limits(
                Settings.from_env(os.environ, Process.WEB),
                connections=self.cfg.worker_connections,
                idle_seconds=self.cfg.keepalive,
            )
            self._table = ConnectionTable(self._limits, time.monotonic)
            # gunicorn stops accepting at this number. The table makes room instead, so that health checks are answered.
            self.worker_connections = _UNLIMITED
            super().init_process()
        except Exception as error:  # noqa: BLE001 - logged, and the process exits
            _log_start_error(error)
            sys.exit(Arbiter.WORKER_BOOT_ERROR)

    def run(self) -> None:
        """Serve until the worker is asked to stop."""
        log_hub_errors(gevent.get_hub())
        gevent.spawn(self._close_idle_connections)
        gevent.spawn(self._report_evictions)
        super().run()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve the requests of one connection."""
        connection = Connection(client, self._table, self._limits)
        address = network_of(addr[0]) if isinstance(addr, tuple) else ""
        if not self._table.open(connection, address):
            return
        try:
            self._serve(connection, listener.getsockname(), addr)
        except RelayError as error:
            self._reject(connection, error)
        except OSError:
            connection.abort()
        except (gevent.GreenletExit, SystemExit):
            pass
        except Exception as error:  # noqa: BLE001 - logged, and the connection is closed
            self._report_crash(connection, error)
        finally:
            self._table.close(connection, address)
            client.close()

    def _serve(self, connection: Connection, server_address: Any, client_address: Any) -> None:
        number = 0
        while (head := self._next_head(connection)) is not None:
            number += 1
            request = parse_head(self.cfg, IterUnreader((head,)), client_address, number)
            if connection.is_reserved and request.path not in _PROBES:
                raise busy("The relay has too many connections. Send the request again later.")
            body = open_body(request, connection, self._limits.body_bytes)
            try:
                is_reusable = self._respond(request, body, connection, (server_address, client_address))
            finally:
                connection.end_body()
            if not is_reusable:
                if not body.has_ended:
                    connection.linger()
                return
            # The response is sent: if the rest does not arrive, the connection is closed without a further word.
            try:
                body.drop_rest()
            except RelayError:
                return

    @staticmethod
    def _next_head(connection: Connection) -> bytes | None:
        if connection.pending:
            # Otherwise many requests that arrived at once on one connection would all be answered before any other.
            gevent.sleep(0)
        return connection.read_head()

    def _respond(
        self, request: Any, body: RequestBody, connection: Connection, addresses: tuple[Any, Any]
    ) -> bool:
        """Run the application and send its response. Returns whether the connection can be used again."""
        server_address, client_address = addresses
        response, environ = wsgi.create(request, connection.sock, client_address, server_address, self.cfg)
        environ["wsgi.multithread"] = True
        environ["wsgi.input"] = body.stream()

        def start_response(status: str, headers: list[Any], exc_info: Any = None) -> Any:
            # Decided before the head is sent, so that it announces the end of the connection.
            if not (self.alive and body.can_drop_rest) or connection.phase is Phase.EVICTED:
                response.force_close()
            return response.start_response(status, headers, exc_info)

        content = self.wsgi(environ, start_response)
        try:
            _send(response, content, connection)
        finally:
            if hasattr(content, "close"):
                content.close()
        return not response.should_close()

    def _reject(self, connection: Connection, error: RelayError) -> None:
        log_rejection(error)
        try:
            connection.send(rejection_response(error))
            connection.linger()
        except OSError:
            connection.abort()

    def _report_crash(self, connection: Connection, error: Exception) -> None:
        log_crash("server.crashed", error)
        if connection.has_sent:
            connection.abort()
        else:
            self._reject(connection, RelayError("internal_error", "Internal error; see the relay's log."))

    def _close_idle_connections(self) -> None:
        while self.alive:
            gevent.sleep(_INTERVAL_SECONDS)
        # Without this, gunicorn would wait for them until its graceful timeout. Repeated, because connections that
        # still serve a request become idle later.
        while True:
            for connection in self._table.idle():
                connection.shut_down()
            gevent.sleep(_INTERVAL_SECONDS)

    def _report_evictions(self) -> None:
        # One line per interval, however many connections a flood opens.
        while True:
            gevent.sleep(_REPORT_SECONDS)
            for reason, count in self._table.take_counts().items():
                log_event("server.connections_closed", level="warning", reason=reason, count=count)


def _send(response: Any, content: Iterable[bytes], connection: Connection) -> None:
    deadline = connection.response_deadline()
    try:
        for piece in content:
            connection.start_send(deadline)
            response.write(piece)
        connection.start_send(deadline)
        response.close()
    except TimeoutError:
        log_event("server.bad_request", level="warning", reason="response_not_read")
        raise
    finally:
        connection.end_send()


def _log_start_error(error: Exception) -> None:
    if not isinstance(error, StartupError):
        log_crash("server.start_failed", error)
        return
    for problem in error.problems:
        log_event(
            "server.start_failed",
            level="error",
            where=problem.path,
            code=problem.code,
            reason=problem.message,
        )
