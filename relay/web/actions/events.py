"""What may be done to one event: replay it, give it up, see what is in it."""

from typing import Any

from relay.actions.remap import replay, replaying_in
from relay.core.roles import Principal, Role
from relay.queries.event import event_page
from relay.store.all_stores import store_of
from relay.store.audit import Deed
from relay.store.operator_actions import discard_event as give_up
from relay.web.actions.audit import audited, write_down
from relay.web.context import WebContext
from relay.web.visibility import make_viewer


def replay_event(known: WebContext, caller: Principal, event_id: str) -> dict[str, Any]:
    """Send a dead letter again; one that could not be mapped is mapped anew. Its page, as it is then."""
    caller.require(Role.OPERATOR)
    store = store_of(known.stores, event_id)
    replay(replaying_in(store, lambda: known.intake, known.now), event_id)
    audited(known, caller, "event.replay", event_id, count=1)
    return event_page(make_viewer(known, caller), event_id)


def discard_event(known: WebContext, caller: Principal, event_id: str) -> dict[str, Any]:
    """Give an event up. Its page, as it is then."""
    caller.require(Role.OPERATOR)
    scripts = store_of(known.stores, event_id).scripts
    give_up(scripts, event_id, keep_seconds=known.intake.retention.discarded)
    audited(known, caller, "event.discard", event_id, count=1)
    return event_page(make_viewer(known, caller), event_id)


def reveal_event(known: WebContext, caller: Principal, event_id: str) -> dict[str, Any]:
    """An event's page with payloads as they came. Where the audit cannot take the line, nothing is shown."""
    caller.require(Role.ADMIN)
    page = event_page(make_viewer(known, caller, reveal=True), event_id)
    write_down(known, Deed(caller.name, caller.role, "event.reveal", event_id, 1))
    return page
