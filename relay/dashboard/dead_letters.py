"""The pages of dead letters: by their fault; one fault, the mapping to mend tried on it, and its replay."""

from typing import Any

from flask import Response, request

from relay.actions.dead_letters import preview_cluster, replay_cluster
from relay.actions.visibility import make_viewer
from relay.core.errors import ValidationFailed
from relay.core.roles import Principal, Role
from relay.dashboard.blueprint import section, visitor
from relay.dashboard.formatting import counted
from relay.dashboard.mapping_form import read_mapping, write_mapping
from relay.dashboard.rendering import ask, confirmed, known_parts, render, told
from relay.queries.dead_letters import cluster_page, dead_letters_page

dead_letters = section("dead_letters", __name__)


@dead_letters.get("/ops/dead-letters")
def show_all() -> Response:
    who, known = visitor(Role.VIEWER), known_parts()
    cursor = request.args.get("cursor") or None
    page = dead_letters_page(known.stores, cursor=cursor)
    following = f"/ops/dead-letters?cursor={page['cursor']}" if page["cursor"] else ""
    paging = {"first": "/ops/dead-letters" if cursor else "", "following": following}
    return render("dead_letters.html", visitor=who, section="dead-letters", page=page, paging=paging)


@dead_letters.get("/ops/dead-letters/<cluster>")
def show_one(cluster: str) -> Response:
    return _shown(visitor(Role.VIEWER), cluster)


@dead_letters.post("/ops/dead-letters/<cluster>/preview")
def preview(cluster: str) -> Response:
    """The same page, with what a replay by the mapping in the form would do."""
    who, text = visitor(Role.OPERATOR), request.form.get("mapping", "")
    try:
        return _shown(
            who, cluster, written=text, trial=preview_cluster(known_parts(), who, cluster, read_mapping(text))
        )
    except ValidationFailed as error:
        return _shown(who, cluster, written=text, problems=error.problems)


@dead_letters.post("/ops/dead-letters/<cluster>/replay")
def replay(cluster: str) -> Response:
    who, known = visitor(Role.OPERATOR), known_parts()
    if not confirmed():
        count = cluster_page(make_viewer(known, who), cluster)["count"]
        question = f"Send {counted(count, 'dead letter')} again, by the configuration as it is now?"
        return ask(question, "Replay", back=f"/ops/dead-letters/{cluster}", visitor=who)
    page = replay_cluster(known, who, cluster)
    return told(f"/ops/replays/{page['id']}", "The replay has begun. Live events go first.")


def _shown(who: Principal, cluster: str, **more: Any) -> Response:
    page = cluster_page(make_viewer(known_parts(), who), cluster)
    written = write_mapping(page["mapping"]["written"]) if page["mapping"] else ""
    shown = {"written": written, "trial": None, "problems": ()} | more
    return render("cluster.html", visitor=who, section="dead-letters", page=page, **shown)
