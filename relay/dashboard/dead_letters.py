"""The pages of dead letters: the list of clusters, and one cluster with a trial of its mapping and its replay."""

from typing import Any

from flask import Response, request

from relay.actions.dead_letters import preview_cluster, replay_cluster
from relay.actions.purges import purge_events
from relay.actions.visibility import make_viewer
from relay.core.errors import ValidationFailed
from relay.core.roles import Principal, Role
from relay.dashboard.blueprint import page_blueprint
from relay.dashboard.formatting import pluralize
from relay.dashboard.mapping_form import format_mapping, parse_mapping
from relay.dashboard.rendering import confirm_page, is_confirmed, page_links, redirect_with_message, render
from relay.queries.dead_letters import cluster_page, dead_letters_page
from relay.queries.purges import read_purge_request
from relay.web.context import WebContext, require_role

dead_letters = page_blueprint("dead_letters", __name__)


@dead_letters.get("/ops/dead-letters")
def list_clusters() -> Response:
    ctx, principal = require_role(Role.VIEWER)
    cursor = request.args.get("cursor") or None
    page = dead_letters_page(ctx.stores, cursor=cursor)
    links = page_links("/ops/dead-letters", {}, cursor=cursor, next_cursor=page["cursor"])
    return render("dead_letters.html", principal=principal, section="dead-letters", page=page, links=links)


@dead_letters.get("/ops/dead-letters/<cluster>")
def show_cluster(cluster: str) -> Response:
    ctx, principal = require_role(Role.VIEWER)
    return _render_cluster(ctx, principal, cluster)


@dead_letters.post("/ops/dead-letters/<cluster>/preview")
def preview_replay(cluster: str) -> Response:
    """Show the cluster with what a replay with the mapping in the form would do."""
    ctx, principal = require_role(Role.OPERATOR)
    text = request.form.get("mapping", "")
    try:
        trial = preview_cluster(ctx, principal, cluster, parse_mapping(text))
    except ValidationFailed as error:
        return _render_cluster(ctx, principal, cluster, mapping_text=text, problems=error.problems)
    return _render_cluster(ctx, principal, cluster, mapping_text=text, trial=trial)


@dead_letters.post("/ops/dead-letters/<cluster>/replay")
def replay(cluster: str) -> Response:
    ctx, principal = require_role(Role.OPERATOR)
    if not is_confirmed():
        count = cluster_page(make_viewer(ctx, principal), cluster)["count"]
        question = f"Replay {pluralize(count, 'dead letter')} with the current configuration?"
        return confirm_page(question, "Replay", back=f"/ops/dead-letters/{cluster}", principal=principal)
    page = replay_cluster(ctx, principal, cluster)
    return redirect_with_message(
        f"/ops/replays/{page['id']}", "The replay has started. New events are sent first."
    )


@dead_letters.post("/ops/dead-letters/<cluster>/purge")
def purge(cluster: str) -> Response:
    ctx, principal = require_role(Role.OPERATOR)
    url = f"/ops/dead-letters/{cluster}"
    if not is_confirmed():
        question = _purge_question(cluster_page(make_viewer(ctx, principal), cluster)["count"])
        return confirm_page(question, "Purge", back=url, principal=principal)
    document = {"filter": {"status": "dead", "cluster": cluster}}
    result = purge_events(ctx, principal, read_purge_request(document, now=ctx.now()))
    text = f"{pluralize(result['events'], 'dead letter')} deleted."
    if result["cursor"] is None:
        return redirect_with_message("/ops/dead-letters", text)
    return redirect_with_message(url, f"{text} There are more: purge again.")


def _purge_question(count: int) -> str:
    return (
        f"Delete {pluralize(count, 'dead letter')} and their requests permanently? They cannot be replayed."
    )


def _render_cluster(ctx: WebContext, principal: Principal, cluster: str, **values: Any) -> Response:
    page = cluster_page(make_viewer(ctx, principal), cluster)
    mapping_text = format_mapping(page["mapping"]["written"]) if page["mapping"] else ""
    defaults = {
        "mapping_text": mapping_text,
        "purge_question": _purge_question(page["count"]),
        "trial": None,
        "problems": (),
    }
    return render("cluster.html", principal=principal, section="dead-letters", page=page, **defaults | values)
