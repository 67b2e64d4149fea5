"""Operator actions on a cluster of dead letters: try a mapping on it, and replay it."""

from dataclasses import replace
from typing import Any

from relay.actions.context import Context
from relay.actions.replay_job import preview_in_all_stores
from relay.actions.replays import start_replay
from relay.actions.visibility import make_viewer
from relay.core.errors import Conflict
from relay.core.replay import Replay, ReplayFilter
from relay.core.roles import Principal, Role
from relay.ingest.accept_events import IngestContext
from relay.queries.dead_letters import cluster_page
from relay.queries.previews import compile_trial_mapping
from relay.queries.replays import dry_run_page


def preview_cluster(ctx: Context, principal: Principal, cluster: str, mapping: Any = None) -> dict[str, Any]:
    """Return what a replay of a cluster would do by the current mapping, or by `mapping` in its place. Changes nothing.

    Returns `{cluster, mapping, matched, truncated, examples, would_map, would_fail, sampled}`, where `mapping` is `current`
    or `trial`. Raises NotFound, ValidationFailed with every mistake in the mapping, and Conflict if the cluster's events came
    from several sources.
    """
    principal.require(Role.OPERATOR)
    viewer = make_viewer(ctx, principal)
    page = cluster_page(viewer, cluster)
    ingest = ctx.ingest
    if mapping is not None:
        if page["mapping"] is None:
            raise Conflict("no_single_mapping", _NO_SINGLE_MAPPING)
        ingest = _with_mapping(ingest, page["mapping"]["source"], mapping)
    preview = preview_in_all_stores(ctx.stores, _replay_of(cluster, page), lambda: ingest, ctx.now)
    result = {"cluster": cluster, "mapping": "current" if mapping is None else "trial"}
    return result | dry_run_page(preview, viewer.visibility)


_NO_SINGLE_MAPPING = (
    "The dead letters of this cluster came from several sources, or from a source without a mapping, so there is no "
    "single mapping to try. Open the events one by one."
)


def replay_cluster(ctx: Context, principal: Principal, cluster: str) -> dict[str, Any]:
    """Start a replay of all dead letters of a cluster. Returns the replay's page. Raises NotFound."""
    principal.require(Role.OPERATOR)
    page = cluster_page(make_viewer(ctx, principal), cluster)
    return start_replay(ctx, principal, _replay_of(cluster, page))


def _replay_of(cluster: str, page: dict[str, Any]) -> Replay:
    """Remap if all events came through one mapping; otherwise resend stored bodies, mapping only events that have none."""
    return Replay(ReplayFilter(cluster=cluster), remap=True if page["mapping"] else None)


def _with_mapping(ingest: IngestContext, source: str, mapping: Any) -> IngestContext:
    """Return the ingest context with `mapping` in place of the source's own."""
    config = ingest.config
    hook = replace(config.webhooks[source], mapping=compile_trial_mapping(mapping))
    return replace(ingest, config=replace(config, webhooks=config.webhooks | {source: hook}))
