"""The operator's API: look at events and queues, replay and discard events, pause, resume and probe destinations."""

from flask import Blueprint, Response, request

from relay.actions import destinations, events
from relay.actions.visibility import make_viewer
from relay.core.errors import Forbidden, NotFound, Problem, ValidationFailed
from relay.core.roles import Principal, Role
from relay.queries.destinations import destination_page, destinations_page
from relay.queries.event import event_page
from relay.queries.events import events_page
from relay.queries.filters import FILTER_NAMES, read_filter
from relay.queries.queues import queues_page
from relay.web.context import WebContext, current, require_role
from relay.web.problems import json_response

operations = Blueprint("operations", __name__)

_PARAMETERS = FILTER_NAMES | {"limit", "cursor"}


def _known() -> WebContext:
    return current()


@operations.get("/v1/events")
def list_events() -> Response:
    """Newest first. A source's key sees that source's events."""
    caller = _known().auth.authenticate(request)
    told = request.args.to_dict()
    unknown = sorted(set(told) - _PARAMETERS)
    if unknown:
        known = ", ".join(sorted(_PARAMETERS))
        raise ValidationFailed(
            [Problem(name, "unknown", f"There is no such filter. Known: {known}.") for name in unknown]
        )
    if caller.source is not None:
        told["source"] = _own_source(caller, told.get("source"))
    limit = _whole_number(told.get("limit", "50"))
    page = events_page(
        _known().stores, read_filter(told, now=_known().now()), limit=limit, cursor=told.get("cursor")
    )
    return json_response(page)


def _own_source(caller: Principal, asked: str | None) -> str:
    assert caller.source is not None  # noqa: S101 - the caller's role was just looked at
    if asked is not None and asked != caller.source.name:
        raise Forbidden("wrong_role", "A source's key sees its own source's events only.")
    return caller.source.name


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValidationFailed([Problem("limit", "type", "limit must be a whole number.")])
    return int(text[:6])


@operations.get("/v1/events/<event_id>")
def explain_event(event_id: str) -> Response:
    """Why it is, or is not, in Gong. A source's key sees its own events; another's are not there.

    With `reveal=true` an admin sees payloads as they came, and the audit says so.
    """
    known, caller = _known(), _known().auth.authenticate(request)
    if request.args.get("reveal") == "true":
        return json_response(events.reveal_event(known, caller, event_id))
    page = event_page(make_viewer(known, caller), event_id)
    if caller.source is not None and page["source"] != caller.source.name:
        raise NotFound("no_such_event", f"There is no event {event_id}.")
    return json_response(page)


@operations.post("/v1/events/<event_id>/replay")
def replay(event_id: str) -> Response:
    """Send a dead letter again; one that could not be mapped is mapped anew."""
    return json_response(events.replay_event(*require_role(Role.OPERATOR), event_id), 202)


@operations.post("/v1/events/<event_id>/discard")
def discard(event_id: str) -> Response:
    """Give an event up."""
    return json_response(events.discard_event(*require_role(Role.OPERATOR), event_id))


@operations.get("/v1/queues")
def queues() -> Response:
    """Depth, age, budget and hold of every destination; workers; the store."""
    known, _ = require_role(Role.VIEWER)
    page = queues_page(known.stores, known.destinations.all(), hooks=known.config.hooks, now=known.now())
    return json_response(page)


@operations.get("/v1/destinations")
def list_destinations() -> Response:
    """Every destination: where it leads, what it may send, how its queue stands."""
    known, _ = require_role(Role.VIEWER)
    return json_response(destinations_page(known.stores, known.destinations.all(), now=known.now()))


@operations.get("/v1/destinations/<name>")
def show_destination(name: str) -> Response:
    """One destination, with its customer's grant, its last probe and the holds that have ended."""
    known, _ = require_role(Role.VIEWER)
    return json_response(destination_page(known.stores, known.destinations.all(), name, now=known.now()))


@operations.post("/v1/destinations/<name>/pause")
def pause(name: str) -> Response:
    """Hold a destination until it is resumed. Its events wait; none is lost."""
    return json_response(destinations.pause_destination(*require_role(Role.OPERATOR), name))


@operations.post("/v1/destinations/<name>/resume")
def resume(name: str) -> Response:
    """End a destination's hold, whatever its cause."""
    return json_response(destinations.resume_destination(*require_role(Role.OPERATOR), name))


@operations.post("/v1/destinations/<name>/probe")
def probe(name: str) -> Response:
    """Have a worker try a destination's credentials. `previous` is the result of the probe before this one."""
    return json_response(destinations.probe_destination(*require_role(Role.OPERATOR), name), 202)
