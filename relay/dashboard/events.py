"""The pages of events: find them, and have one explained; replay, discard, reveal."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from relay.actions import events as actions
from relay.actions.visibility import make_viewer
from relay.core.lifecycle import OPEN_STATES, DeadLetterReason, State
from relay.core.roles import Principal, Role
from relay.dashboard.blueprint import section, visitor
from relay.dashboard.rendering import ask, confirmed, known_parts, render, told
from relay.queries.event import event_page
from relay.queries.events import events_page
from relay.queries.filters import FILTER_NAMES, read_filter
from relay.web.api.explain import explain_for

events = section("events", __name__)

_PAGE = 50
_DISCARD = "Give this event up? Gong will not be told of it, unless it is replayed."


@events.get("/ops/events")
def show_all() -> Response:
    who, known = visitor(Role.VIEWER), known_parts()
    asked = {
        name: text.strip() for name, text in request.args.items() if name in FILTER_NAMES and text.strip()
    }
    cursor = request.args.get("cursor") or None
    page = events_page(known.stores, read_filter(asked, now=known.now()), limit=_PAGE, cursor=cursor)
    name = {} if page["events"] else _name_in(asked)
    shown: dict[str, Any] = {
        "asked": asked,
        "first": _address(asked) if cursor else "",
        "following": _address(asked | {"cursor": page["cursor"]}) if page["cursor"] else "",
        "why": explain_for(known, who, name)["why"] if name else None,
        "choices": {
            "status": list(State),
            "reason": list(DeadLetterReason),
            "source": sorted(known.config.sources),
            "destination": sorted(known.destinations.all()),
        },
    }
    return render("events.html", visitor=who, section="events", page=page, **shown)


def _name_in(asked: dict[str, str]) -> dict[str, str]:
    """What was asked for by name, if it was by one name."""
    names = {name: text for name, text in asked.items() if name in {"event_id", "request_id"}}
    return names if len(names) == 1 else {}


def _address(asked: dict[str, str]) -> str:
    return f"/ops/events?{urlencode(asked)}" if asked else "/ops/events"


@events.get("/ops/events/<event_id>")
def show_one(event_id: str) -> Response:
    who = visitor(Role.VIEWER)
    return _shown(who, event_page(make_viewer(known_parts(), who), event_id))


@events.post("/ops/events/<event_id>/reveal")
def reveal(event_id: str) -> Response:
    """The same page with payloads as they came. It is not kept: looked at again, it is redacted again."""
    who = visitor(Role.ADMIN)
    return _shown(who, actions.reveal_event(known_parts(), who, event_id))


@events.post("/ops/events/<event_id>/replay")
def replay(event_id: str) -> Response:
    actions.replay_event(known_parts(), visitor(Role.OPERATOR), event_id)
    return told(f"/ops/events/{event_id}", "It is queued again.")


@events.post("/ops/events/<event_id>/discard")
def discard(event_id: str) -> Response:
    who = visitor(Role.OPERATOR)
    if not confirmed():
        return ask(_DISCARD, "Discard", back=f"/ops/events/{event_id}", visitor=who)
    actions.discard_event(known_parts(), who, event_id)
    return told(f"/ops/events/{event_id}", "It is given up.")


def _shown(who: Principal, page: dict[str, Any]) -> Response:
    state = State(page["status"])
    may = {
        "may_replay": state in {State.DEAD, State.DISCARDED},
        "may_discard": state in (OPEN_STATES - {State.SENDING}) | {State.DEAD},
        "is_open": state in OPEN_STATES,
    }
    return render("event.html", visitor=who, section="events", page=page, **may)
