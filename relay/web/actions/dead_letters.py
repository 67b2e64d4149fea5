"""What may be done with the dead letters of one fault: try a mapping on them, send them again."""

from dataclasses import replace
from typing import Any

from relay.actions.replay_job import foresee_everywhere
from relay.core.config import Config
from relay.core.errors import Conflict
from relay.core.replay import Replay, ReplayFilter, ReplayRequest
from relay.core.roles import Principal, Role
from relay.ingest.accept_events import IngestContext
from relay.queries.dead_letters import cluster_page
from relay.queries.previews import compile_trial_mapping
from relay.queries.replays import dry_run_page
from relay.web.actions.replays import begin_replay
from relay.web.context import WebContext
from relay.web.visibility import make_viewer


def try_cluster(known: WebContext, caller: Principal, cluster: str, mapping: Any = None) -> dict[str, Any]:
    """What a replay of one fault would do: by today's mapping, or by `mapping` in its source's place. Changes nothing.

    `{cluster, mapping, matched, at_least, examples, would_map, would_fail, tried}`, where `mapping` is `today` or `given`.
    Raises NotFound, Invalid with every mistake in the mapping, and Conflict where the fault is not one source's.
    """
    caller.require(Role.OPERATOR)
    looking = make_viewer(known, caller)
    page = cluster_page(looking, cluster)
    intake = known.intake
    if mapping is not None:
        if page["mapping"] is None:
            raise Conflict("no_single_mapping", _NOT_ONE)
        intake = _with_mapping(known, page["mapping"]["source"], mapping)
    told = foresee_everywhere(known.stores, _of(cluster, mapped_anew=page), lambda: intake, known.now)
    shown = dry_run_page(told, looking.sight)
    return {"cluster": cluster, "mapping": "today" if mapping is None else "given"} | shown


_NOT_ONE = (
    "Dead letters of this fault came from several sources, or from one that takes no webhooks: there is no one mapping to "
    "try on them. Look at the events one by one."
)


def replay_cluster(known: WebContext, caller: Principal, cluster: str) -> dict[str, Any]:
    """Begin a replay of all dead letters of one fault, those of webhooks mapped anew. The replay's page."""
    caller.require(Role.OPERATOR)
    page = cluster_page(make_viewer(known, caller), cluster)
    return begin_replay(known, caller, ReplayRequest(_of(cluster, mapped_anew=page), dry_run=False))


def _of(cluster: str, *, mapped_anew: dict[str, Any]) -> Replay:
    """Where one mapping made them all, it makes them anew; others go as they were, or anew if they never were."""
    return Replay(ReplayFilter(cluster=cluster), remap=True if mapped_anew["mapping"] else None)


def _with_mapping(known: WebContext, source: str, mapping: Any) -> IngestContext:
    """The intake, with a mapping of somebody's in the place of a source's own."""
    config: Config = known.config
    hook = replace(config.hooks[source], mapping=compile_trial_mapping(mapping))
    return replace(known.intake, config=replace(config, hooks=config.hooks | {source: hook}))
