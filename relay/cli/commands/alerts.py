"""The command `alerts`: what is open, and a test message to a receiver."""

import sys
import time
from collections.abc import Mapping
from typing import Any

import click

from relay.cli.context import PROBLEM, Desk, at_desk, now, print_json
from relay.cli.formatting import plain
from relay.queries.alerts import alerts_page, send_test_message

_LOOK_SECONDS = 0.2
_ARRIVED = "arrived"


@click.command(epilog="Example: gong-relay alerts --test ops")
@click.option(
    "--test", "receiver", metavar="RECEIVER", help="Have a worker send this receiver a test message."
)
@click.option(
    "--wait",
    "wait_seconds",
    type=click.IntRange(0, 600),
    default=15,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for what comes of a test.",
)
@at_desk
def alerts(desk: Desk, receiver: str | None, *, wait_seconds: int, as_json: bool) -> None:
    """What needs somebody's attention, and since when.

    Ends with 1 while an alert is open, or when a test message does not arrive.
    """
    if receiver is not None:
        _test(desk, receiver, seconds=wait_seconds, as_json=as_json)
        return
    page = alerts_page(desk.stores, desk.config.alerts, now=now())
    if as_json:
        print_json(page)
    else:
        click.echo(_told(page))
    if page["open"]:
        sys.exit(PROBLEM)


def _told(page: Mapping[str, Any]) -> str:
    lines = []
    for one in page["open"]:
        lines += [f"{one['severity']}  {one['kind']}  {plain(one['text'])}", f"    {plain(one['remedy'])}"]
    for one in page["receivers"]:
        if one["last"] and one["last"]["failing_since"]:
            lines.append(f"Messages to {one['name']} do not arrive since {one['last']['failing_since']}.")
    if not page["receivers"]:
        lines.append("Nobody is told of alerts: name receivers under alerts.receivers in the configuration.")
    return "\n".join(lines if page["open"] else ["No alert is open.", *lines])


def _test(desk: Desk, name: str, *, seconds: int, as_json: bool) -> None:
    page = send_test_message(desk.stores, desk.config.alerts, name, now=now())
    deadline = time.monotonic() + seconds
    while (told := _last(desk, name, page["message"])) is None and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    if as_json:
        print_json(page | {"last": told})
    else:
        click.echo(_came_of(name, told))
    if told is None or told["outcome"] != _ARRIVED:
        sys.exit(PROBLEM)


def _last(desk: Desk, name: str, message: str) -> dict[str, Any] | None:
    """What came of this message; None while nothing has."""
    page = alerts_page(desk.stores, desk.config.alerts, now=now())
    last = [one["last"] for one in page["receivers"] if one["name"] == name]
    return next((one for one in last if one and one["message"] == message), None)


def _came_of(name: str, last: Mapping[str, Any] | None) -> str:
    if last is None:
        return "No worker has sent it yet. It waits for one: `gong-relay status` shows them."
    if last["outcome"] == _ARRIVED:
        return f"The test message has arrived at {name}."
    status = f", HTTP {last['status']}" if last["status"] else ""
    return (
        f"The test message did not arrive at {name}: {last['outcome']}{status}. It is sent again for a day."
    )
