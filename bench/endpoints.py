"""The three contestants of the ingest bench, each a Flask application for the same gunicorn."""

from datetime import UTC, datetime

from flask import Flask, Response, request
from rq import Queue

from relay.app import build
from relay.ingest.parse_items import read_items
from relay.ingest.prepare import RejectedItem, prepare_event
from relay.web.context import context_of


def bare() -> Flask:
    """Reads the body and answers: the ceiling that Flask and gunicorn leave."""
    app = Flask("bare", static_folder=None)

    @app.post("/v1/events")
    def accept() -> Response:
        request.get_data()
        return Response(b'{"status":"queued"}\n', status=202, content_type="application/json")

    return app


def naive() -> Flask:
    """The same reading, checking and mapping, then RQ's own `enqueue`: no key, no deduplication, nothing to look up."""
    known = context_of(build())
    source = next(iter(known.config.sources.values()))
    router = known.ingest.router(source)
    queue = Queue("gong", connection=known.redis, serializer="json")
    app = Flask("naive", static_folder=None)

    @app.post("/v1/events")
    def accept() -> Response:
        items = read_items(request.get_data(), request.headers.get("Content-Type", ""), max_items=1)
        outcome = prepare_event(0, items.values[0], source=source, router=router, now=datetime.now(UTC))
        assert not isinstance(outcome, RejectedItem)
        for call in outcome.calls:
            queue.enqueue("bench.stock.post", call.operation.path, dict(call.body))
        return Response(b'{"status":"queued"}\n', status=202, content_type="application/json")

    return app


def relay() -> Flask:
    """Ours, as it is served."""
    return build()
