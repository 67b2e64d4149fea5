"""Replays and clusters of dead letters as an operator sees them."""

from datetime import UTC, datetime
from typing import Any

from relay.core.errors import Invalid, Problem
from relay.core.lifecycle import REASONS, Reason
from relay.core.replay import Stage
from relay.store.clusters import ClusterRecord
from relay.store.everywhere import clusters_everywhere
from relay.store.replays import ReplayRecord
from relay.store.replays_everywhere import read_everywhere, replays_of_all
from relay.store.stores import Stores

_MOST_LISTED = 200


def replays_page(stores: Stores, *, now: datetime) -> dict[str, Any]:
    """`{replays: […]}`: the newest fifty, newest first."""
    return {"replays": [_replay(record, now) for record in replays_of_all(stores)]}


def replay_page(stores: Stores, replay_id: str, *, now: datetime) -> dict[str, Any]:
    """One replay: what was asked for, how far it is, what it waits for. Raises NotFound."""
    return _replay(read_everywhere(stores, replay_id), now)


def _replay(record: ReplayRecord, now: datetime) -> dict[str, Any]:
    return {
        "id": record.id,
        "status": record.stage,
        "filter": record.replay.filter.as_dict(),
        "remap": record.replay.remap,
        "limit": record.replay.limit,
        **record.counts,
        "per_second": _rate(record, now),
        "waits_for": record.waits or None,
        "problems": list(record.problems),
        "created_at": _text(record.created_at),
        "started_at": _text(record.started_at),
        "ended_at": _text(record.ended_at),
    }


def _rate(record: ReplayRecord, now: datetime) -> float | None:
    """Events queued a second, from its first to its last or to now."""
    if record.started_at is None:
        return None
    seconds = ((record.ended_at or now) - record.started_at).total_seconds()
    return round(record.counts["replayed"] / max(seconds, 1.0), 2)


def is_over(page: dict[str, Any]) -> bool:
    """Whether a replay has ended, by its page."""
    return page["status"] in {Stage.DONE, Stage.CANCELLED}


def dead_letters_page(stores: Stores, *, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """`{clusters: […], total, cursor}`: dead letters by their fault, the newest first. `cursor` is null on the last page."""
    if not 1 <= limit <= _MOST_LISTED:
        raise Invalid([Problem("limit", "range", f"limit must be from 1 to {_MOST_LISTED}.")])
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):  # noqa: PLR2004 - digits
        raise Invalid([Problem("cursor", "format", "cursor must be the one that the page before gave.")])
    offset = int(cursor or 0)
    clusters, total = clusters_everywhere(stores, offset=offset, most=limit)
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
        "detail": cluster.text,
        **{name: text for name, text in optional.items() if text},
        "remedy": REASONS[Reason(cluster.reason)],
        "sample": cluster.sample,
        "first_at": _text(cluster.first_at),
        "last_at": _text(cluster.last_at),
        "sources": dict(cluster.sources),
        "destinations": dict(cluster.destinations),
    }


def _text(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
