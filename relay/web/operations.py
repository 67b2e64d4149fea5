"""The operator's API: look at events and queues, replay and discard events, pause, resume and probe destinations."""

from typing import Any

from flask import Blueprint, Response, current_app, g, request

from relay.core.destination import Destination
from relay.core.errors import Forbidden, Invalid, NotFound, Problem
from relay.core.lifecycle import Cause
from relay.intake.replaying import replay as replay_again
from relay.intake.replaying import replaying_in
from relay.store.acting import Hold, ask_probe, discard_event, hold_destination, resume_destination
from relay.store.everywhere import store_of
from relay.store.stores import Store
from relay.views.events import event_page, events_page, read_filter
from relay.views.probes import probe_page
from relay.views.queues import queues_page
from relay.web.auth import Caller
from relay.web.parts import Parts, parts
from relay.web.problems import answer

operations = Blueprint("operations", __name__)

_PARAMETERS = frozenset({"destination", "source", "status", "event_id", "request_id", "limit", "cursor"})


def _known() -> Parts:
    return parts(current_app)


@operations.get("/v1/events")
def list_events() -> Response:
    """Newest first. A source's key sees that source's events."""
    caller = _known().keys.caller(request)
    told = request.args.to_dict()
    unknown = sorted(set(told) - _PARAMETERS)
    if unknown:
        known = ", ".join(sorted(_PARAMETERS))
        raise Invalid(
            [Problem(name, "unknown", f"There is no such filter. Known: {known}.") for name in unknown]
        )
    if caller.source is not None:
        told["source"] = _own_source(caller, told.get("source"))
    limit = _whole_number(told.get("limit", "50"))
    page = events_page(_known().stores, read_filter(told), limit=limit, cursor=told.get("cursor"))
    return answer(page)


def _own_source(caller: Caller, asked: str | None) -> str:
    assert caller.source is not None  # noqa: S101 - the caller's role was just looked at
    if asked is not None and asked != caller.source.name:
        raise Forbidden("wrong_role", "A source's key sees its own source's events only.")
    return caller.source.name


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Invalid([Problem("limit", "type", "limit must be a whole number.")])
    return int(text[:6])


@operations.get("/v1/events/<event_id>")
def explain_event(event_id: str) -> Response:
    """Why it is, or is not, in Gong. A source's key sees its own events; another's are not there."""
    caller = _known().keys.caller(request)
    page = event_page(_known().stores, event_id)
    if caller.source is not None and page["source"] != caller.source.name:
        raise NotFound("no_such_event", f"There is no event {event_id}.")
    return answer(page)


@operations.post("/v1/events/<event_id>/replay")
def replay(event_id: str) -> Response:
    """Send a dead letter again; one that could not be mapped is mapped anew."""
    _known().keys.operator(request)
    known = _known()
    store = store_of(known.stores, event_id)
    replay_again(replaying_in(store, lambda: known.intake, known.now), event_id)
    g.acted = event_id
    return answer(event_page(known.stores, event_id), 202)


@operations.post("/v1/events/<event_id>/discard")
def discard(event_id: str) -> Response:
    """Give an event up."""
    _known().keys.operator(request)
    known = _known()
    scripts = store_of(known.stores, event_id).scripts
    discard_event(scripts, event_id, keep_seconds=known.intake.retention.delivered)
    g.acted = event_id
    return answer(event_page(known.stores, event_id))


@operations.get("/v1/queues")
def queues() -> Response:
    """Depth, age, budget and hold of every destination; workers; the store."""
    _known().keys.operator(request)
    known = _known()
    page = queues_page(known.stores, known.directory.all(), hooks=known.config.hooks, now=known.now())
    return answer(page)


def _destination(name: str) -> Destination:
    found = _known().directory.find(name)
    if found is None:
        raise NotFound("no_such_destination", f"There is no destination {name!r}, configured or connected.")
    return found


def _store(destination: Destination) -> Store:
    return _known().stores.of(destination.store)


@operations.post("/v1/destinations/<name>/pause")
def pause(name: str) -> Response:
    """Hold a destination until it is resumed. Its events wait; none is lost."""
    _known().keys.operator(request)
    destination = _destination(name)
    fresh = hold_destination(_store(destination).scripts, destination, Hold(Cause.PAUSED, "", None))
    return answer({"destination": name, "on_hold": True, "changed": fresh})


@operations.post("/v1/destinations/<name>/resume")
def resume(name: str) -> Response:
    """End a destination's hold, whatever its cause."""
    _known().keys.operator(request)
    was_held, moved = resume_destination(_store(_destination(name)).scripts, name)
    told: dict[str, Any] = {"destination": name, "on_hold": False, "changed": was_held, "events": moved}
    return answer(told)


@operations.post("/v1/destinations/<name>/probe")
def probe(name: str) -> Response:
    """Have a worker try a destination's credentials. `last` is what came of the probe before this one."""
    _known().keys.operator(request)
    destination = _destination(name)
    redis = _store(destination).redis
    last = probe_page(redis, name)
    ask_probe(redis, destination)
    return answer({"destination": name, "asked": True, "last": last}, 202)
