"""`POST /v1/events`: accept canonical events."""

from flask import Blueprint, Response, g, request

from relay.core.errors import BadRequest
from relay.core.roles import Role
from relay.ingest.accept_events import IngestRequest, dry_run, ingest_events
from relay.web.context import current
from relay.web.openapi.events import BATCH_EXAMPLE, EVENT_EXAMPLE, NDJSON, dry_run_example
from relay.web.openapi.operation import (
    JSON,
    Operation,
    RequestBody,
    ResponseDoc,
    Tag,
    describe,
    header,
    query,
)
from relay.web.openapi.problems import ACTION_ERRORS, INGEST_ERRORS, JSON_BODY_ERRORS
from relay.web.openapi.schema_types import any_of, array, component, string
from relay.web.problems import json_response
from relay.web.request_body import read_body

blueprint = Blueprint("events_ingest", __name__)

_IDEMPOTENCY_KEY_MAX = 255


@blueprint.post("/v1/events")
@describe(
    Operation(
        id="sendEvents",
        tag=Tag.EVENTS,
        summary="Send one or more events",
        description="The body is one event, an array of events, or NDJSON with one event per line. With `202` every event "
        "that is not rejected is on disk, and the relay delivers it.",
        role=Role.INGEST,
        parameters=(
            query("dry_run", "`true` returns the calls that would be sent to Gong, and stores nothing."),
            header(
                "Idempotency-Key",
                "For a day, a request with the same key returns the first response.",
                string(minLength=1, maxLength=_IDEMPOTENCY_KEY_MAX),
            ),
        ),
        body=RequestBody(
            "At most 500 events and 1 MiB by default.",
            {
                JSON: any_of(component("Event"), array(component("Event"), minItems=1, maxItems=500)),
                NDJSON: string("One event per line."),
            },
            {"one": EVENT_EXAMPLE, "many": [EVENT_EXAMPLE, {**EVENT_EXAMPLE, "id": "ev-124"}]},
        ),
        responses=(
            ResponseDoc(
                status=200,
                description="The calls that would be sent, for `dry_run=true`.",
                schema=component("DryRun"),
                example=dry_run_example(),
            ),
            ResponseDoc(
                status=202,
                description="Accepted. One event returns one object; several return counts and a result for each.",
                schema=any_of(component("AcceptedEvent"), component("AcceptedBatch")),
                example=BATCH_EXAMPLE,
                headers={"Idempotent-Replayed": "`true` if this is the response to an earlier request."},
            ),
        ),
        errors=(
            *ACTION_ERRORS,
            *JSON_BODY_ERRORS,
            "bad_idempotency_key",
            "no_events",
            "too_many_items",
            "unsupported_type",
            "unsupported_charset",
            "invalid",
            "idempotency_key_reused",
            *INGEST_ERRORS,
        ),
    )
)
def accept_events() -> Response:
    """Authenticate, read, map and store the events in one atomic step, then answer: 2xx only if they are stored."""
    ctx = current()
    principal, source = ctx.auth.authenticate_source(request)
    g.source = source.name
    raw = read_body(request, max_bytes=ctx.settings.max_body_bytes)
    # The raw environ, not `request.headers`: this is the busiest endpoint, and building that object costs time.
    environ = request.environ
    ingest_request = IngestRequest(
        source=source,
        raw=raw,
        content_type=environ.get("CONTENT_TYPE", ""),
        key_id=principal.key_id,
        idempotency_key=_read_idempotency_key(environ.get("HTTP_IDEMPOTENCY_KEY")),
    )
    if environ.get("QUERY_STRING") and request.args.get("dry_run") == "true":
        result = dry_run(ctx.ingest, ingest_request)
    else:
        result = ingest_events(ctx.ingest, ingest_request)
    g.events = result.events
    response = json_response(result.body, result.status)
    if result.repeated:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _read_idempotency_key(key: str | None) -> str | None:
    if key is None:
        return None
    if not key.strip() or len(key) > _IDEMPOTENCY_KEY_MAX:
        text = f"Idempotency-Key must have 1 to {_IDEMPOTENCY_KEY_MAX} characters."
        raise BadRequest("bad_idempotency_key", text)
    return key.strip()
