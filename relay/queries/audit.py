"""The audit as an operator sees it: who did what, to what, to how many events, newest first."""

import re
from typing import Any

from relay.core.errors import Problem, ValidationFailed
from relay.core.timestamps import format_timestamp
from relay.store.audit import Line, read_audit
from relay.store.stores import Stores

_MOST_LISTED = 200
_CURSOR = re.compile(r"[0-9]{1,15}-[0-9]{1,10}", re.ASCII)


def audit_page(stores: Stores, *, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """`{entries: [{id, at, principal, role, action, target, count, filter}…], cursor}`. `cursor` is null on the last page."""
    if not 1 <= limit <= _MOST_LISTED:
        raise ValidationFailed([Problem("limit", "range", f"limit must be from 1 to {_MOST_LISTED}.")])
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise ValidationFailed(
            [Problem("cursor", "format", "cursor must be the one that the page before gave.")]
        )
    lines, more = read_audit(stores.main.redis, limit=limit, cursor=cursor)
    return {"entries": [_entry(line) for line in lines], "cursor": more}


def _entry(line: Line) -> dict[str, Any]:
    deed = line.deed
    return {
        "id": line.id,
        "at": format_timestamp(line.at),
        "principal": deed.who,
        "role": deed.role,
        "action": deed.did,
        "target": deed.target,
        "count": deed.count,
        "filter": dict(deed.filter),
    }
