"""Operator actions on alerts: send a receiver a test alert."""

from typing import Any

from relay.actions.audit import Action, record
from relay.actions.context import Context
from relay.core.roles import Principal, Role
from relay.queries.alerts import send_test_message


def send_test_alert(ctx: Context, principal: Principal, receiver: str) -> dict[str, Any]:
    """Queue a test message, which a worker sends to `receiver`. Raises NotFound."""
    principal.require(Role.OPERATOR)
    page = send_test_message(ctx.stores, ctx.config.alerts, receiver, now=ctx.now())
    record(ctx, principal, Action("alert.test", receiver))
    return page
