"""The line of audit that a command's deed leaves. Whoever may run commands where the relay runs may do everything."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from relay.cli.context import Desk, now
from relay.core.errors import Unavailable
from relay.core.roles import Role
from relay.store.audit import Deed, record_entry

WHO = "command line"


def audited(
    desk: Desk, did: str, target: str, *, count: int | None = None, chosen: Mapping[str, Any] | None = None
) -> None:
    """Write down what was done, to so many events. It is done already, also where the main store has gone away since."""
    deed = Deed(WHO, Role.ADMIN, did, target, count, chosen or {})
    with suppress(Unavailable):
        record_entry(desk.redis, deed, now=now(), keep_hours=desk.settings.retention_audit_hours)
