"""Operator actions on replays: preview, start and cancel the replay of many events."""

import os
from typing import Any

from relay.actions.audit import Action, record
from relay.actions.context import Context
from relay.actions.replay_job import preview_in_all_stores
from relay.actions.visibility import make_viewer
from relay.core.ids import ENTROPY_BYTES, generate_ids
from relay.core.replay import Replay
from relay.core.roles import Principal, Role
from relay.queries.replays import dry_run_page, replay_page
from relay.store.replays import cancel_replay_in_all_stores, start_replay_in_all_stores


def preview_replay(ctx: Context, principal: Principal, replay: Replay) -> dict[str, Any]:
    """Return what a replay would do, without changing anything."""
    principal.require(Role.OPERATOR)
    preview = preview_in_all_stores(ctx.stores, replay, lambda: ctx.ingest, ctx.now)
    return {"dry_run": True} | dry_run_page(preview, make_viewer(ctx, principal).visibility)


def start_replay(ctx: Context, principal: Principal, replay: Replay) -> dict[str, Any]:
    """Start a replay, which workers run in the background. Returns its page."""
    principal.require(Role.OPERATOR)
    [replay_id] = generate_ids(ctx.now(), os.urandom(ENTROPY_BYTES), 1)
    start_replay_in_all_stores(ctx.stores, replay_id, replay)
    # The operator needs the entry to find out later why events were sent again.
    record(
        ctx, principal, Action("replay.start", replay_id, filter=replay.filter.as_audit_dict()), required=True
    )
    return replay_page(ctx.stores, replay_id, now=ctx.now())


def cancel_replay(ctx: Context, principal: Principal, replay_id: str) -> dict[str, Any]:
    """Cancel a replay. Events that it queued are sent. `changed` is false if it had already ended. Raises NotFound."""
    principal.require(Role.OPERATOR)
    changed = cancel_replay_in_all_stores(ctx.stores, replay_id)
    page = replay_page(ctx.stores, replay_id, now=ctx.now())
    record(ctx, principal, Action("replay.cancel", replay_id, page["replayed"]))
    return {"changed": changed} | page
