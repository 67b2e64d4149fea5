"""The front endpoint for canonical events: `POST /v1/events`."""

from flask import Blueprint, Response, g, request

from relay.core.errors import BadRequest
from relay.ingest.accept_events import IngestRequest, dry_run, ingest_events
from relay.web.context import current
from relay.web.problems import json_response
from relay.web.request_body import read_body

endpoint = Blueprint("events_endpoint", __name__)

_LONGEST_IDEMPOTENCY_KEY = 255


@endpoint.post("/v1/events")
def accept_events() -> Response:
    """Size, key, body, mapping, one atomic step, answer: in this order, and 2xx only after the step."""
    known = current()
    caller, source = known.auth.source(request)
    g.source = source.name
    raw = read_body(request, max_bytes=known.settings.max_body_bytes)
    environ = request.environ
    idempotency_key = _idempotency_key(environ.get("HTTP_IDEMPOTENCY_KEY"))
    arrival = IngestRequest(source, raw, environ.get("CONTENT_TYPE", ""), caller.key_id, idempotency_key)
    if environ.get("QUERY_STRING") and request.args.get("dry_run") == "true":
        told = dry_run(known.ingest, arrival)
    else:
        told = ingest_events(known.ingest, arrival)
    g.events = told.events
    response = json_response(told.body, told.status)
    if told.repeated:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _idempotency_key(key: str | None) -> str | None:
    if key is None:
        return None
    if not key.strip() or len(key) > _LONGEST_IDEMPOTENCY_KEY:
        text = f"Idempotency-Key must hold 1 to {_LONGEST_IDEMPOTENCY_KEY} characters."
        raise BadRequest("bad_idempotency_key", text)
    return key.strip()
