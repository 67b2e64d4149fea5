"""The operator's API of replays: begin one, watch it, end it."""

from flask import Blueprint, Response, request

from relay.actions.replays import cancel_replay, preview_replay, start_replay
from relay.core.replay import parse_replay_request
from relay.core.roles import Role
from relay.core.strict_json import parse_json
from relay.queries.replays import replay_page, replays_page
from relay.web.context import require_role
from relay.web.problems import json_response
from relay.web.request_body import read_body

replays = Blueprint("replays", __name__)


@replays.post("/v1/replays")
def begin() -> Response:
    """Begin a replay, or with `dry_run` tell what it would do."""
    known, caller = require_role(Role.OPERATOR)
    asked = parse_replay_request(parse_json(read_body(request, max_bytes=known.settings.max_body_bytes)))
    if asked.dry_run:
        return json_response(preview_replay(known, caller, asked.replay))
    return json_response(start_replay(known, caller, asked.replay), 202)


@replays.get("/v1/replays")
def list_replays() -> Response:
    """The newest fifty replays."""
    known, _ = require_role(Role.VIEWER)
    return json_response(replays_page(known.stores, now=known.now()))


@replays.get("/v1/replays/<replay_id>")
def show_replay(replay_id: str) -> Response:
    """How far one replay is."""
    known, _ = require_role(Role.VIEWER)
    return json_response(replay_page(known.stores, replay_id, now=known.now()))


@replays.post("/v1/replays/<replay_id>/cancel")
def cancel(replay_id: str) -> Response:
    """End a replay. What it has queued is sent."""
    return json_response(cancel_replay(*require_role(Role.OPERATOR), replay_id))
