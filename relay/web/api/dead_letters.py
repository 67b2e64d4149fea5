"""Dead letters in clusters: list them, show one cluster, preview a fixed mapping on it."""

from typing import Any

from flask import Blueprint, Response, request

from relay.actions import dead_letters
from relay.actions.visibility import make_viewer
from relay.core.errors import Problem, ValidationFailed
from relay.core.roles import Role
from relay.core.strict_json import parse_json
from relay.queries.dead_letters import cluster_page, dead_letters_page
from relay.web.context import require_role
from relay.web.openapi.operation import JSON, Operation, RequestBody, ResponseDoc, Tag, describe
from relay.web.openapi.problems import ACTION_ERRORS, JSON_BODY_ERRORS, ROLE_ERRORS, STORE_ERRORS
from relay.web.openapi.replays import (
    CLUSTER,
    CLUSTER_EXAMPLE,
    CLUSTER_PREVIEW,
    OUTLOOK_EXAMPLE,
    cluster_page_example,
)
from relay.web.openapi.schema_types import any_json, array, component, nullable, record, string
from relay.web.openapi.shared import COUNT, CURSOR, limit
from relay.web.paging import read_limit
from relay.web.problems import json_response
from relay.web.request_body import read_body

blueprint = Blueprint("dead_letters", __name__)


@blueprint.get("/v1/dead-letters")
@describe(
    Operation(
        id="listDeadLetters",
        tag=Tag.REPLAYS,
        summary="List clusters of dead letters",
        role=Role.VIEWER,
        parameters=(limit(200), CURSOR),
        responses=(
            ResponseDoc(
                status=200,
                description="The clusters; those with the newest dead letters come first.",
                schema=record(
                    {"clusters": array(component("Cluster")), "total": COUNT, "cursor": nullable(string())}
                ),
                example={"clusters": [CLUSTER_EXAMPLE], "total": 1, "cursor": None},
            ),
        ),
        errors=(*ROLE_ERRORS, "invalid", *STORE_ERRORS),
    )
)
def list_dead_letters() -> Response:
    """List the clusters of dead letters."""
    ctx, _ = require_role(Role.VIEWER)
    cursor = request.args.get("cursor")
    return json_response(dead_letters_page(ctx.stores, limit=read_limit(request), cursor=cursor))


@blueprint.get("/v1/dead-letters/<cluster>")
@describe(
    Operation(
        id="showCluster",
        tag=Tag.REPLAYS,
        summary="Show one cluster of dead letters",
        role=Role.VIEWER,
        parameters=(CLUSTER,),
        responses=(
            ResponseDoc(
                status=200,
                description="The cluster's newest events, the newest one explained, and the mapping to fix.",
                schema=component("ClusterPage"),
                example=cluster_page_example(),
            ),
        ),
        errors=(*ROLE_ERRORS, "no_such_cluster", *STORE_ERRORS),
    )
)
def show_cluster(cluster: str) -> Response:
    """Show one cluster: its newest events, the newest one explained, and the mapping to fix."""
    ctx, principal = require_role(Role.VIEWER)
    return json_response(cluster_page(make_viewer(ctx, principal), cluster))


@blueprint.post("/v1/dead-letters/<cluster>/preview")
@describe(
    Operation(
        id="previewCluster",
        tag=Tag.REPLAYS,
        summary="Preview a mapping on one cluster",
        description="Reports what a replay of the cluster would do with the current mapping, or with the one in the body. "
        "It changes nothing.",
        role=Role.OPERATOR,
        parameters=(CLUSTER,),
        body=RequestBody(
            "The mapping to try; the current mapping by default.",
            {
                JSON: record(
                    {}, optional={"mapping": any_json("A mapping as in the configuration of a source.")}
                )
            },
            {"today's": {}},
        ),
        responses=(
            ResponseDoc(
                status=200,
                description="What the replay would do.",
                schema=CLUSTER_PREVIEW,
                example={"cluster": "5f2c9a", "mapping": "current", **OUTLOOK_EXAMPLE},
            ),
        ),
        errors=(
            *ACTION_ERRORS,
            *JSON_BODY_ERRORS,
            "invalid",
            "no_such_cluster",
            "no_single_mapping",
            *STORE_ERRORS,
        ),
    )
)
def preview_cluster(cluster: str) -> Response:
    """Report what a replay of the cluster would do, with the current mapping or with the one in the body."""
    ctx, principal = require_role(Role.OPERATOR)
    mapping = _read_mapping(read_body(request, max_bytes=ctx.settings.max_body_bytes))
    return json_response(dead_letters.preview_cluster(ctx, principal, cluster, mapping))


def _read_mapping(raw: bytes) -> Any:
    """Return the `mapping` of the body, or None for the current one."""
    body = parse_json(raw) if raw.strip() else {}
    if not isinstance(body, dict):
        text = 'must be an object, such as {"mapping": {"rules": [\u2026]}}'
        raise ValidationFailed([Problem("", "type", text)])
    problems = [
        Problem(name, "unknown", "Unknown key. The only key is mapping.")
        for name in body
        if name != "mapping"
    ]
    if problems:
        raise ValidationFailed(problems)
    return body.get("mapping")
