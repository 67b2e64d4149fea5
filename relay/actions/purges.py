"""The operator action that deletes ended events before their time."""

from typing import Any

from relay.actions.audit import Action, record
from relay.actions.context import Context
from relay.core.errors import Problem, ValidationFailed
from relay.core.ids import id_timestamp
from relay.core.roles import Principal, Role
from relay.queries.purges import PurgeRequest, purge_page
from relay.store import purges
from relay.store.events import list_events
from relay.store.purges import Purged
from relay.store.stores import Store, Stores

_PAGE_SIZE = 500
_MAX_PAGES = 20
"""Pages that one request examines. So it ends within seconds; the caller repeats it with the cursor."""
_SCRIPT_SIZE = 50
"""Events that one script deletes, so that it never keeps the store busy for more than a few milliseconds."""


def purge_events(ctx: Context, principal: Principal, request: PurgeRequest) -> dict[str, Any]:
    """Delete ended events that match a filter, with their requests, or with `dry_run` count them.

    Returns `{dry_run, events, bytes, cursor}`. At most some ten thousand events are examined; with a cursor, repeat the
    request with it. No worker is needed, and it works while a store is out of memory. Raises ValidationFailed for an unknown
    cursor, and Unavailable.
    """
    principal.require(Role.OPERATOR)
    purged, cursor = _purge_stores(ctx.stores, request)
    if not request.dry_run:
        target = request.filter.source or "all sources"
        record(ctx, principal, Action("events.purge", target, purged.events, request.fields))
    return purge_page(purged, cursor=cursor, dry_run=request.dry_run)


def _purge_stores(stores: Stores, request: PurgeRequest) -> tuple[Purged, str | None]:
    """Purge store after store. The cursor is the name of a store and the last id that was examined there."""
    first, last_id = _read_cursor(stores, request.cursor)
    names = [store.name for store in stores]
    purged, pages = Purged(0, 0), 0
    for name in names[names.index(first) :]:
        cursor = last_id if name == first else None
        while pages < _MAX_PAGES:
            part, cursor = _purge_page(stores.get(name), request, cursor)
            purged, pages = purged + part, pages + 1
            if cursor is None:
                break
        else:
            return purged, f"{name}:{cursor or ''}"
    return purged, None


def _read_cursor(stores: Stores, cursor: str | None) -> tuple[str, str | None]:
    if cursor is None:
        return stores.main.name, None
    name, _, last_id = cursor.partition(":")
    if name not in {store.name for store in stores} or not _is_id(last_id):
        text = "must be the cursor that the previous request returned"
        raise ValidationFailed([Problem("cursor", "format", text)])
    return name, last_id or None


def _is_id(text: str) -> bool:
    try:
        return not text or bool(id_timestamp(text))
    except ValueError:
        return False


def _purge_page(store: Store, request: PurgeRequest, cursor: str | None) -> tuple[Purged, str | None]:
    page = list_events(store.redis, request.filter, limit=_PAGE_SIZE, cursor=cursor)
    ids = [event["id"] for event in page.events]
    groups = [ids[start : start + _SCRIPT_SIZE] for start in range(0, len(ids), _SCRIPT_SIZE)]
    if request.dry_run:
        parts = [purges.measure_events(store.redis, group) for group in groups]
    else:
        parts = [purges.purge_events(store.scripts, group, state=request.state) for group in groups]
    return sum(parts, Purged(0, 0)), page.cursor
