"""The pages of replays: the list, and one replay with its progress and the action to cancel it."""

from flask import Response

from relay.actions.replays import cancel_replay
from relay.core.roles import Role
from relay.dashboard.blueprint import page_blueprint
from relay.dashboard.rendering import confirm_page, is_confirmed, redirect_with_message, render
from relay.queries.replays import has_ended, replay_page, replays_page
from relay.web.context import require_role

replays = page_blueprint("replays", __name__)

_CANCEL_QUESTION = (
    "Cancel this replay? Events that are already queued are still sent; the others stay unchanged."
)


@replays.get("/ops/replays")
def list_replays() -> Response:
    ctx, principal = require_role(Role.VIEWER)
    page = replays_page(ctx.stores, now=ctx.now())
    return render("replays.html", principal=principal, section="replays", page=page)


@replays.get("/ops/replays/<replay_id>")
def show_replay(replay_id: str) -> Response:
    ctx, principal = require_role(Role.VIEWER)
    page = replay_page(ctx.stores, replay_id, now=ctx.now())
    return render("replay.html", principal=principal, section="replays", page=page, has_ended=has_ended(page))


@replays.post("/ops/replays/<replay_id>/cancel")
def cancel(replay_id: str) -> Response:
    ctx, principal = require_role(Role.OPERATOR)
    url = f"/ops/replays/{replay_id}"
    if not is_confirmed():
        return confirm_page(_CANCEL_QUESTION, "Cancel replay", back=url, principal=principal)
    changed = cancel_replay(ctx, principal, replay_id)["changed"]
    message = "The replay is cancelled." if changed else "The replay had already ended."
    return redirect_with_message(url, message)
