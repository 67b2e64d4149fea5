"""The three contestants of the ingest benchmark, each a Flask application for the same gunicorn."""

from datetime import UTC, datetime

from flask import Flask, Response, request
from rq import Queue

from relay.app import build
from relay.ingest.parse_items import read_items
from relay.ingest.prepare import RejectedItem, prepare_event
from relay.web.context import context_of


def bare() -> Flask:
    """Read the body and answer: the upper limit of Flask and gunicorn."""
    app = Flask("bare", static_folder=None)

    @app.post("/v1/events")
    def accept() -> Response:
        request.get_data()
        return Response(b'{"status":"queued"}\n', status=202, content_type="application/json")

    return app


def naive() -> Flask:
    """Read, check and map as the relay does, then call RQ's `enqueue`: no key, no deduplication, nothing stored."""
    ctx = context_of(build())
    source = next(iter(ctx.config.sources.values()))
    router = ctx.ingest.router(source)
    queue = Queue("gong", connection=ctx.redis, serializer="json")
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
    """The relay as it is served."""
    return build()
