"""The command `probe`: has a worker try a destination's credentials now, and waits for what Gong says."""

import sys
import time
from datetime import datetime

import click

from relay.cli.audit import audited
from relay.cli.context import PROBLEM, Desk, at_desk, print_json
from relay.cli.formatting import plain
from relay.core.destination import Destination
from relay.queries.probes import PASSED, render_probe
from relay.store.operator_actions import ProbeResult, read_probe_result, request_probe

_LOOK_SECONDS = 0.2

_NOT_TOLD = (
    "No worker has told of it yet. It waits for a worker, and for its company's budget, as a call does: "
    "`gong-relay status` shows both. The probe stays asked for."
)


@click.command(epilog="Example: gong-relay probe acme")
@click.argument("name", metavar="DESTINATION")
@click.option(
    "--wait",
    "wait_seconds",
    type=click.IntRange(0, 600),
    default=15,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for what comes of it.",
)
@at_desk
def probe(desk: Desk, name: str, *, wait_seconds: int, as_json: bool) -> None:
    """Try a destination's credentials now, on hold or not: one call, which creates nothing in Gong.

    When it passes, a hold ends, unless an operator paused it. Ends with 1 when it does not pass, or nothing is told.
    """
    found = _probed(desk, desk.destination(name), seconds=wait_seconds)
    if as_json:
        print_json({"destination": name, "asked": True, "last": found and render_probe(*found)})
    else:
        click.echo(_told(name, found))
    if found is None or found[1].outcome != PASSED:
        sys.exit(PROBLEM)


def _probed(desk: Desk, destination: Destination, *, seconds: int) -> tuple[datetime, ProbeResult] | None:
    """Ask for a probe, and wait for what comes of it; None when nothing has by then."""
    redis = desk.stores.of(destination.store).redis
    before, deadline = read_probe_result(redis, destination.name), time.monotonic() + seconds
    request_probe(redis, destination)
    audited(desk, "destination.probe", destination.name)
    while True:
        found = read_probe_result(redis, destination.name)
        if found != before:
            return found
        if time.monotonic() >= deadline:
            return None
        time.sleep(_LOOK_SECONDS)


def _told(name: str, found: tuple[datetime, ProbeResult] | None) -> str:
    if found is None:
        return _NOT_TOLD
    told = render_probe(*found)
    if told["outcome"] == PASSED:
        return f"{name} passed: Gong takes its credentials."
    status = f", HTTP {told['status']}" if told["status"] else ""
    lines = [f"{name} did not pass: {told['outcome']}{status}.", plain(told["detail"]), told["remedy"]]
    return "\n".join(line for line in lines if line)
