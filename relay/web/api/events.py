"""Events for operators and senders: list them, explain them, replay and discard them."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from relay.actions import events
from relay.actions.visibility import make_viewer
from relay.core.errors import Forbidden, Problem, ValidationFailed
from relay.core.lifecycle import State
from relay.core.roles import Principal, Role
from relay.core.source import Source
from relay.queries.event import event_page
from relay.queries.events import events_page
from relay.queries.explain_by_name import explain_by_name_page
from relay.queries.filters import FILTER_NAMES, read_filter
from relay.web.context import WebContext, current, require_role
from relay.web.openapi.events import (
    FILTER_PARAMETERS,
    event_page_example,
    explanation_example,
    summary_example,
)
from relay.web.openapi.operation import Operation, ResponseDoc, Tag, describe, query
from relay.web.openapi.problems import (
    ACTION_ERRORS,
    AUTHENTICATION_ERRORS,
    ROLE_ERRORS,
    STORE_ERRORS,
    STORE_WRITE_ERRORS,
)
from relay.web.openapi.schema_types import array, choice, component, map_of, nullable, record, string
from relay.web.openapi.shared import CURSOR, EVENT, limit
from relay.web.paging import read_limit
from relay.web.problems import json_response

blueprint = Blueprint("events", __name__)

_PARAMETERS = FILTER_NAMES | {"limit", "cursor"}


@blueprint.get("/v1/events")
@describe(
    Operation(
        id="listEvents",
        tag=Tag.EVENTS,
        summary="List events, newest first",
        description="A source's key lists the events of that source. An event must match all filters.",
        role=Role.INGEST,
        parameters=(*FILTER_PARAMETERS, limit(500), CURSOR),
        responses=(
            ResponseDoc(
                status=200,
                description="A page of events.",
                schema=record({"events": array(component("EventSummary")), "cursor": nullable(string())}),
                example={"events": [summary_example()], "cursor": None},
            ),
        ),
        errors=(*ROLE_ERRORS, "invalid", "person_key_unreadable", *STORE_ERRORS),
    )
)
def list_events() -> Response:
    """List events. A source's key sees only the events of that source."""
    ctx = current()
    principal = ctx.auth.authenticate(request)
    params = request.args.to_dict()
    unknown = sorted(set(params) - _PARAMETERS)
    if unknown:
        message = f"There is no such filter. Use one of: {', '.join(sorted(_PARAMETERS))}."
        raise ValidationFailed([Problem(name, "unknown", message) for name in unknown])
    if principal.source is not None:
        params["source"] = _own_source(principal.source, params.get("source"))
    event_filter = replace(read_filter(params, now=ctx.now()), own_only=principal.source is not None)
    page = events_page(ctx.stores, event_filter, limit=read_limit(request), cursor=params.get("cursor"))
    return json_response(page)


def _own_source(own: Source, requested: str | None) -> str:
    if requested is not None and requested != own.name:
        raise Forbidden("wrong_role", "A source's key sees only the events of its own source.")
    return own.name


@blueprint.get("/v1/why")
@describe(
    Operation(
        id="explainByName",
        tag=Tag.EVENTS,
        summary="Explain why something is, or is not, in Gong",
        description="Give one of the four parameters. The response also explains why no event is found. A source's key "
        "sees only its own source.",
        role=Role.INGEST,
        parameters=(
            query("id", "The relay's id of an event."),
            query("event_id", "Gong's eventId, or the sender's own id.", example="website:ev-123"),
            query("request_id", "Gong's requestId."),
            query("receipt", "The relay's id of a request."),
        ),
        responses=(
            ResponseDoc(
                status=200,
                description="The explanation of the newest match. `events` lists the ten newest matches.",
                schema=record(
                    {
                        "query": map_of(string()),
                        "events": array(
                            record(
                                {
                                    "id": string(),
                                    "status": choice(State),
                                    "source": string(),
                                    "destination": string(),
                                    "why": component("Explanation"),
                                }
                            )
                        ),
                        "why": component("Explanation"),
                    }
                ),
                example={
                    "query": {"event_id": "website:ev-123"},
                    "events": [],
                    "why": explanation_example(),
                },
            ),
        ),
        errors=(*AUTHENTICATION_ERRORS, "invalid", *STORE_ERRORS),
    )
)
def explain_by_name() -> Response:
    """Explain what happened to the event with this id, eventId, requestId or receipt."""
    ctx = current()
    return json_response(explain_for(ctx, ctx.auth.authenticate(request), request.args.to_dict()))


def explain_for(ctx: WebContext, principal: Principal, names: dict[str, str]) -> dict[str, Any]:
    """Explain by name, limited to the principal's own source if the principal is a source."""
    only = principal.source.name if principal.source is not None else None
    return explain_by_name_page(make_viewer(ctx, principal), names, only=only)


@blueprint.get("/v1/events/<event_id>")
@describe(
    Operation(
        id="explainEvent",
        tag=Tag.EVENTS,
        summary="Explain one event",
        description="From the request that it arrived in to the latest attempt, and what happens next.",
        role=Role.INGEST,
        parameters=(
            EVENT,
            query(
                "reveal",
                "`true` shows an admin the payloads unredacted, and adds an entry to the audit log.",
            ),
        ),
        responses=(
            ResponseDoc(
                status=200,
                description="The event.",
                schema=component("EventPage"),
                example=event_page_example(),
            ),
        ),
        errors=(*ROLE_ERRORS, "no_such_event", *STORE_ERRORS),
    )
)
def explain_event(event_id: str) -> Response:
    """Show one event. With `reveal=true` an admin sees its payloads unredacted, and the audit log records it."""
    ctx = current()
    principal = ctx.auth.authenticate(request)
    if request.args.get("reveal") == "true":
        return json_response(events.reveal_event(ctx, principal, event_id))
    only = principal.source.name if principal.source is not None else None
    return json_response(event_page(make_viewer(ctx, principal), event_id, only=only))


@blueprint.post("/v1/events/<event_id>/replay")
@describe(
    Operation(
        id="replayEvent",
        tag=Tag.EVENTS,
        summary="Replay an event",
        description="For dead letters and discarded events. An event without a call is mapped again.",
        role=Role.OPERATOR,
        parameters=(EVENT,),
        responses=(
            ResponseDoc(
                status=202,
                description="The event is queued.",
                schema=component("EventPage"),
                example=event_page_example(),
            ),
        ),
        errors=(
            *ACTION_ERRORS,
            "no_such_event",
            "no_such_receipt",
            "receipt_erased",
            "wrong_state",
            "data_deleted",
            "store_mismatch",
            "mapping_still_fails",
            "invalid",
            *STORE_WRITE_ERRORS,
        ),
    )
)
def replay_event(event_id: str) -> Response:
    """Replay a dead letter or a discarded event."""
    return json_response(events.replay_event(*require_role(Role.OPERATOR), event_id), 202)


@blueprint.post("/v1/events/<event_id>/discard")
@describe(
    Operation(
        id="discardEvent",
        tag=Tag.EVENTS,
        summary="Discard an event",
        description="Its data is deleted at once: the body, and the request when no other event needs it. What is left "
        "explains the event until it is pruned.",
        role=Role.OPERATOR,
        parameters=(
            EVENT,
            query(
                "keep_data", "`true` keeps the data until the event is pruned, so that it can be replayed."
            ),
        ),
        responses=(
            ResponseDoc(
                status=200,
                description="The event is discarded.",
                schema=component("EventPage"),
                example=event_page_example(),
            ),
        ),
        errors=(*ACTION_ERRORS, "no_such_event", "wrong_state", *STORE_ERRORS),
    )
)
def discard_event(event_id: str) -> Response:
    """Discard an event, so that it is not sent."""
    keep_data = request.args.get("keep_data") == "true"
    return json_response(events.discard_event(*require_role(Role.OPERATOR), event_id, keep_data=keep_data))
