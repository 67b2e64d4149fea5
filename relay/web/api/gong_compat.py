"""Gong-compatible endpoints: Gong's own paths and the catalog's, so that Gong's clients need only a new base URL.

Responses have Gong's format: `{requestId, errors}`, with the request's id also in the header `x-traceid`.
"""

import os
from collections.abc import Callable, Mapping
from http import HTTPStatus

import orjson
from flask import Blueprint, Response, g, request

from relay.core.call import Operation
from relay.core.ids import ENTROPY_BYTES, generate_ids
from relay.ingest.accept_events import IngestRequest
from relay.ingest.accept_gong_call import GongCallResult, ingest_gong_call
from relay.web.context import current
from relay.web.openapi.gong import describe_path
from relay.web.openapi.operation import Operation as Description
from relay.web.openapi.operation import describe
from relay.web.problem_document import CONTENT_TYPE as PROBLEM_CONTENT_TYPE
from relay.web.request_body import read_body

blueprint = Blueprint("gong_compat", __name__)

CONTENT_TYPE = "application/json;charset=UTF-8"
_ALREADY_REPORTED = "Event was already reported in the past"
_REQUIRED, _GONG_REQUIRED = "is required", "must not be null"


def accept_call() -> Response:
    """Authenticate, read, map and store the call in one atomic step, then answer: 2xx only if it is stored."""
    ctx = current()
    principal, source = ctx.auth.authenticate_source(request)
    g.source = source.name
    raw = read_body(request, max_bytes=ctx.settings.max_body_bytes)
    ingest_request = IngestRequest(
        source=source,
        raw=raw,
        content_type=request.headers.get("Content-Type", ""),
        key_id=principal.key_id,
    )
    result = ingest_gong_call(ctx.ingest, ingest_request, path=request.path)
    g.events = result.events
    return _accepted_response(result)


def _accepted_response(result: GongCallResult) -> Response:
    """The requestId is the event's id, so that the sender can look the event up."""
    if result.repeated:
        g.code = "already_reported"
        return _gong_response(HTTPStatus.CONFLICT, result.event_id, errors=[_ALREADY_REPORTED])
    if result.operation is Operation.CATALOG_INTERACTION:
        return _gong_response(HTTPStatus.CREATED, result.event_id, interactionId=result.event_id)
    return _gong_response(HTTPStatus.OK, result.event_id)


def _register_routes() -> None:
    """Add a route for each path of Gong's API. Operations that share a path are distinguished by their bodies."""
    operations: dict[str, list[Operation]] = {}
    for operation in Operation:
        operations.setdefault(operation.path, []).append(operation)
    for path, shared in operations.items():
        view = _make_view(describe_path(path, shared))
        blueprint.add_url_rule(path, shared[0].value, view, methods=[shared[0].method])


def _make_view(description: Description) -> Callable[[], Response]:
    """Return a separate view function for each path, because each has its own description."""

    @describe(description)
    def view() -> Response:
        return accept_call()

    return view


_register_routes()


@blueprint.after_app_request
def convert_problems(response: Response) -> Response:
    """Convert errors below /v2/ to Gong's format.

    For the whole application: a path or method that no route has never reaches this blueprint.
    """
    if request.path.startswith("/v2/") and response.content_type == PROBLEM_CONTENT_TYPE:
        request_id = generate_ids(current().now(), os.urandom(ENTROPY_BYTES), 1)[0]
        _convert_problem(response, request_id)
    return response


def _convert_problem(response: Response, request_id: str) -> None:
    """Replace a problem document with Gong's format. The headers stay."""
    problem = orjson.loads(response.get_data())
    if "errors" in problem:
        errors = [_gong_message(error) for error in problem["errors"]]
    else:
        errors = [problem["detail"]]
    # Gong answers 400 also to a body that is readable but not valid.
    if response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
        response.status_code = HTTPStatus.BAD_REQUEST
    _write_body(response, request_id, {"errors": errors})


def _gong_message(error: Mapping[str, str]) -> str:
    """`content.contentTitle: must not be null`: the path, and Gong's own wording for a missing field."""
    message = error["message"]
    if message.startswith(_REQUIRED):
        message = _GONG_REQUIRED + message.removeprefix(_REQUIRED)
    return f"{error['path']}: {message}" if error["path"] else f"The body {message}"


def _gong_response(status: int, request_id: str, **members: object) -> Response:
    response = Response(status=status)
    _write_body(response, request_id, members)
    return response


def _write_body(response: Response, request_id: str, members: Mapping[str, object]) -> None:
    response.set_data(orjson.dumps({"requestId": request_id, **members}))
    response.content_type = CONTENT_TYPE
    response.headers["x-traceid"] = request_id
