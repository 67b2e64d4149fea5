"""Sources: list them, show one, and preview what a payload would be mapped to."""

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
from relay.queries.sources import source_page, sources_page
from relay.web.context import WebContext, require_role
from relay.web.openapi.operation import JSON, Operation, RequestBody, ResponseDoc, Tag, describe
from relay.web.openapi.problems import ACTION_ERRORS, JSON_BODY_ERRORS, ROLE_ERRORS, STORE_ERRORS
from relay.web.openapi.schema_types import any_json, array, component, record, string
from relay.web.openapi.shared import SOURCE
from relay.web.openapi.sources import (
    PAYLOAD_EXAMPLE,
    PREVIEW_EXAMPLE,
    PREVIEW_REQUEST,
    SOURCE_EXAMPLE,
    SOURCE_PAGE_EXAMPLE,
)
from relay.web.problems import json_response
from relay.web.request_body import read_body

blueprint = Blueprint("sources", __name__)

PREVIEW_TYPE = "application/vnd.gong-relay.preview+json"
"""Distinguishes a preview request from a payload that looks like one: every other content type is a payload."""


@blueprint.get("/v1/sources")
@describe(
    Operation(
        id="listSources",
        tag=Tag.SOURCES,
        summary="List sources",
        role=Role.VIEWER,
        responses=(
            ResponseDoc(
                status=200,
                description="The sources, by name.",
                schema=record({"sources": array(component("Source"))}),
                example={"sources": [SOURCE_EXAMPLE]},
            ),
        ),
        errors=(*ROLE_ERRORS, *STORE_ERRORS),
    )
)
def list_sources() -> Response:
    """List all sources with their keys, verification, rules and traffic."""
    ctx, _ = require_role(Role.VIEWER)
    return json_response(sources_page(ctx.stores, ctx.config, now=ctx.now()))


@blueprint.get("/v1/sources/<name>")
@describe(
    Operation(
        id="showSource",
        tag=Tag.SOURCES,
        summary="Show one source",
        role=Role.VIEWER,
        parameters=(SOURCE,),
        responses=(
            ResponseDoc(
                status=200,
                description="The source, with its mapping and the latest payload that became an event.",
                schema=component("SourcePage"),
                example=SOURCE_PAGE_EXAMPLE,
            ),
        ),
        errors=(*ROLE_ERRORS, "no_such_source", *STORE_ERRORS),
    )
)
def show_source(name: str) -> Response:
    """Show one source with its mapping and the latest payload that became an event."""
    ctx, principal = require_role(Role.VIEWER)
    return json_response(source_page(make_viewer(ctx, principal), _find_source(ctx, name).name))


@blueprint.post("/v1/sources/<name>/preview")
@describe(
    Operation(
        id="previewPayload",
        tag=Tag.SOURCES,
        summary="Preview what a payload would be mapped to",
        description="Nothing is stored or sent, and no signature is checked. The body is a captured request of the "
        f"partner; or, as `{PREVIEW_TYPE}`, a payload and another mapping to try on it.",
        role=Role.OPERATOR,
        parameters=(SOURCE,),
        body=RequestBody(
            "A captured payload, or a payload with a mapping.",
            {
                JSON: any_json("The partner's own payload."),
                PREVIEW_TYPE: PREVIEW_REQUEST,
                "application/x-ndjson": string(),
                "application/x-www-form-urlencoded": {"type": "object"},
            },
            {"payload": PAYLOAD_EXAMPLE, PREVIEW_TYPE: {"payload": PAYLOAD_EXAMPLE}},
        ),
        responses=(
            ResponseDoc(
                status=200,
                description="The result of each item.",
                schema=component("Preview"),
                example=PREVIEW_EXAMPLE,
            ),
        ),
        errors=(
            *ACTION_ERRORS,
            "no_such_source",
            "bad_form",
            "too_many_fields",
            "unsupported_type",
            "unsupported_charset",
            "invalid",
            "too_many_items",
            *JSON_BODY_ERRORS,
            *STORE_ERRORS,
        ),
    )
)
def preview_payload(name: str) -> Response:
    """Show what each item of a captured payload would be mapped to. Nothing is stored or sent."""
    ctx, _ = require_role(Role.OPERATOR)
    source = _find_source(ctx, name)
    preview = preview_context(ctx.config, source, finder=ctx.destinations, now=ctx.now())
    raw = read_body(request, max_bytes=ctx.settings.max_body_bytes)
    if request.mimetype == PREVIEW_TYPE:
        page = ctx.compute(
            len(raw), lambda: mapping_preview_page(read_trial(parse_json(raw), preview), preview)
        )
        return json_response(page)
    content_type = request.headers.get("Content-Type", "")
    captured = CapturedRequest(raw, content_type, dict(request.headers), request.args.to_dict())
    return json_response(ctx.compute(len(raw), lambda: captured_preview_page(captured, preview)))


def _find_source(ctx: WebContext, name: str) -> Source:
    source = ctx.config.sources.get(name)
    if source is None:
        raise NotFound("no_such_source", f"The configuration has no source {name!r}.")
    g.source = source.name
    return source
