"""The options of commands that select events."""

from collections.abc import Callable
from typing import Any

import click

from relay.core.lifecycle import DeadLetterReason

Command = Callable[..., Any]


def with_filter_options(command: Command) -> Command:
    """Give a command `--reason`, `--cluster`, `--since` and `--until`, in this order."""
    options = (
        click.option(
            "--reason",
            type=click.Choice([reason.value for reason in DeadLetterReason]),
            help="Only dead letters with this reason.",
        ),
        click.option("--cluster", help="Only dead letters of this cluster, as `gong-relay dead` lists it."),
        click.option(
            "--since", help="Only events received at this time or later: 2026-11-20T10:00:00Z, or -2h."
        ),
        click.option("--until", help="Only events received before this time."),
    )
    for option in reversed(options):
        command = option(command)
    return command
