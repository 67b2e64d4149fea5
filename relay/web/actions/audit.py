"""The line that every deed leaves behind: in the audit that the pages show, and in the log."""

from contextlib import suppress

from relay.core.errors import Unavailable
from relay.core.roles import Principal
from relay.log import log_event
from relay.store.audit import Deed, record
from relay.web.context import WebContext


def audited(known: WebContext, caller: Principal, did: str, target: str, *, count: int | None = None) -> None:
    """Write down what the caller has done, to so many events.

    It is done already, perhaps in another store: should the main one be away, the log has the line alone.
    """
    with suppress(Unavailable):
        write_down(known, Deed(caller.name, caller.role, did, target, count))


def write_down(known: WebContext, deed: Deed) -> None:
    """Write down a deed, in the log first. Raises Unavailable."""
    log_event(
        "operator.did", who=deed.who, role=deed.role, did=deed.did, target=deed.target, count=deed.count
    )
    record(known.redis, deed, now=known.now(), keep_hours=known.settings.retention_audit_hours)
