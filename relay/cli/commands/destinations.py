"""The commands that act on a destination: `pause`, `resume`, `probe`, `connect`."""

import sys
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from relay.actions.destinations import (
    create_connect_link,
    find_destination,
    pause_destination,
    probe_destination,
    resume_destination,
)
from relay.cli.context import EXIT_PROBLEM, CliContext, operator_command, print_json
from relay.cli.formatting import pluralize, safe_text
from relay.config.oauth import check_oauth
from relay.core.roles import COMMAND_LINE
from relay.queries.destinations import PASSED, render_probe
from relay.store.engine.connection import Client
from relay.store.holds import ProbeResult, read_probe_result

_POLL_SECONDS = 0.2

_NO_RESULT = (
    "There is no result yet. A probe waits for a running worker and for the company's budget, like any call: see "
    "`gong-relay status`. It stays queued."
)

_destination = click.argument("name", metavar="DESTINATION")


@click.command(epilog="Example: gong-relay pause acme")
@_destination
@operator_command
def pause(ctx: CliContext, name: str, *, as_json: bool) -> None:
    """Put a destination on hold until you resume it. Its events wait; none is lost.

    Exit status: 0 on success, 1 if there is no such destination, 2 usage error, 3 store unavailable.
    """
    result = pause_destination(ctx, COMMAND_LINE, name)
    if as_json:
        print_json(result)
        return
    state = "is on hold" if result["changed"] else "was already on hold"
    click.echo(f"{name} {state}. Its events wait until you run: gong-relay resume {name}")


@click.command(epilog="Example: gong-relay resume acme")
@_destination
@operator_command
def resume(ctx: CliContext, name: str, *, as_json: bool) -> None:
    """End a destination's hold, whatever its cause. Its events are sent in order.

    Exit status: 0 on success, 1 if there is no such destination, 2 usage error, 3 store unavailable.
    """
    result = resume_destination(ctx, COMMAND_LINE, name)
    if as_json:
        print_json(result)
        return
    state = "is no longer on hold" if result["changed"] else "was not on hold"
    click.echo(f"{name} {state}. {pluralize(result['events'], 'event')} went back to the queue.")


@click.command(epilog="Example: gong-relay probe acme")
@_destination
@click.option(
    "--wait",
    "wait_seconds",
    type=click.IntRange(0, 600),
    default=15,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the result.",
)
@operator_command
def probe(ctx: CliContext, name: str, *, wait_seconds: int, as_json: bool) -> None:
    """Test a destination's credentials with one call, which creates nothing in Gong.

    A destination on hold can be probed too. If the probe passes, the hold ends, unless an operator paused it.

    Exit status: 0 if the probe passed, 1 if it did not or there is no result in time, 2 usage error, 3 store
    unavailable.
    """
    redis = ctx.stores.get(find_destination(ctx, name).store).redis
    before = read_probe_result(redis, name)
    queued = probe_destination(ctx, COMMAND_LINE, name)
    result = _wait_for_result(redis, name, before, seconds=wait_seconds)
    if as_json:
        print_json(queued | {"result": result})
    else:
        click.echo(_describe_probe(name, result))
    if result is None or result["outcome"] != PASSED:
        sys.exit(EXIT_PROBLEM)


def _wait_for_result(
    redis: Client, name: str, before: tuple[datetime, ProbeResult] | None, *, seconds: int
) -> dict[str, Any] | None:
    """Poll until there is another result than `before`; None if there is none in time.

    Compares the stored results, because rendered times are cut to seconds: a second probe would look like the first.
    """
    deadline = time.monotonic() + seconds
    while True:
        after = read_probe_result(redis, name)
        if after is not None and after != before:
            return render_probe(*after)
        if time.monotonic() >= deadline:
            return None
        time.sleep(_POLL_SECONDS)


def _describe_probe(name: str, result: Mapping[str, Any] | None) -> str:
    if result is None:
        return _NO_RESULT
    if result["outcome"] == PASSED:
        return f"{name} passed: Gong accepts its credentials."
    status = f", HTTP {result['status']}" if result["status"] else ""
    lines = [
        f"{name} did not pass: {result['outcome']}{status}.",
        safe_text(result["detail"]),
        result["remedy"],
    ]
    return "\n".join(line for line in lines if line)


@click.command(epilog="Example: gong-relay connect globex --account 17")
@_destination
@click.option("--account", metavar="VALUE", help="The customer's account id in payloads.")
@click.option("--company", metavar="NAME", help="Unit of Gong's limits (default: the destination's name).")
@click.option("--source-system-name", metavar="NAME", help="System that Gong shows as the source of events.")
@click.option(
    "--internal-domain",
    "internal_domains",
    metavar="DOMAIN",
    multiple=True,
    help="Email domain of the customer's own employees. Repeatable.",
)
@operator_command
def connect(ctx: CliContext, name: str, *, as_json: bool, **options: Any) -> None:
    """Create a link with which a customer connects their Gong as DESTINATION.

    Send the link to a technical administrator of the customer's Gong. It works once, within 30 minutes, and needs no key.

    Exit status: 0 on success, 1 if the destination cannot be connected, 2 usage error, 3 store unavailable.
    """
    # The web checks this at its start. A link that it cannot serve would confuse the customer.
    check_oauth(ctx.config, ctx.settings)
    link = create_connect_link(ctx, COMMAND_LINE, name, options)
    if as_json:
        print_json(link)
        return
    click.echo(
        f"Send this link to a technical administrator of {name}'s Gong. It works once, within 30 minutes:\n\n"
        f"  {link['url']}\n"
    )
