"""Destinations for operators: queues and limits, pause, resume, probe, and links that connect a customer's Gong."""

from typing import Any

from flask import Blueprint, Response, request

from relay.actions import destinations
from relay.core.destination import MAIN_STORE
from relay.core.roles import Role
from relay.core.strict_json import parse_json
from relay.queries.destinations import destination_page, destinations_page
from relay.queries.queues import autoscaling_page, queues_page
from relay.web.context import require_role
from relay.web.openapi.destinations import DESTINATION_EXAMPLE, DESTINATION_PAGE_EXAMPLE, QUEUES_EXAMPLE
from relay.web.openapi.operation import JSON, Operation, RequestBody, ResponseDoc, Tag, describe, query
from relay.web.openapi.problems import (
    ACTION_ERRORS,
    JSON_BODY_ERRORS,
    ROLE_ERRORS,
    STORE_ERRORS,
    STORE_WRITE_ERRORS,
)
from relay.web.openapi.schema_types import (
    array,
    boolean,
    component,
    constant,
    nullable,
    number,
    record,
    string,
    timestamp,
)
from relay.web.openapi.shared import COUNT, DESTINATION
from relay.web.problems import json_response
from relay.web.request_body import read_body

blueprint = Blueprint("destinations", __name__)

_CONNECT_MAX_BYTES = 65_536
_DESTINATION_ERRORS = (*ACTION_ERRORS, "no_such_destination", *STORE_ERRORS)


@blueprint.get("/v1/destinations")
@describe(
    Operation(
        id="listDestinations",
        tag=Tag.DESTINATIONS,
        summary="List destinations",
        role=Role.VIEWER,
        responses=(
            ResponseDoc(
                status=200,
                description="The destinations, by name.",
                schema=record({"destinations": array(component("Destination"))}),
                example={"destinations": [DESTINATION_EXAMPLE]},
            ),
        ),
        errors=(*ROLE_ERRORS, *STORE_ERRORS),
    )
)
def list_destinations() -> Response:
    """List all destinations with their settings, budgets and queues."""
    ctx, _ = require_role(Role.VIEWER)
    return json_response(destinations_page(ctx.stores, ctx.destinations.all(), now=ctx.now()))


@blueprint.get("/v1/destinations/<name>")
@describe(
    Operation(
        id="showDestination",
        tag=Tag.DESTINATIONS,
        summary="Show one destination",
        role=Role.VIEWER,
        parameters=(DESTINATION,),
        responses=(
            ResponseDoc(
                status=200,
                description="The destination, with the customer's grant, the last probe, and past holds.",
                schema=component("DestinationPage"),
                example=DESTINATION_PAGE_EXAMPLE,
            ),
        ),
        errors=(*ROLE_ERRORS, "no_such_destination", *STORE_ERRORS),
    )
)
def show_destination(name: str) -> Response:
    """Show one destination, also one that is no longer configured."""
    ctx, _ = require_role(Role.VIEWER)
    return json_response(destination_page(ctx.stores, ctx.destinations.all(), name, now=ctx.now()))


@blueprint.get("/v1/queues")
@describe(
    Operation(
        id="showQueues",
        tag=Tag.DESTINATIONS,
        summary="Show all queues",
        role=Role.VIEWER,
        responses=(
            ResponseDoc(
                status=200,
                description="Queues, budgets, workers and stores.",
                schema=component("Queues"),
                example=QUEUES_EXAMPLE,
            ),
        ),
        errors=(*ROLE_ERRORS, *STORE_ERRORS),
    )
)
def show_queues() -> Response:
    """Show the depth, age, budget and hold of every destination, the workers, and the stores."""
    ctx, _ = require_role(Role.VIEWER)
    page = queues_page(ctx.stores, ctx.destinations.all(), config=ctx.config, now=ctx.now())
    return json_response(page)


@blueprint.get("/v1/scale")
@describe(
    Operation(
        id="showScale",
        tag=Tag.OVERVIEW,
        summary="Show how many calls can be made now",
        description="For autoscalers.",
        role=Role.VIEWER,
        parameters=(query("store", "A store's name; the main store by default."),),
        responses=(
            ResponseDoc(
                status=200,
                description="The calls per second that the store's workers can make.",
                schema=record({"store": string(), "companies": COUNT, "calls_per_second": number()}),
                example={"store": "main", "companies": 4, "calls_per_second": 12.0},
            ),
        ),
        errors=(*ROLE_ERRORS, "invalid", *STORE_ERRORS),
    )
)
def show_scale() -> Response:
    """Show how many calls per second the workers of one store can make now."""
    ctx, _ = require_role(Role.VIEWER)
    return json_response(autoscaling_page(ctx.stores, request.args.get("store", MAIN_STORE)))


@blueprint.post("/v1/destinations/<name>/pause")
@describe(
    Operation(
        id="pauseDestination",
        tag=Tag.DESTINATIONS,
        summary="Pause a destination",
        description="The destination is put on hold. Its events wait; none is lost.",
        role=Role.OPERATOR,
        parameters=(DESTINATION,),
        responses=(
            ResponseDoc(
                status=200,
                description="The destination is on hold.",
                schema=record(
                    {"destination": string(), "on_hold": constant(value=True), "changed": boolean()}
                ),
                example={"destination": "acme", "on_hold": True, "changed": True},
            ),
        ),
        errors=_DESTINATION_ERRORS,
    )
)
def pause_destination(name: str) -> Response:
    """Put a destination on hold until it is resumed."""
    return json_response(destinations.pause_destination(*require_role(Role.OPERATOR), name))


@blueprint.post("/v1/destinations/<name>/resume")
@describe(
    Operation(
        id="resumeDestination",
        tag=Tag.DESTINATIONS,
        summary="End a destination's hold",
        role=Role.OPERATOR,
        parameters=(DESTINATION,),
        responses=(
            ResponseDoc(
                status=200,
                description="The destination accepts calls. `events` is the number of events queued again.",
                schema=record(
                    {
                        "destination": string(),
                        "on_hold": constant(value=False),
                        "changed": boolean(),
                        "events": COUNT,
                    }
                ),
                example={"destination": "acme", "on_hold": False, "changed": True, "events": 12},
            ),
        ),
        errors=_DESTINATION_ERRORS,
    )
)
def resume_destination(name: str) -> Response:
    """End a destination's hold, whatever its cause."""
    return json_response(destinations.resume_destination(*require_role(Role.OPERATOR), name))


@blueprint.post("/v1/destinations/<name>/probe")
@describe(
    Operation(
        id="probeDestination",
        tag=Tag.DESTINATIONS,
        summary="Probe a destination's credentials",
        description="A worker makes one call that creates nothing in Gong. `GET /v1/destinations/{name}` shows its result as `last_probe`.",
        role=Role.OPERATOR,
        parameters=(DESTINATION,),
        responses=(
            ResponseDoc(
                status=202,
                description="The probe is queued. `previous` is the result of the probe before it.",
                schema=record(
                    {
                        "destination": string(),
                        "queued": constant(value=True),
                        "previous": nullable(component("Probe")),
                    }
                ),
                example={"destination": "acme", "queued": True, "previous": None},
            ),
        ),
        errors=_DESTINATION_ERRORS,
    )
)
def probe_destination(name: str) -> Response:
    """Have a worker probe a destination's credentials."""
    return json_response(destinations.probe_destination(*require_role(Role.OPERATOR), name), 202)


@blueprint.post("/v1/destinations/<name>/connect")
@describe(
    Operation(
        id="createConnectLink",
        tag=Tag.DESTINATIONS,
        summary="Create a link that connects a customer's Gong",
        description="The customer's technical administrator opens it. It can be used once, within 30 minutes.",
        role=Role.ADMIN,
        parameters=(DESTINATION,),
        body=RequestBody(
            "The customer. All fields are optional.",
            {
                JSON: record(
                    {},
                    optional={
                        **dict.fromkeys(("account", "company", "source_system_name"), string(maxLength=255)),
                        "internal_domains": array(string()),
                    },
                )
            },
            {"customer": {"account": "globex-7", "internal_domains": ["globex.com"]}},
            required=False,
        ),
        responses=(
            ResponseDoc(
                status=201,
                description="The link.",
                schema=record({"destination": string(), "url": string(), "expires_at": timestamp()}),
                example={
                    "destination": "globex",
                    "url": "https://relay.example.com/connect/gong?destination=globex&ticket=q3JrTj0mXw2vY8sKcB1dZg",
                    "expires_at": "2026-11-20T10:30:00Z",
                },
            ),
        ),
        errors=(
            *ACTION_ERRORS,
            *(code for code in JSON_BODY_ERRORS if code not in {"empty_body", "length_required"}),
            "invalid",
            "oauth_not_configured",
            "uses_api_key",
            "account_taken",
            "store_mismatch",
            *STORE_WRITE_ERRORS,
        ),
    )
)
def create_connect_link(name: str) -> Response:
    """Create a link for the customer's technical administrator."""
    ctx, principal = require_role(Role.ADMIN)
    return json_response(destinations.create_connect_link(ctx, principal, name, _read_connect_options()), 201)


def _read_connect_options() -> Any:
    """Parse the JSON body. A request without a body has no options."""
    if "Content-Length" not in request.headers and "Transfer-Encoding" not in request.headers:
        return {}
    raw = read_body(request, max_bytes=_CONNECT_MAX_BYTES)
    return parse_json(raw) if raw.strip() else {}
