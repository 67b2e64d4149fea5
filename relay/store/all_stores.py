"""Reading over all stores as if they were one: pages are merged, and an event is looked for until it is found."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TypeVar

from relay.core.errors import NotFound, Unavailable
from relay.store.dead_letter_clusters import ClusterRecord, merge_clusters, read_cluster, read_clusters
from relay.store.events import EventFilter, EventPage, list_events, read_event
from relay.store.stores import Store, Stores

_T = TypeVar("_T")

_MOST_CLUSTERS = 10_000
"""Of each store, where there are several: a fault is counted in all of them before it has its place."""


def list_events_in_all_stores(
    stores: Stores, wanted: EventFilter, *, limit: int, cursor: str | None
) -> EventPage:
    """A page of at most `limit` events of all stores, newest first, after `cursor`."""
    pages = [_listed(store, wanted, limit=limit, cursor=cursor) for store in stores]
    if len(pages) == 1:
        return pages[0]
    walked = wanted.person is not None or (wanted.event_id is None and wanted.request_id is None)
    return merge_pages(pages, limit=limit if walked else None)


def _listed(store: Store, wanted: EventFilter, *, limit: int, cursor: str | None) -> EventPage:
    mark = None if wanted.person is None else store.people.mark(wanted.person)
    return list_events(store.redis, wanted, limit=limit, cursor=cursor, mark=mark)


def merge_pages(pages: Sequence[EventPage], *, limit: int | None) -> EventPage:
    """Several stores' pages as one. Without a limit they are all there is.

    A store that ended its page at a cursor has not looked below it, so no event below the newest such cursor is shown.
    """
    events = sorted((event for page in pages for event in page.events), key=_id, reverse=True)
    if limit is None:
        return EventPage(events, None)
    edge = max((page.cursor for page in pages if page.cursor is not None), default=None)
    seen = [event for event in events if edge is None or event["id"] >= edge]
    shown = seen[:limit]
    return EventPage(shown, shown[-1]["id"] if len(seen) > limit else edge)


def _id(event: dict[str, str]) -> str:
    return event["id"]


def find_event(stores: Stores, event_id: str) -> tuple[Store, dict[str, bytes]] | None:
    """An event's record, and the store that holds it. Raises Unavailable where a store that may hold it is away."""
    away: Unavailable | None = None
    for store in stores:
        try:
            record = read_event(store.redis, event_id)
        except Unavailable as error:
            away = error
            continue
        if record is not None:
            return store, record
    if away is not None:
        raise away
    return None


def query_stores(stores: Stores, ask: Callable[[Store], _T]) -> list[tuple[str, _T]]:
    """What those stores answer that have what is asked for, by their names. Raises their NotFound where none has."""
    answers, absent = [], None
    for store in stores:
        try:
            answers.append((store.name, ask(store)))
        except NotFound as error:
            absent = error
    if absent is not None and not answers:
        raise absent
    return answers


def find_store(stores: Stores, event_id: str) -> Store:
    """Where to act on an event. The main store for one that there is not, which says so."""
    if len(stores) == 1:
        return stores.main
    found = find_event(stores, event_id)
    return found[0] if found else stores.main


def list_clusters_in_all_stores(stores: Stores, *, offset: int, most: int) -> tuple[list[ClusterRecord], int]:
    """As `read_clusters`, each fault counted over all stores."""
    if len(stores) == 1:
        return read_clusters(stores.main.redis, offset=offset, most=most)
    found: dict[str, ClusterRecord] = {}
    for store in stores:
        for each in read_clusters(store.redis, offset=0, most=_MOST_CLUSTERS)[0]:
            other = found.get(each.fingerprint)
            found[each.fingerprint] = merge_clusters(each, other) if other else each
    newest = sorted(found.values(), key=lambda each: each.last_at, reverse=True)
    return newest[offset : offset + most], len(newest)


def read_cluster_in_all_stores(stores: Stores, fingerprint: str) -> ClusterRecord | None:
    """One cluster, counted over all stores."""
    told = [read_cluster(store.redis, fingerprint) for store in stores]
    found = [each for each in told if each is not None]
    return reduce(merge_clusters, found) if found else None
