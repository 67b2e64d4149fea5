"""The operator's API of dead letters by their fault: list them, look at one fault, try a mended mapping on it."""

from flask import Blueprint, Response, request

from relay.actions.dead_letters import preview_cluster as preview_cluster_replay
from relay.actions.visibility import make_viewer
from relay.core.errors import Problem, ValidationFailed
from relay.core.roles import Role
from relay.core.strict_json import parse_json
from relay.queries.dead_letters import cluster_page, dead_letters_page
from relay.web.context import require_role
from relay.web.problems import json_response
from relay.web.request_body import read_body

dead_letters = Blueprint("dead_letters", __name__)


@dead_letters.get("/v1/dead-letters")
def list_dead_letters() -> Response:
    """Dead letters by their fault."""
    known, _ = require_role(Role.VIEWER)
    limit = request.args.get("limit", "50")
    if not (limit.isascii() and limit.isdigit()):
        raise ValidationFailed([Problem("limit", "type", "limit must be a whole number.")])
    return json_response(
        dead_letters_page(known.stores, limit=int(limit[:6]), cursor=request.args.get("cursor"))
    )


@dead_letters.get("/v1/dead-letters/<cluster>")
def show_cluster(cluster: str) -> Response:
    """One fault: its newest dead letters, the newest of them explained, and the mapping to mend."""
    known, caller = require_role(Role.VIEWER)
    return json_response(cluster_page(make_viewer(known, caller), cluster))


@dead_letters.post("/v1/dead-letters/<cluster>/preview")
def preview_cluster(cluster: str) -> Response:
    """What a replay of the fault would do, by today's mapping or by the one that the body gives. Changes nothing."""
    known, caller = require_role(Role.OPERATOR)
    raw = read_body(request, max_bytes=known.settings.max_body_bytes)
    told = parse_json(raw) if raw.strip() else {}
    if not isinstance(told, dict):
        raise ValidationFailed(
            [Problem("", "type", 'must be an object, such as {"mapping": {"rules": [\u2026]}}')]
        )
    problems = [
        Problem(name, "unknown", "There is no such key: there is mapping.")
        for name in told
        if name != "mapping"
    ]
    if problems:
        raise ValidationFailed(problems)
    return json_response(preview_cluster_replay(known, caller, cluster, told.get("mapping")))
