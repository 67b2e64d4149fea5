"""How gunicorn serves the web. Options on its command line win; `WEB_CONCURRENCY` sets the number of processes."""

import os
import signal
from pathlib import Path
from types import FrameType
from typing import Any

from relay.config.server_state import SHARED_STATE, bind_addresses

wsgi_app = "relay.wsgi:app"
proc_name = "gong-relay-web"
bind = bind_addresses("0.0.0.0", os.environ.get("PORT") or "8080", os.environ)  # noqa: S104 - a server's work

# gevent was the only worker class that went on answering while slow clients held hundreds of half-sent requests.
worker_class = "relay.web.gunicorn_worker.Worker"  # gevent's, but that it ends sooner
worker_connections = 1000
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeats belong in memory, not on a disk
max_requests = 0  # a restart on a count cuts requests short and hides leaks
timeout = 60

# Longer than the 60 seconds after which load balancers usually drop an idle connection, so that it is never we who
# close one just as a request comes.
keepalive = 65

_MOST_SECONDS_TO_END = 24
_delay = os.environ.get("RELAY_SHUTDOWN_DELAY_SECONDS", "")
_delay_seconds = int(_delay) if _delay.isdigit() else 0
# What is begun may end, and connections that are kept open close by themselves; both within the time that is left.
graceful_timeout = max(_MOST_SECONDS_TO_END - _delay_seconds, 5)

control_socket_disable = True
accesslog = None  # each request is one line of our own log
errorlog = "-"
loglevel = "warning"


def when_ready(arbiter: Any) -> None:
    """Have SIGTERM first turn load balancers away, by /readyz, and end the server after the delay that is set.

    gunicorn would close its sockets at once, and whoever has not yet heard would be refused.
    """

    def end(_: int, frame: FrameType | None) -> None:
        first = not SHARED_STATE.stopping
        SHARED_STATE.mark_stopping()
        if _delay_seconds and first:
            signal.setitimer(signal.ITIMER_REAL, _delay_seconds)
        else:
            arbiter.signal(signal.SIGTERM, frame)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGALRM, end)
