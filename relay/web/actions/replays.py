"""What may be done with many events at once: foresee a replay, begin it, end it."""

import os
from typing import Any

from relay.actions.replay_job import foresee_everywhere
from relay.core.ids import ENTROPY_BYTES, generate_ids
from relay.core.replay import ReplayRequest
from relay.core.roles import Principal, Role
from relay.queries.replays import dry_run_page, replay_page
from relay.store.audit import Deed
from relay.store.replays_all_stores import cancel_everywhere, start_everywhere
from relay.web.actions.audit import audited, write_down
from relay.web.context import WebContext
from relay.web.visibility import make_viewer


def begin_replay(known: WebContext, caller: Principal, asked: ReplayRequest) -> dict[str, Any]:
    """Begin a replay, and tell how far it is; with `dry_run`, tell what it would do and change nothing."""
    caller.require(Role.OPERATOR)
    if asked.dry_run:
        told = foresee_everywhere(known.stores, asked.replay, lambda: known.intake, known.now)
        return {"dry_run": True} | dry_run_page(told, make_viewer(known, caller).sight)
    [replay_id] = generate_ids(known.now(), os.urandom(ENTROPY_BYTES), 1)
    start_everywhere(known.stores, replay_id, asked.replay)
    chosen = asked.replay.filter.chosen()
    write_down(known, Deed(caller.name, caller.role, "replay.start", replay_id, filter=chosen))
    return replay_page(known.stores, replay_id, now=known.now())


def cancel_replay(known: WebContext, caller: Principal, replay_id: str) -> dict[str, Any]:
    """End a replay; what it has queued is sent. `changed` is false where it had ended already."""
    caller.require(Role.OPERATOR)
    changed = cancel_everywhere(known.stores, replay_id)
    page = replay_page(known.stores, replay_id, now=known.now())
    audited(known, caller, "replay.cancel", replay_id, count=page["replayed"])
    return {"changed": changed} | page
