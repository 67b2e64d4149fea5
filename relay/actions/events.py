"""Operator actions on one event: replay it, discard it, reveal its payloads."""

from typing import Any

from relay.actions.audit import Action, record
from relay.actions.context import Context
from relay.actions.remap import make_replay_context, requeue_event
from relay.actions.visibility import make_viewer
from relay.core.roles import Principal, Role
from relay.queries.event import event_page
from relay.store import events
from relay.store.accept import Retention
from relay.store.all_stores import find_store


def replay_event(ctx: Context, principal: Principal, event_id: str) -> dict[str, Any]:
    """Queue a dead or discarded event again, mapping it first if it has no call. Returns its page after that.

    Raises NotFound, Conflict if the event's state forbids it, and ValidationFailed if mapping still fails.
    """
    principal.require(Role.OPERATOR)
    store = find_store(ctx.stores, event_id)
    requeue_event(make_replay_context(store, lambda: ctx.ingest, ctx.now), event_id)
    record(ctx, principal, Action("event.replay", event_id, 1))
    return event_page(make_viewer(ctx, principal), event_id)


def discard_event(
    ctx: Context, principal: Principal, event_id: str, *, keep_data: bool = False
) -> dict[str, Any]:
    """Discard an event, so that it is not sent, and delete its data. Returns its page after that.

    With `keep_data`, a replay can still send it. Raises NotFound and Conflict.
    """
    principal.require(Role.OPERATOR)
    scripts = find_store(ctx.stores, event_id).scripts
    keep_seconds = Retention.from_settings(ctx.settings).discarded
    events.discard_event(scripts, event_id, keep_seconds=keep_seconds, keep_data=keep_data)
    options = {"keep_data": True} if keep_data else {}
    record(ctx, principal, Action("event.discard", event_id, 1, options))
    return event_page(make_viewer(ctx, principal), event_id)


def reveal_event(ctx: Context, principal: Principal, event_id: str) -> dict[str, Any]:
    """Return an event's page with unmasked payloads. Raises Unavailable, and shows nothing, if it cannot be audited."""
    principal.require(Role.ADMIN)
    page = event_page(make_viewer(ctx, principal, reveal=True), event_id)
    # The page exists before the entry, so that an unknown event leaves none, but is returned only after it.
    record(ctx, principal, Action("event.reveal", event_id, 1), required=True)
    return page
