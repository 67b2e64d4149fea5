"""The page of the audit log, newest entries first."""

import re
from typing import Any

from relay.core.errors import Problem, ValidationFailed
from relay.core.timestamps import format_timestamp
from relay.store.audit import StoredAuditEntry, read_audit
from relay.store.stores import Stores

_MAX_LIMIT = 200
_CURSOR = re.compile(r"[0-9]{1,15}-[0-9]{1,10}", re.ASCII)


def audit_page(stores: Stores, *, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """Return `{entries: [{id, at, principal, role, action, target, count, filter}…], cursor}`.

    `cursor` is null on the last page.
    """
    if not 1 <= limit <= _MAX_LIMIT:
        raise ValidationFailed([Problem("limit", "range", f"limit must be from 1 to {_MAX_LIMIT}.")])
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise ValidationFailed(
            [Problem("cursor", "format", "cursor must be the one that the previous page returned.")]
        )
    entries, next_cursor = read_audit(stores.main.redis, limit=limit, cursor=cursor)
    return {"entries": [_entry_page(stored) for stored in entries], "cursor": next_cursor}


def _entry_page(stored: StoredAuditEntry) -> dict[str, Any]:
    entry = stored.entry
    return {
        "id": stored.id,
        "at": format_timestamp(stored.at),
        "principal": entry.principal,
        "role": entry.role,
        "action": entry.action,
        "target": entry.target,
        "count": entry.count,
        "filter": dict(entry.filter),
    }
