"""The pages of events: search, and one event with its explanation and the actions replay, discard and reveal."""

from typing import Any

from flask import Response, request

from relay.actions import events as actions
from relay.actions.visibility import make_viewer
from relay.core.lifecycle import OPEN_STATES, DeadLetterReason, State
from relay.core.roles import Principal, Role
from relay.dashboard.blueprint import page_blueprint
from relay.dashboard.rendering import confirm_page, is_confirmed, page_links, redirect_with_message, render
from relay.queries.event import event_page
from relay.queries.events import events_page
from relay.queries.filters import FILTER_NAMES, read_filter
from relay.web.api.events import explain_for
from relay.web.context import require_role

events = page_blueprint("events", __name__)

_PAGE_SIZE = 50
_DISCARD_QUESTION = (
    "Discard this event and delete its data? It is not delivered to Gong and cannot be replayed."
)
_KEEP_DATA_QUESTION = "Discard this event and keep its data? It is not delivered to Gong unless you replay it before it is pruned."
_QUESTIONS = {"discard": _DISCARD_QUESTION, "keep_data": _KEEP_DATA_QUESTION}


@events.get("/ops/events")
def list_events() -> Response:
    ctx, principal = require_role(Role.VIEWER)
    # The form submits its empty fields too.
    filters = {
        name: text.strip() for name, text in request.args.items() if name in FILTER_NAMES and text.strip()
    }
    cursor = request.args.get("cursor") or None
    page = events_page(ctx.stores, read_filter(filters, now=ctx.now()), limit=_PAGE_SIZE, cursor=cursor)
    # An event that was never stored can still be explained, if the search names exactly one.
    searched_name = {} if page["events"] else _single_name(filters)
    return render(
        "events.html",
        principal=principal,
        section="events",
        page=page,
        filters=filters,
        links=page_links("/ops/events", filters, cursor=cursor, next_cursor=page["cursor"]),
        why=explain_for(ctx, principal, searched_name)["why"] if searched_name else None,
        options={
            "status": list(State),
            "reason": list(DeadLetterReason),
            "source": sorted(ctx.config.sources),
            "destination": sorted(ctx.destinations.all()),
        },
    )


def _single_name(filters: dict[str, str]) -> dict[str, str]:
    """Return the filter that names an event, if there is exactly one such filter."""
    names = {name: text for name, text in filters.items() if name in {"event_id", "request_id"}}
    return names if len(names) == 1 else {}


@events.get("/ops/events/<event_id>")
def show_event(event_id: str) -> Response:
    ctx, principal = require_role(Role.VIEWER)
    return _render_event(principal, event_page(make_viewer(ctx, principal), event_id))


@events.post("/ops/events/<event_id>/reveal")
def reveal(event_id: str) -> Response:
    """Show the page once with unredacted payloads; the next view is redacted again."""
    ctx, principal = require_role(Role.ADMIN)
    return _render_event(principal, actions.reveal_event(ctx, principal, event_id))


@events.post("/ops/events/<event_id>/replay")
def replay(event_id: str) -> Response:
    ctx, principal = require_role(Role.OPERATOR)
    actions.replay_event(ctx, principal, event_id)
    return redirect_with_message(f"/ops/events/{event_id}", "The event is queued again.")


@events.post("/ops/events/<event_id>/discard")
def discard(event_id: str) -> Response:
    ctx, principal = require_role(Role.OPERATOR)
    url = f"/ops/events/{event_id}"
    keep_data = request.form.get("keep_data") == "yes"
    if not is_confirmed():
        question = _KEEP_DATA_QUESTION if keep_data else _DISCARD_QUESTION
        return confirm_page(question, "Discard", back=url, principal=principal)
    actions.discard_event(ctx, principal, event_id, keep_data=keep_data)
    text = "The event is discarded." if keep_data else "The event is discarded and its data deleted."
    return redirect_with_message(url, text)


def _render_event(principal: Principal, page: dict[str, Any]) -> Response:
    state = State(page["status"])
    return render(
        "event.html",
        principal=principal,
        section="events",
        page=page,
        can_replay=state in {State.DEAD, State.DISCARDED} and "data_deleted_at" not in page,
        # An event that is being sent can no longer be held back.
        can_discard=state in (OPEN_STATES - {State.SENDING}) | {State.DEAD},
        is_open=state in OPEN_STATES,
        questions=_QUESTIONS,
    )
