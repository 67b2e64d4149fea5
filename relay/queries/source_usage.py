"""How much of each store the sources use, and how much they may use."""

from collections.abc import Mapping, Sequence
from typing import Any

from relay.core.source import Source
from relay.store.engine.connection import redis_errors_as_unavailable
from relay.store.engine.durability import read_memory
from relay.store.source_usage import read_source_bytes
from relay.store.stores import Store, Stores


def read_usage(stores: Stores, sources: Sequence[Source]) -> dict[str, list[dict[str, Any]]]:
    """Return by source `[{store, bytes, limit_bytes}]`, with every store.

    `limit_bytes` is what the source may use; null for a store without `maxmemory`.
    """
    rows_by_store = [_read_store_usage(store, sources) for store in stores]
    return {source.name: [rows[source.name] for rows in rows_by_store] for source in sources}


def find_full_sources(store: Store, sources: Mapping[str, Source]) -> list[dict[str, Any]]:
    """Return `{source, store, bytes, limit_bytes}` of each source that has used its share of this store, by name."""
    rows = _read_store_usage(store, [sources[name] for name in sorted(sources)])
    return [
        {"source": name} | row
        for name, row in rows.items()
        if row["limit_bytes"] is not None and row["bytes"] >= row["limit_bytes"]
    ]


def _read_store_usage(store: Store, sources: Sequence[Source]) -> dict[str, dict[str, Any]]:
    used = read_source_bytes(store.redis, [source.name for source in sources])
    with redis_errors_as_unavailable():
        memory = read_memory(store.redis)
    return {
        source.name: {
            "store": store.name,
            "bytes": used[source.name],
            "limit_bytes": source.limits.share_bytes(memory.limit),
        }
        for source in sources
    }
