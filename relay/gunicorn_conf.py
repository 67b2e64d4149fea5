"""How gunicorn serves the web. Options on its command line win; `WEB_CONCURRENCY` sets the number of processes."""

import os
from pathlib import Path

wsgi_app = "relay.wsgi:app"
proc_name = "gong-relay-web"
bind = f"0.0.0.0:{os.environ.get('PORT') or '8080'}"

# gevent was the only worker class that went on answering while slow clients held hundreds of half-sent requests.
worker_class = "gevent"
worker_connections = 1000
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeats belong in memory, not on a disk
max_requests = 0  # a restart on a count cuts requests short and hides leaks
timeout = 60

# Longer than the 60 seconds after which load balancers usually drop an idle connection, so that it is never we who
# close one just as a request comes.
keepalive = 65
graceful_timeout = 25

control_socket_disable = True
accesslog = None  # each request is one line of our own log
errorlog = "-"
loglevel = "warning"
