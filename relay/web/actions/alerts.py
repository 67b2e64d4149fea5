"""What may be done about alerts: have a receiver sent a test."""

from typing import Any

from relay.core.roles import Principal, Role
from relay.queries.alerts import send_test_message
from relay.web.actions.audit import audited
from relay.web.context import WebContext


def try_receiver(known: WebContext, caller: Principal, name: str) -> dict[str, Any]:
    """Have a worker send a message that says it is a test."""
    caller.require(Role.OPERATOR)
    page = send_test_message(known.stores, known.config.alerts, name, now=known.now())
    audited(known, caller, "alert.test", name)
    return page
