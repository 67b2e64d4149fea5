"""Operator actions on alerts: send a receiver a test alert."""

import base64
import os
from typing import Any

from relay.actions.audit import Action, record
from relay.actions.context import Context
from relay.core.alerts.notifications import build_test_message
from relay.core.alerts.thresholds import Receiver
from relay.core.errors import NotFound
from relay.core.roles import Principal, Role
from relay.settings import did_you_mean
from relay.store.alerts import queue_message


def send_test_alert(ctx: Context, principal: Principal, name: str) -> dict[str, Any]:
    """Queue a test alert, which a worker of the main store sends to the receiver `name`. Raises NotFound."""
    principal.require(Role.OPERATOR)
    receiver = _find_receiver(ctx, name)
    main, now = ctx.stores.main, ctx.now()
    nonce = base64.b32encode(os.urandom(10)).decode().lower()
    message = build_test_message(receiver, store=main.name, now=now, nonce=nonce)
    queue_message(main.redis, message, now=now)
    record(ctx, principal, Action("alert.test", name))
    return {"receiver": name, "message": message.id, "queued": True}


def _find_receiver(ctx: Context, name: str) -> Receiver:
    receivers = {receiver.name: receiver for receiver in ctx.config.alerts.receivers}
    if not receivers:
        text = "The configuration has no alert receivers. Add one under alerts.receivers."
        raise NotFound("no_such_receiver", text)
    if name not in receivers:
        hint = did_you_mean(name, list(receivers)) or "."
        text = f"There is no receiver {name!r}{hint} The receivers are: {', '.join(receivers)}."
        raise NotFound("no_such_receiver", text)
    return receivers[name]
