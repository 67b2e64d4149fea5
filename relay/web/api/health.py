"""Liveness, readiness and version: `/livez`, `/readyz`, `/version`."""

from flask import Blueprint, Response

from relay.core.errors import Unavailable
from relay.core.version import VERSION
from relay.queries.overview import configuration_page
from relay.queries.queues import store_page, stores_page
from relay.store.engine.durability import is_reachable
from relay.store.schema_version import require_layout
from relay.web.context import WebContext, current
from relay.web.openapi.destinations import STORE_EXAMPLE, STORES
from relay.web.openapi.operation import Operation, ResponseDoc, Tag, describe
from relay.web.openapi.problems import STORE_ERRORS
from relay.web.openapi.schema_types import (
    choice,
    component,
    constant,
    integer,
    nullable,
    record,
    string,
    timestamp,
)
from relay.web.problems import json_response

blueprint = Blueprint("health", __name__)

_CONFIGURATION = record(
    {
        "status": choice(("current", "rejected")),
        "since": nullable(timestamp()),
        "problem_count": integer("How many problems the file has. The overview lists them."),
    },
    "Whether the configuration file is in use, or was rejected in favor of its last valid version.",
)


@blueprint.get("/livez")
@describe(
    Operation(
        id="isAlive",
        tag=Tag.PROBES,
        summary="Check that this process responds",
        role=None,
        responses=(
            ResponseDoc(
                status=200,
                description="The process responds.",
                schema=record({"status": constant("ok")}),
                example={"status": "ok"},
            ),
        ),
    )
)
def livez() -> Response:
    """Answer 200 while this process responds."""
    return json_response({"status": "ok"})


@blueprint.get("/readyz")
@describe(
    Operation(
        id="isReady",
        tag=Tag.PROBES,
        summary="Check that events can be accepted",
        description="For load balancers. The main store responds and has free memory.",
        role=None,
        responses=(
            ResponseDoc(
                status=200,
                description="Events can be accepted.",
                schema=record(
                    {"status": constant("ok"), "configuration": _CONFIGURATION, "store": component("Store")},
                    optional={"stores": STORES},
                ),
                example={
                    "status": "ok",
                    "configuration": {"status": "current", "since": None, "problem_count": 0},
                    "store": STORE_EXAMPLE,
                },
            ),
        ),
        errors=("shutting_down", *STORE_ERRORS, "store_nearly_full", "store_layout"),
    )
)
def readyz() -> Response:
    """Answer 200 while events can be accepted.

    Before the process exits it answers 503 for a while, but still serves requests: load balancers need that time. Only
    the main store counts: events for another store that is down are answered with 503 themselves.
    """
    ctx = current()
    if ctx.process.is_stopping():
        raise Unavailable("shutting_down", "This process is shutting down.", retry_after=5)
    if not is_reachable(ctx.redis):
        raise Unavailable("store_unavailable", "The store cannot be reached.", retry_after=2)
    require_layout(ctx.redis)
    ctx.stores.main.watermark.check()
    page: dict[str, object] = {
        "status": "ok",
        "configuration": _configuration(ctx),
        "store": store_page(ctx.redis),
    }
    if len(ctx.stores) > 1:
        page["stores"] = stores_page(ctx.stores)
    return json_response(page)


def _configuration(ctx: WebContext) -> dict[str, object]:
    """Return the configuration's state. This page is public, so it counts the problems and does not list them."""
    page = configuration_page(ctx.process.rejected_config())
    return {"status": page["status"], "since": page["since"], "problem_count": len(page["problems"])}


@blueprint.get("/version")
@describe(
    Operation(
        id="showVersion",
        tag=Tag.PROBES,
        summary="Show the version",
        role=None,
        responses=(
            ResponseDoc(
                status=200,
                description="The version.",
                schema=record({"version": string()}),
                example={"version": "0.1.0"},
            ),
        ),
    )
)
def version() -> Response:
    """Show the relay's version."""
    return json_response({"version": VERSION})
