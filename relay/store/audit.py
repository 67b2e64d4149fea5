"""The audit log: one entry for every action of an operator. It contains no personal data from payloads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from redis import Redis

from relay.store.engine import keys
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.redis_time import SECOND, to_datetime

MAX_ENTRIES = 10_000
"""Operators act rarely. If a program writes more entries, the oldest are dropped."""

_PERSONAL_FILTERS = frozenset({"email", "phone"})
_MAX_LENGTH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One action of an operator."""

    principal: str
    """The operator's name."""
    role: str
    action: str
    """The action's name: `destination.pause`."""
    target: str
    """What the action was done to, by its name or id."""
    count: int | None = None
    """The number of events that the action changed."""
    filter: Mapping[str, Any] = field(default_factory=dict)
    """What selected the events. The log has `(given)` in place of an email address or phone number."""


@dataclass(frozen=True, slots=True)
class StoredAuditEntry:
    """An entry of the log, with its time and its id, by which entries are ordered."""

    id: str
    at: datetime
    entry: AuditEntry


def record_entry(redis: Redis, entry: AuditEntry, *, now: datetime, keep_hours: int = 8760) -> None:
    """Append an entry to the log, and drop entries older than `keep_hours`. `redis` is the main store's."""
    masked = {name: "(given)" if name in _PERSONAL_FILTERS else value for name, value in entry.filter.items()}
    fields: dict[Any, Any] = {
        "at": int(now.timestamp() * SECOND),
        "who": entry.principal[:_MAX_LENGTH],
        "role": entry.role,
        "did": entry.action,
        "target": entry.target[:_MAX_LENGTH],
        "filter": orjson.dumps(masked),
    }
    if entry.count is not None:
        fields["count"] = entry.count
    oldest = int((now - timedelta(hours=keep_hours)).timestamp() * 1000)
    with redis_errors_as_unavailable(), redis.pipeline(transaction=False) as pipeline:
        # Approximate trimming removes whole nodes of the stream, which is cheaper. The exact number does not matter.
        pipeline.xadd(keys.AUDIT, fields, maxlen=MAX_ENTRIES, approximate=True)
        # Retention is a promise, so it is exact.
        pipeline.xtrim(keys.AUDIT, minid=str(oldest), approximate=False)
        pipeline.execute()


def read_audit(redis: Redis, *, limit: int, cursor: str | None) -> tuple[list[StoredAuditEntry], str | None]:
    """Return at most `limit` entries after `cursor`, newest first, and the next page's cursor (None on the last page)."""
    with redis_errors_as_unavailable():
        # One more than `limit`, to know whether there is a next page.
        rows: Any = redis.xrevrange(keys.AUDIT, f"({cursor}" if cursor else "+", "-", count=limit + 1)
    entries = [_parse(stream_id.decode(), fields) for stream_id, fields in rows[:limit]]
    return entries, entries[-1].id if len(rows) > limit else None


def _parse(stream_id: str, fields: Mapping[bytes, bytes]) -> StoredAuditEntry:
    texts = {key.decode(): value.decode() for key, value in fields.items()}
    entry = AuditEntry(
        principal=texts["who"],
        role=texts["role"],
        action=texts["did"],
        target=texts["target"],
        count=int(texts["count"]) if "count" in texts else None,
        filter=orjson.loads(texts["filter"]),
    )
    return StoredAuditEntry(stream_id, to_datetime(texts["at"]), entry)
