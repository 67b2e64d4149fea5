"""Who did what, to how many: one line for every change that an operator made. Nobody's data is in it."""

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
"""Lines. A change by hand is rare; a program that makes more pushes the oldest out."""

_PERSONAL = frozenset({"email", "phone"})
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Deed:
    """One change: by whose key, in which role, what (`destination.pause`), and to what.

    `filter` is what chose the `count` events that it concerned. A person in it is kept as `(given)`.
    """

    who: str
    role: str
    did: str
    target: str
    count: int | None = None
    filter: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """A deed and its moment. `id` is its place among the others."""

    id: str
    at: datetime
    deed: Deed


def record_entry(redis: Redis, deed: Deed, *, now: datetime, keep_hours: int = 8760) -> None:
    """Write a deed down, and drop lines older than `keep_hours`. `redis` is the main store's."""
    filtered = {name: "(given)" if name in _PERSONAL else value for name, value in deed.filter.items()}
    fields: dict[Any, Any] = {
        "at": int(now.timestamp() * SECOND),
        "who": deed.who[:_LONGEST],
        "role": deed.role,
        "did": deed.did,
        "target": deed.target[:_LONGEST],
        "filter": orjson.dumps(filtered),
    }
    if deed.count is not None:
        fields["count"] = deed.count
    oldest = int((now - timedelta(hours=keep_hours)).timestamp() * 1000)
    with redis_errors_as_unavailable(), redis.pipeline(transaction=False) as pipeline:
        pipeline.xadd(keys.AUDIT, fields, maxlen=MAX_ENTRIES, approximate=True)
        pipeline.xtrim(keys.AUDIT, minid=str(oldest), approximate=False)
        pipeline.execute()


def read_audit(redis: Redis, *, limit: int, cursor: str | None) -> tuple[list[Line], str | None]:
    """At most `limit` lines, newest first, after `cursor`; and the cursor that continues (None: there are no more)."""
    with redis_errors_as_unavailable():
        found: Any = redis.xrevrange(keys.AUDIT, f"({cursor}" if cursor else "+", "-", count=limit + 1)
    lines = [_line(name.decode(), fields) for name, fields in found[:limit]]
    return lines, lines[-1].id if len(found) > limit else None


def _line(name: str, fields: Mapping[bytes, bytes]) -> Line:
    told = {key.decode(): value.decode() for key, value in fields.items()}
    count = int(told["count"]) if "count" in told else None
    deed = Deed(told["who"], told["role"], told["did"], told["target"], count, orjson.loads(told["filter"]))
    return Line(name, to_datetime(told["at"]), deed)
