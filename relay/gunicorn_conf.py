"""gunicorn's configuration for the web server. Command-line options override it; `WEB_CONCURRENCY` sets the process count."""

import os
import signal
from pathlib import Path
from types import FrameType
from typing import Any

from relay.config.server_state import SHARED_STATE, bind_addresses
from relay.file_limit import raise_file_limit
from relay.web.server.limits import MAX_HEAD_FIELDS, MAX_LINE_BYTES, RESERVED_CONNECTIONS

wsgi_app = "relay.wsgi:app"
proc_name = "gong-relay-web"
bind = bind_addresses("0.0.0.0", os.environ.get("PORT") or "8080", os.environ)  # noqa: S104 - a server listens on all interfaces

# gevent was the only worker class that kept answering while slow clients held hundreds of half-sent requests.
worker_class = "relay.web.server.worker.Worker"
# A connection may need another one to the store. The web processes inherit the limit.
worker_connections = max(16, min(1000, (raise_file_limit() - 64 - RESERVED_CONNECTIONS) // 2))
limit_request_line = MAX_LINE_BYTES
limit_request_fields = MAX_HEAD_FIELDS
limit_request_field_size = MAX_LINE_BYTES
forwarder_headers = ""  # by default, a client on this machine may replace the path that a proxy has checked
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeat files belong in memory
max_requests = 0  # a restart on a count cuts requests short and hides leaks
timeout = 60

# Load balancers usually close an idle connection after 60 seconds. With a longer time here, it is never the relay that
# closes a connection just as a request arrives on it.
keepalive = 65

_MAX_SHUTDOWN_SECONDS = 24
_delay = os.environ.get("RELAY_SHUTDOWN_DELAY_SECONDS", "")
_delay_seconds = int(_delay) if _delay.isdigit() else 0
# Requests in flight may finish, and idle connections close, within the time that the delay leaves.
graceful_timeout = max(_MAX_SHUTDOWN_SECONDS - _delay_seconds, 5)

control_socket_disable = True
logger_class = "relay.web.server.log.JsonLogger"
accesslog = None  # relay.log has one line per request
errorlog = "-"
loglevel = "warning"


def when_ready(arbiter: Any) -> None:
    """Make SIGTERM fail /readyz first and stop the server after RELAY_SHUTDOWN_DELAY_SECONDS.

    gunicorn would close its sockets at once, and requests of load balancers that do not know yet would fail.
    """

    def stop(_: int, frame: FrameType | None) -> None:
        is_first = not SHARED_STATE.stopping
        SHARED_STATE.mark_stopping()
        if _delay_seconds and is_first:
            signal.setitimer(signal.ITIMER_REAL, _delay_seconds)
        else:
            arbiter.signal(signal.SIGTERM, frame)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGALRM, stop)
