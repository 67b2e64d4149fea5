"""Serves the sandbox on a local port within a `with` block, for tests and benchmarks."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from relay.sandbox.app import create_sandbox
from relay.sandbox.settings import SandboxSettings

POLL_SECONDS = 0.05
"""How often the server checks whether to stop."""


class QuietRequestHandler(WSGIRequestHandler):
    """Logs no requests, because the sandbox has its own log."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's parameter name
        pass


@contextmanager
def serve_sandbox(settings: SandboxSettings, *, port: int = 0) -> Iterator[str]:
    """Serve in a background thread and yield the base URL. Port 0 selects a free port."""
    server = make_server(
        "127.0.0.1", port, create_sandbox(settings), threaded=True, request_handler=QuietRequestHandler
    )
    thread = Thread(target=server.serve_forever, args=(POLL_SECONDS,), name="gong-sandbox", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        # shutdown() stops the loop, server_close() frees the port for the next test.
        server.shutdown()
        server.server_close()
        thread.join()
