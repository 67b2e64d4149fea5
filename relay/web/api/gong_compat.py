"""Gong's own paths, and those of the catalogue dialect: a client of Gong's works unchanged with the relay as its base URL."""

import os
from http import HTTPStatus

from flask import Blueprint, Response, g, request

from relay.core.call import Operation
from relay.core.ids import ENTROPY_BYTES, generate_ids
from relay.ingest.accept_events import IngestRequest
from relay.ingest.accept_gong_call import GongCallResult, ingest_gong_call
from relay.web.api.gong_responses import REPORTED, gong_answer, in_gongs_envelope, is_problem
from relay.web.context import current
from relay.web.request_body import read_body

endpoints = Blueprint("gong_endpoints", __name__)


def accept_call() -> Response:
    """As at the other endpoints: size, key, body, mapping, one atomic step, answer; and 2xx only after the step."""
    known = current()
    caller, source = known.auth.source(request)
    g.source = source.name
    raw = read_body(request, max_bytes=known.settings.max_body_bytes)
    arrival = IngestRequest(source, raw, request.headers.get("Content-Type", ""), caller.key_id)
    reported = ingest_gong_call(known.ingest, arrival, path=request.path)
    g.events = reported.events
    return _answer(reported)


for _path, _method in {operation.path: operation.method for operation in Operation}.items():
    endpoints.add_url_rule(_path, "accept_call", accept_call, methods=[_method])


def _answer(reported: GongCallResult) -> Response:
    """The event's id is the request's: by it the event can be looked up."""
    if reported.repeated:
        g.code = "already_reported"
        return gong_answer(HTTPStatus.CONFLICT, reported.event_id, errors=[REPORTED])
    if reported.operation is Operation.CATALOG_INTERACTION:
        return gong_answer(HTTPStatus.CREATED, reported.event_id, interactionId=reported.event_id)
    return gong_answer(HTTPStatus.OK, reported.event_id)


@endpoints.after_app_request
def in_gongs_words(response: Response) -> Response:
    """Of the whole application, because a path or method that no endpoint has never reaches this blueprint."""
    if request.path.startswith("/v2/") and is_problem(response):
        request_id = generate_ids(current().now(), os.urandom(ENTROPY_BYTES), 1)[0]
        in_gongs_envelope(response, request_id=request_id)
    return response
