"""The command `alerts`: list open alerts, and send a receiver a test alert."""

import sys
import time
from collections.abc import Mapping
from typing import Any

import click

from relay.actions.alerts import send_test_alert
from relay.cli.context import EXIT_PROBLEM, CliContext, operator_command, print_json
from relay.cli.formatting import safe_text
from relay.core.roles import COMMAND_LINE
from relay.queries.alerts import alerts_page

_POLL_SECONDS = 0.2
_ARRIVED = "arrived"


@click.command(epilog="Example: gong-relay alerts --test ops")
@click.option("--test", "receiver", metavar="RECEIVER", help="Send this receiver a test alert.")
@click.option(
    "--wait",
    "wait_seconds",
    type=click.IntRange(0, 600),
    default=15,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the result of a test.",
)
@operator_command
def alerts(ctx: CliContext, receiver: str | None, *, wait_seconds: int, as_json: bool) -> None:
    """List open alerts, and what to do about each.

    With --test, a worker sends a test alert to a receiver instead.

    Exit status: 0 if no alert is open or the test alert arrived, 1 if an alert is open or the test alert did not arrive,
    2 usage error, 3 store unavailable.
    """
    if receiver is not None:
        _send_test(ctx, receiver, seconds=wait_seconds, as_json=as_json)
        return
    page = alerts_page(ctx.stores, ctx.config.alerts, now=ctx.now())
    if as_json:
        print_json(page)
    else:
        click.echo(_describe_alerts(page))
    if page["open"]:
        sys.exit(EXIT_PROBLEM)


def _describe_alerts(page: Mapping[str, Any]) -> str:
    lines = []
    for alert in page["open"]:
        lines.append(f"{alert['severity']}  {alert['kind']}  {safe_text(alert['text'])}")
        lines.append(f"    {safe_text(alert['remedy'])}")
    lines += [
        f"Messages to {receiver['name']} have failed since {receiver['last']['failing_since']}."
        for receiver in page["receivers"]
        if receiver["last"] and receiver["last"]["failing_since"]
    ]
    if not page["receivers"]:
        lines.append("Alerts have no receiver. Add one under alerts.receivers in the configuration.")
    return "\n".join(lines if page["open"] else ["No alert is open.", *lines])


def _send_test(ctx: CliContext, receiver: str, *, seconds: int, as_json: bool) -> None:
    queued = send_test_alert(ctx, COMMAND_LINE, receiver)
    deadline = time.monotonic() + seconds
    # An earlier message to this receiver may still be retried, so the result is found by the message's id.
    while (result := _read_result(ctx, receiver, queued["message"])) is None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    if as_json:
        print_json(queued | {"result": result})
    else:
        click.echo(_describe_result(receiver, result))
    if result is None or result["outcome"] != _ARRIVED:
        sys.exit(EXIT_PROBLEM)


def _read_result(ctx: CliContext, name: str, message: str) -> dict[str, Any] | None:
    """Return the result of sending this message; None while there is none."""
    page = alerts_page(ctx.stores, ctx.config.alerts, now=ctx.now())
    for receiver in page["receivers"]:
        last: dict[str, Any] | None = receiver["last"]
        if receiver["name"] == name and last and last["message"] == message:
            return last
    return None


def _describe_result(receiver: str, result: Mapping[str, Any] | None) -> str:
    if result is None:
        return "No worker has sent the test alert yet. Check that a worker is running: gong-relay status"
    if result["outcome"] == _ARRIVED:
        return f"The test alert arrived at {receiver}."
    status = f", HTTP {result['status']}" if result["status"] else ""
    return (
        f"The test alert did not arrive at {receiver}: {result['outcome']}{status}. "
        "Workers retry it for a day."
    )
