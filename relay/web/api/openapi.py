"""`/openapi.json`: the OpenAPI document, without a key."""

import hashlib

import orjson
from flask import Blueprint, Flask, Response, current_app, request

from relay.web.openapi.document import build_document
from relay.web.openapi.operation import Operation, ResponseDoc, Tag, describe

blueprint = Blueprint("openapi", __name__)

_EXTENSION = "openapi_response"


@blueprint.get("/openapi.json")
@describe(
    Operation(
        id="showDocument",
        tag=Tag.PROBES,
        summary="Download this document",
        role=None,
        responses=(
            ResponseDoc(
                status=200,
                description="The OpenAPI 3.1 document.",
                schema={"type": "object", "required": ["openapi", "paths"]},
                headers={"ETag": "Send it as `If-None-Match` with the next request."},
            ),
            ResponseDoc(status=304, description="The document has not changed."),
        ),
    )
)
def show_document() -> Response:
    """Send the document, or 304 if the client already has it."""
    raw, etag = _serialize(current_app)
    response = Response(raw, content_type="application/json")
    response.set_etag(etag)
    response.headers["Cache-Control"] = "no-cache"
    # Any site may read the document, so that hosted API explorers can load it.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.make_conditional(request)
    return response


def _serialize(app: Flask) -> tuple[bytes, str]:
    """Return the document as JSON with its ETag. Serialized once per process."""
    if _EXTENSION not in app.extensions:
        raw = orjson.dumps(build_document(app)) + b"\n"
        app.extensions[_EXTENSION] = raw, hashlib.sha256(raw).hexdigest()[:32]
    serialized: tuple[bytes, str] = app.extensions[_EXTENSION]
    return serialized
