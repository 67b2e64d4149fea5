"""The sandbox on a real port of this machine for as long as a `with` lasts, for tests and the bench."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from relay.sandbox.app import create_sandbox
from relay.sandbox.settings import SandboxSettings

POLL_SECONDS = 0.05
"""How soon the server sees that it is to stop."""


class QuietRequestHandler(WSGIRequestHandler):
    """Logs no requests: the sandbox keeps a log of its own."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 werkzeug's name
        pass


@contextmanager
def serve_sandbox(settings: SandboxSettings, *, port: int = 0) -> Iterator[str]:
    """Serve in a background thread and yield the base URL. Port 0 takes a free one."""
    server = make_server(
        "127.0.0.1", port, create_sandbox(settings), threaded=True, request_handler=QuietRequestHandler
    )
    thread = Thread(target=server.serve_forever, args=(POLL_SECONDS,), name="gong-sandbox", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
