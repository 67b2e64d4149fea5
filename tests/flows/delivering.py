"""A relay in this process: its web on a real port, and a worker's deliveries, one event at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import requests
from flask import Flask
from werkzeug.serving import make_server

from relay.core.config import Config
from relay.sandbox.serve import POLL_SECONDS, QuietRequestHandler
from relay.store.delivery import CallTiming, Pacing, finish, lease_events
from relay.store.engine.scripts import Scripts
from workers.credentials import CredentialStore
from workers.deliver import Deliverer
from workers.gong_client import GongClient, HttpOptions
from workers.pacing import RateGate
from workers.settlement import Attempt, SettlementOptions, settle


@contextmanager
def serve_app(app: Flask) -> Iterator[str]:
    """Serve the relay's web on a free port. Yields its base URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietRequestHandler)
    thread = Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def deliver_all(scripts: Scripts, config: Config) -> None:
    """Deliver every queued event."""
    deliverer = Deliverer(
        config.destinations.get,
        CredentialStore(None, lambda: datetime.now(UTC)),
        GongClient(HttpOptions()),
        RateGate(0.0),
    )
    while leased := lease_events(scripts, worker="w", want=32, pacing=Pacing(window=0.0, slack=0.0))[1]:
        for event in leased:
            started = datetime.now(UTC)
            result = deliverer.attempt(event, lambda: datetime.now(UTC))
            attempt = Attempt(
                event=event, outcome=result.outcome, worker="w", started_at=started, seconds=result.seconds
            )
            assert finish(scripts, event, settle(attempt, SettlementOptions()), CallTiming(result.base_url))


def received(sandbox: str, *, company: str | None = None) -> list[dict[str, Any]]:
    """The events that the sandbox received, optionally of one company, oldest first: `route`, `event_id`, `body`."""
    page = requests.get(f"{sandbox}/__sandbox/events", params={"company": company}, timeout=10).json()
    return list(reversed(page["events"]))
