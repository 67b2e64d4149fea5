"""The pages of replays: which there were, how far one is, and its end."""

from flask import Response

from relay.actions.replays import cancel_replay
from relay.core.roles import Role
from relay.dashboard.blueprint import section, visitor
from relay.dashboard.rendering import ask, confirmed, known_parts, render, told
from relay.queries.replays import has_ended, replay_page, replays_page

replays = section("replays", __name__)

_CANCEL = "Cancel this replay? What is queued already is sent; the rest stays as it was."


@replays.get("/ops/replays")
def show_all() -> Response:
    who, known = visitor(Role.VIEWER), known_parts()
    page = replays_page(known.stores, now=known.now())
    return render("replays.html", visitor=who, section="replays", page=page)


@replays.get("/ops/replays/<replay_id>")
def show_one(replay_id: str) -> Response:
    who, known = visitor(Role.VIEWER), known_parts()
    page = replay_page(known.stores, replay_id, now=known.now())
    return render("replay.html", visitor=who, section="replays", page=page, is_over=has_ended(page))


@replays.post("/ops/replays/<replay_id>/cancel")
def cancel(replay_id: str) -> Response:
    who, here = visitor(Role.OPERATOR), f"/ops/replays/{replay_id}"
    if not confirmed():
        return ask(_CANCEL, "Cancel the replay", back=here, visitor=who)
    changed = cancel_replay(known_parts(), who, replay_id)["changed"]
    return told(here, "It is cancelled." if changed else "It had ended already.")
