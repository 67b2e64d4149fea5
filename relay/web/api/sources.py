"""The operator's API about sources: what there is of them, and what a payload would become."""

from flask import Blueprint, Response, g, request

from relay.actions.visibility import make_viewer
from relay.core.errors import NotFound
from relay.core.roles import Role
from relay.core.source import Source
from relay.core.strict_json import parse_json
from relay.queries.previews import (
    CapturedRequest,
    captured_preview_page,
    mapping_preview_page,
    preview_context,
    read_trial,
)
from relay.queries.source import source_page
from relay.queries.sources import sources_page
from relay.web.context import WebContext, require_role
from relay.web.problems import json_response
from relay.web.request_body import read_body

sources = Blueprint("sources", __name__)

TRIAL_TYPE = "application/vnd.gong-relay.preview+json"
"""Tells a trial from a payload that happens to look like one: any other content type is the payload's own."""


@sources.get("/v1/sources")
def list_sources() -> Response:
    """Every source: where it sends, how it is proven, which keys came when, its rules."""
    known, _ = require_role(Role.VIEWER)
    return json_response(sources_page(known.stores, known.config, now=known.now()))


@sources.get("/v1/sources/<name>")
def show_source(name: str) -> Response:
    """One source, with its mapping and the last payload that made an event of it."""
    known, caller = require_role(Role.VIEWER)
    return json_response(source_page(make_viewer(known, caller), _source(known, name).name))


@sources.post("/v1/sources/<name>/preview")
def preview_payload(name: str) -> Response:
    """What a captured payload would become, item by item. Nothing is kept and nothing sent."""
    known, _ = require_role(Role.OPERATOR)
    source = _source(known, name)
    way = preview_context(known.config, source, finder=known.destinations, now=known.now())
    raw = read_body(request, max_bytes=known.settings.max_body_bytes)
    if request.mimetype == TRIAL_TYPE:
        return json_response(mapping_preview_page(read_trial(parse_json(raw), way), way))
    content_type = request.headers.get("Content-Type", "")
    captured = CapturedRequest(raw, content_type, dict(request.headers), request.args.to_dict())
    return json_response(captured_preview_page(captured, way))


def _source(known: WebContext, name: str) -> Source:
    source = known.config.sources.get(name)
    if source is None:
        raise NotFound("no_such_source", f"The configuration has no source {name!r}.")
    g.source = source.name
    return source
