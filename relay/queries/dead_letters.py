"""Clusters of dead letters for display: events with the same problem, its remedy and a sample."""

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

_MAX_LIMIT = 200
_MAX_EVENTS = 20


def dead_letters_page(stores: Stores, *, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """Return `{clusters: […], total, cursor}`, newest first. `cursor` is null on the last page."""
    if not 1 <= limit <= _MAX_LIMIT:
        raise ValidationFailed([Problem("limit", "range", f"limit must be from 1 to {_MAX_LIMIT}.")])
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):  # noqa: PLR2004 - ten digits
        raise ValidationFailed(
            [Problem("cursor", "format", "cursor must be the one that the previous page returned.")]
        )
    offset = int(cursor or 0)
    clusters, total = list_clusters_in_all_stores(stores, offset=offset, most=limit)
    next_offset = offset + limit
    return {
        "clusters": [_render_cluster(cluster) for cluster in clusters],
        "total": total,
        "cursor": str(next_offset) if next_offset < total else None,
    }


def _render_cluster(cluster: ClusterRecord) -> dict[str, Any]:
    row = {
        "cluster": cluster.fingerprint,
        "count": cluster.count,
        "reason": cluster.reason,
        "detail": redact_sentence(cluster.text),
        "remedy": REASONS[DeadLetterReason(cluster.reason)].text,
        "sample": cluster.sample,
        "first_at": render_timestamp(cluster.first_at),
        "last_at": render_timestamp(cluster.last_at),
        "sources": dict(cluster.sources),
        "destinations": dict(cluster.destinations),
    }
    # Only problems of a mapping have a field and a rule.
    if cluster.field:
        row["field"] = cluster.field
    if cluster.rule:
        row["rule"] = cluster.rule
    return row


def cluster_page(viewer: Viewer, fingerprint: str) -> dict[str, Any]:
    """Return a cluster with its newest `events`, the newest in full as `sample_event`, and the `mapping` to fix.

    `mapping` is the current one of the source; null if the cluster has several sources, or one without a webhook.
    Raises NotFound.
    """
    cluster = read_cluster_in_all_stores(viewer.stores, fingerprint)
    if cluster is None:
        text = f"There is no cluster {fingerprint}: the name is wrong, or all its dead letters were replayed, discarded, pruned or purged."
        raise NotFound("no_such_cluster", text)
    newest = EventFilter(status=State.DEAD, cluster=fingerprint)
    events = list_events_in_all_stores(viewer.stores, newest, limit=_MAX_EVENTS, cursor=None).events
    return _render_cluster(cluster) | {
        "events": [render_summary(event) for event in events],
        "sample_event": event_page(viewer, cluster.sample),
        "mapping": _render_mapping(viewer, cluster),
    }


def _render_mapping(viewer: Viewer, cluster: ClusterRecord) -> dict[str, Any] | None:
    if viewer.config is None or len(cluster.sources) != 1:
        return None
    [name] = cluster.sources
    webhook = viewer.config.webhooks.get(name)
    if webhook is None:
        return None
    return {"source": name, "version": webhook.mapping.version, "written": dict(webhook.mapping.spec)}
