"""Dead letters by their fault, as an operator sees them: how many share it, and what to do about it."""

from typing import Any

from relay.core.errors import NotFound, Problem, ValidationFailed
from relay.core.lifecycle import REASONS, DeadLetterReason, State
from relay.core.redaction import redact_sentence
from relay.queries.event import event_page
from relay.queries.events import render_summary, render_timestamp
from relay.queries.explain import Viewer
from relay.store.all_stores import (
    list_clusters_in_all_stores,
    list_events_in_all_stores,
    read_cluster_in_all_stores,
)
from relay.store.dead_letter_clusters import ClusterRecord
from relay.store.events import EventFilter
from relay.store.stores import Stores

_MOST_LISTED = 200
_MOST_SHOWN = 20


def dead_letters_page(stores: Stores, *, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """`{clusters: […], total, cursor}`: dead letters by their fault, the newest first. `cursor` is null on the last page."""
    if not 1 <= limit <= _MOST_LISTED:
        raise ValidationFailed([Problem("limit", "range", f"limit must be from 1 to {_MOST_LISTED}.")])
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):  # noqa: PLR2004 - digits
        raise ValidationFailed(
            [Problem("cursor", "format", "cursor must be the one that the page before gave.")]
        )
    offset = int(cursor or 0)
    clusters, total = list_clusters_in_all_stores(stores, offset=offset, most=limit)
    following = offset + limit
    return {
        "clusters": [_cluster(cluster) for cluster in clusters],
        "total": total,
        "cursor": str(following) if following < total else None,
    }


def _cluster(cluster: ClusterRecord) -> dict[str, Any]:
    optional = {"field": cluster.field, "rule": cluster.rule}
    return {
        "cluster": cluster.fingerprint,
        "count": cluster.count,
        "reason": cluster.reason,
        "detail": redact_sentence(cluster.text),
        **{name: text for name, text in optional.items() if text},
        "remedy": REASONS[DeadLetterReason(cluster.reason)].text,
        "sample": cluster.sample,
        "first_at": render_timestamp(cluster.first_at),
        "last_at": render_timestamp(cluster.last_at),
        "sources": dict(cluster.sources),
        "destinations": dict(cluster.destinations),
    }


def cluster_page(viewer: Viewer, fingerprint: str) -> dict[str, Any]:
    """One cluster, with its newest `events` in short, the newest one in full as `sample_event`, and the `mapping` to mend.

    `mapping` is its source's as it is written today; null where there are several sources, or the one takes no webhooks.
    Raises NotFound.
    """
    found = read_cluster_in_all_stores(viewer.stores, fingerprint)
    if found is None:
        text = f"No dead letter has the fault {fingerprint}: the name is wrong, or all of them were replayed or pruned."
        raise NotFound("no_such_cluster", text)
    newest = EventFilter(status=State.DEAD, cluster=fingerprint)
    events = list_events_in_all_stores(viewer.stores, newest, limit=_MOST_SHOWN, cursor=None).events
    return _cluster(found) | {
        "events": [render_summary(event) for event in events],
        "sample_event": event_page(viewer, found.sample),
        "mapping": _mapping(viewer, found),
    }


def _mapping(viewer: Viewer, cluster: ClusterRecord) -> dict[str, Any] | None:
    if viewer.config is None or len(cluster.sources) != 1:
        return None
    [name] = cluster.sources
    webhook = viewer.config.webhooks.get(name)
    if webhook is None:
        return None
    return {"source": name, "version": webhook.mapping.version, "written": dict(webhook.mapping.spec)}
