"""The API's own description: `/openapi.json`, for programs, without a key."""

import hashlib
from functools import cache

import orjson
from flask import Blueprint, Response, request

from relay.web.openapi.document import build_document

published = Blueprint("published", __name__)


@published.get("/openapi.json")
def openapi() -> Response:
    """Made once a process; whoever has it already is told so."""
    raw, tag = _written()
    response = Response(raw, content_type="application/json")
    response.set_etag(tag)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.make_conditional(request)
    return response


@cache
def _written() -> tuple[bytes, str]:
    raw = orjson.dumps(build_document()) + b"\n"
    return raw, hashlib.sha256(raw).hexdigest()[:32]
