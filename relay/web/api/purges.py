"""Purges: delete ended events before their time."""

from flask import Blueprint, Response, request

from relay.actions import purges
from relay.core.roles import Role
from relay.core.strict_json import parse_json
from relay.queries.purges import read_purge_request
from relay.web.context import require_role
from relay.web.openapi.operation import JSON, Operation, RequestBody, ResponseDoc, Tag, describe
from relay.web.openapi.problems import ACTION_ERRORS, JSON_BODY_ERRORS, STORE_ERRORS
from relay.web.openapi.purges import PURGE_EXAMPLE, PURGE_REQUEST, PURGE_RESULT
from relay.web.problems import json_response
from relay.web.request_body import read_body

blueprint = Blueprint("purges", __name__)


@blueprint.post("/v1/purges")
@describe(
    Operation(
        id="purgeEvents",
        tag=Tag.EVENTS,
        summary="Purge ended events",
        description="Deletes the events that match the filter, with their requests, permanently and at once. An event that "
        "is sent again within 14 days is still recognized as a duplicate. It also works while the store is full. One "
        "request examines some ten thousand events; repeat it with its `cursor` until that is null.",
        role=Role.OPERATOR,
        body=RequestBody(
            "Which events; `dry_run` only counts them.",
            {JSON: PURGE_REQUEST},
            {
                "dead letters": {"filter": {"source": "website", "status": "dead"}},
                "dry run": {"filter": {"status": "delivered", "until": "-24h"}, "dry_run": True},
            },
        ),
        responses=(
            ResponseDoc(
                status=200,
                description="The events are deleted, or counted for `dry_run`.",
                schema=PURGE_RESULT,
                example=PURGE_EXAMPLE,
            ),
        ),
        errors=(*ACTION_ERRORS, *JSON_BODY_ERRORS, "invalid", *STORE_ERRORS),
    )
)
def purge_events() -> Response:
    """Delete the ended events that match a filter, or with `dry_run` count them."""
    ctx, principal = require_role(Role.OPERATOR)
    body = parse_json(read_body(request, max_bytes=ctx.settings.max_body_bytes))
    return json_response(purges.purge_events(ctx, principal, read_purge_request(body, now=ctx.now())))
