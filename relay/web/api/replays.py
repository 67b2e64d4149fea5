"""Replays: start one, follow its progress, cancel it."""

from flask import Blueprint, Response, request

from relay.actions import replays
from relay.core.replay import parse_replay_request
from relay.core.roles import Role
from relay.core.strict_json import parse_json
from relay.queries.replays import replay_page, replays_page
from relay.web.context import require_role
from relay.web.openapi.operation import JSON, Operation, RequestBody, ResponseDoc, Tag, describe
from relay.web.openapi.problems import (
    ACTION_ERRORS,
    JSON_BODY_ERRORS,
    ROLE_ERRORS,
    STORE_ERRORS,
    STORE_WRITE_ERRORS,
)
from relay.web.openapi.replays import (
    CANCELLED_REPLAY,
    CANCELLED_REPLAY_EXAMPLE,
    OUTLOOK_EXAMPLE,
    REPLAY,
    REPLAY_DRY_RUN,
    REPLAY_EXAMPLE,
    REPLAY_REQUEST,
)
from relay.web.openapi.schema_types import array, component, record
from relay.web.problems import json_response
from relay.web.request_body import read_body

blueprint = Blueprint("replays", __name__)


@blueprint.post("/v1/replays")
@describe(
    Operation(
        id="startReplay",
        tag=Tag.REPLAYS,
        summary="Replay many events",
        description="Replays all events that match the filter and arrived before now. New events are sent first.",
        role=Role.OPERATOR,
        body=RequestBody(
            "Which events, how to send them, and how many at most.",
            {JSON: REPLAY_REQUEST},
            {"cluster": {"filter": {"cluster": "5f2c9a"}, "remap": True}, "dry run": {"dry_run": True}},
        ),
        responses=(
            ResponseDoc(
                status=200,
                description="What the replay would do, for `dry_run`.",
                schema=REPLAY_DRY_RUN,
                example={"dry_run": True, **OUTLOOK_EXAMPLE},
            ),
            ResponseDoc(
                status=202,
                description="The replay is started.",
                schema=component("Replay"),
                example=REPLAY_EXAMPLE,
            ),
        ),
        errors=(*ACTION_ERRORS, *JSON_BODY_ERRORS, "invalid", *STORE_WRITE_ERRORS),
    )
)
def start_replay() -> Response:
    """Start a replay, or with `dry_run` report what it would do."""
    ctx, principal = require_role(Role.OPERATOR)
    raw = read_body(request, max_bytes=ctx.settings.max_body_bytes)
    replay_request = parse_replay_request(parse_json(raw))
    if replay_request.dry_run:
        return json_response(replays.preview_replay(ctx, principal, replay_request.replay))
    return json_response(replays.start_replay(ctx, principal, replay_request.replay), 202)


@blueprint.get("/v1/replays")
@describe(
    Operation(
        id="listReplays",
        tag=Tag.REPLAYS,
        summary="List the latest 50 replays",
        role=Role.VIEWER,
        responses=(
            ResponseDoc(
                status=200,
                description="The replays, newest first.",
                schema=record({"replays": array(component("Replay"))}),
                example={"replays": [REPLAY_EXAMPLE]},
            ),
        ),
        errors=(*ROLE_ERRORS, *STORE_ERRORS),
    )
)
def list_replays() -> Response:
    """List the latest 50 replays."""
    ctx, _ = require_role(Role.VIEWER)
    return json_response(replays_page(ctx.stores, now=ctx.now()))


@blueprint.get("/v1/replays/<replay_id>")
@describe(
    Operation(
        id="showReplay",
        tag=Tag.REPLAYS,
        summary="Show the progress of a replay",
        role=Role.VIEWER,
        parameters=(REPLAY,),
        responses=(
            ResponseDoc(
                status=200, description="The replay.", schema=component("Replay"), example=REPLAY_EXAMPLE
            ),
        ),
        errors=(*ROLE_ERRORS, "no_such_replay", *STORE_ERRORS),
    )
)
def show_replay(replay_id: str) -> Response:
    """Show the progress of one replay."""
    ctx, _ = require_role(Role.VIEWER)
    return json_response(replay_page(ctx.stores, replay_id, now=ctx.now()))


@blueprint.post("/v1/replays/<replay_id>/cancel")
@describe(
    Operation(
        id="cancelReplay",
        tag=Tag.REPLAYS,
        summary="Cancel a replay",
        description="Events that it has already queued are sent.",
        role=Role.OPERATOR,
        parameters=(REPLAY,),
        responses=(
            ResponseDoc(
                status=200,
                description="The replay has ended.",
                schema=CANCELLED_REPLAY,
                example=CANCELLED_REPLAY_EXAMPLE,
            ),
        ),
        errors=(*ACTION_ERRORS, "no_such_replay", *STORE_ERRORS),
    )
)
def cancel_replay(replay_id: str) -> Response:
    """Cancel a replay. Events that it has already queued are sent."""
    return json_response(replays.cancel_replay(*require_role(Role.OPERATOR), replay_id))
