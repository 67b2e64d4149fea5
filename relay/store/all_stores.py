"""Reads that cover all stores: merged pages, counts over every store, and the store that holds an event."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TypeVar

from relay.core.errors import NotFound, Unavailable
from relay.store.dead_letter_clusters import ClusterRecord, merge_clusters, read_cluster, read_clusters
from relay.store.events import EventFilter, EventPage, list_events, read_event
from relay.store.stores import Store, Stores

_T = TypeVar("_T")

_MAX_CLUSTERS_PER_STORE = 10_000
"""With several stores, clusters are sorted only after their counts are merged, so all of them are read."""


def list_events_in_all_stores(
    stores: Stores, wanted: EventFilter, *, limit: int, cursor: str | None
) -> EventPage:
    """Return a page of at most `limit` events of all stores, newest first, after `cursor`."""
    pages = [_list_events(store, wanted, limit=limit, cursor=cursor) for store in stores]
    if len(pages) == 1:
        return pages[0]
    # A lookup by eventId or requestId returns all its events on one page, so there is nothing to cut off.
    is_scan = wanted.person is not None or (wanted.event_id is None and wanted.request_id is None)
    return merge_pages(pages, limit=limit if is_scan else None)


def _list_events(store: Store, wanted: EventFilter, *, limit: int, cursor: str | None) -> EventPage:
    # Each store has its own person key, so the same person has another mark in each.
    return list_events(store.redis, wanted, limit=limit, cursor=cursor, people=store.people)


def merge_pages(pages: Sequence[EventPage], *, limit: int | None) -> EventPage:
    """Merge pages from several stores into one page of at most `limit` events, or of all events if there is no limit."""
    events = sorted((event for page in pages for event in page.events), key=_id, reverse=True)
    if limit is None:
        return EventPage(events, None)
    # A store may hold more events below its cursor. Below the newest cursor the merged list is therefore incomplete.
    edge = max((page.cursor for page in pages if page.cursor is not None), default=None)
    complete = [event for event in events if edge is None or event["id"] >= edge]
    page = complete[:limit]
    # With fewer events than `limit`, the next page continues where the first store stopped.
    return EventPage(page, page[-1]["id"] if len(complete) > limit else edge)


def _id(event: dict[str, str]) -> str:
    return event["id"]


def find_event(stores: Stores, event_id: str) -> tuple[Store, dict[str, bytes]] | None:
    """Return an event's record and the store that holds it.

    Raises Unavailable if no store has it and one did not answer.
    """
    unavailable: Unavailable | None = None
    for store in stores:
        try:
            record = read_event(store.redis, event_id)
        except Unavailable as error:
            # Another store may still have the event.
            unavailable = error
            continue
        if record is not None:
            return store, record
    # "Not found" would be wrong: the store that did not answer may have the event.
    if unavailable is not None:
        raise unavailable
    return None


def query_stores(stores: Stores, query: Callable[[Store], _T]) -> list[tuple[str, _T]]:
    """Return the name and result of each store for which `query` finds something. Raises NotFound if none does."""
    results, not_found = [], None
    for store in stores:
        try:
            results.append((store.name, query(store)))
        except NotFound as error:
            not_found = error
    if not_found is not None and not results:
        raise not_found
    return results


def find_store(stores: Stores, event_id: str) -> Store:
    """Return the store that holds an event, or the main store, where the action reports the event as missing."""
    # With one store, the action itself reads the event; no second read is needed.
    if len(stores) == 1:
        return stores.main
    event = find_event(stores, event_id)
    return event[0] if event else stores.main


def list_clusters_in_all_stores(stores: Stores, *, offset: int, most: int) -> tuple[list[ClusterRecord], int]:
    """Do what `read_clusters` does, with each cluster counted over all stores."""
    # One store reads only the page that is needed.
    if len(stores) == 1:
        return read_clusters(stores.main.redis, offset=offset, most=most)
    merged: dict[str, ClusterRecord] = {}
    for store in stores:
        for cluster in read_clusters(store.redis, offset=0, most=_MAX_CLUSTERS_PER_STORE)[0]:
            other = merged.get(cluster.fingerprint)
            merged[cluster.fingerprint] = merge_clusters(cluster, other) if other else cluster
    newest = sorted(merged.values(), key=lambda cluster: cluster.last_at, reverse=True)
    return newest[offset : offset + most], len(newest)


def read_cluster_in_all_stores(stores: Stores, fingerprint: str) -> ClusterRecord | None:
    """Return one cluster, counted over all stores, or None if no store has it."""
    records = [read_cluster(store.redis, fingerprint) for store in stores]
    clusters = [record for record in records if record is not None]
    return reduce(merge_clusters, clusters) if clusters else None
