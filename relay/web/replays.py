"""The operator's API of replays: begin one, watch it, end it; and dead letters by their fault."""

import os

from flask import Blueprint, Response, current_app, g, request

from relay.core.errors import Invalid, Problem
from relay.core.ids import ENTROPY_BYTES, id_run
from relay.core.replay import read_request
from relay.core.strict_json import parse
from relay.intake.replay_job import foresee_everywhere
from relay.store.replays_everywhere import cancel_everywhere, start_everywhere
from relay.views.replays import dead_letters_page, replay_page, replays_page
from relay.web.body import read_body
from relay.web.parts import Parts, parts
from relay.web.problems import answer

replays = Blueprint("replays", __name__)


def _operated() -> Parts:
    """The process's parts, for an operator's key."""
    known = parts(current_app)
    known.keys.operator(request)
    return known


@replays.post("/v1/replays")
def begin_replay() -> Response:
    """Begin a replay, or with `dry_run` tell what it would do."""
    known = _operated()
    asked = read_request(parse(read_body(request, most=known.settings.max_body_bytes)))
    if asked.dry_run:
        told = foresee_everywhere(known.stores, asked.replay, lambda: known.intake, known.now)
        return answer({"dry_run": True} | told)
    [replay_id] = id_run(known.now(), os.urandom(ENTROPY_BYTES), 1)
    start_everywhere(known.stores, replay_id, asked.replay)
    g.acted = replay_id
    return answer(replay_page(known.stores, replay_id, now=known.now()), 202)


@replays.get("/v1/replays")
def list_replays() -> Response:
    """The newest fifty replays."""
    known = _operated()
    return answer(replays_page(known.stores, now=known.now()))


@replays.get("/v1/replays/<replay_id>")
def show_replay(replay_id: str) -> Response:
    """How far one replay is."""
    known = _operated()
    return answer(replay_page(known.stores, replay_id, now=known.now()))


@replays.post("/v1/replays/<replay_id>/cancel")
def cancel(replay_id: str) -> Response:
    """End a replay. What it has queued is sent."""
    known = _operated()
    changed = cancel_everywhere(known.stores, replay_id)
    g.acted = replay_id
    return answer({"changed": changed} | replay_page(known.stores, replay_id, now=known.now()))


@replays.get("/v1/dead-letters")
def list_dead_letters() -> Response:
    """Dead letters by their fault."""
    known = _operated()
    limit = request.args.get("limit", "50")
    if not (limit.isascii() and limit.isdigit()):
        raise Invalid([Problem("limit", "type", "limit must be a whole number.")])
    return answer(dead_letters_page(known.stores, limit=int(limit[:6]), cursor=request.args.get("cursor")))
