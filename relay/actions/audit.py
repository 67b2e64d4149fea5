"""The audit log entry that every operator action leaves, in the store and in the process's log."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from relay.actions.context import Context
from relay.core.errors import Unavailable
from relay.core.roles import Principal, Via
from relay.log import log_event
from relay.store.audit import AuditEntry, record_entry

UNKNOWN = "(unknown)"
"""Who failed to sign in."""


@dataclass(frozen=True, slots=True)
class Action:
    """What a principal did: its name (`destination.pause`) and what it was done to."""

    name: str
    target: str
    count: int | None = None
    """The number of events that it changed."""
    filter: Mapping[str, Any] = field(default_factory=dict)
    """What selected the events."""


def record(ctx: Context, principal: Principal, action: Action, *, required: bool = False) -> None:
    """Record an action that has been done.

    It may have changed another store than the main one, which holds the audit log. If the main store is down, only the
    process's log has the entry; with `required`, Unavailable is raised.
    """
    entry = AuditEntry(
        principal=principal.name,
        role=principal.role,
        action=action.name,
        target=action.target,
        count=action.count,
        filter=action.filter,
    )
    # The standard output of a command is its result: log lines would corrupt it.
    if principal.via is not Via.COMMAND_LINE:
        _log(entry)
    with suppress(*() if required else (Unavailable,)):
        _append(ctx, entry)


def record_failed_sign_in(ctx: Context) -> None:
    """Record a failed attempt to sign in. Raises Unavailable."""
    entry = AuditEntry(principal=UNKNOWN, role="none", action="sign_in.failed", target="")
    _log(entry)
    _append(ctx, entry)


def _log(entry: AuditEntry) -> None:
    log_event(
        "operator.action",
        principal=entry.principal,
        role=entry.role,
        action=entry.action,
        target=entry.target,
        count=entry.count,
    )


def _append(ctx: Context, entry: AuditEntry) -> None:
    keep_hours = ctx.settings.retention_audit_hours
    record_entry(ctx.stores.main.redis, entry, now=ctx.now(), keep_hours=keep_hours)
