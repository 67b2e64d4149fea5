"""The commands that explain: `event` tells all of one, `why` tells by any name why it is or is not in Gong."""

from typing import Any

import click

from relay.cli.context import Desk, at_desk, now, print_json, terminal
from relay.cli.tables.events import event_view, why_view
from relay.core.redaction import PayloadVisibility
from relay.queries.event import event_page
from relay.queries.explain import Viewer
from relay.queries.explain_by_name import LOOKUP_NAMES, explain_by_name_page
from relay.settings import StartupError


@click.command(epilog="Example: gong-relay event 01K9XHZ3T5M7Q2V8B4N6C0D1EF")
@click.argument("event_id", metavar="ID")
@click.option("--reveal", is_flag=True, help="Show payloads as they came, people and all.")
@at_desk
def event(desk: Desk, event_id: str, *, reveal: bool, as_json: bool) -> None:
    """Explain one event: why it is or is not in Gong, and what happens next.

    Then where it came from, every attempt, and the body for Gong, with its people masked.
    """
    page = event_page(
        _onlooker(desk, PayloadVisibility.PLAIN if reveal else PayloadVisibility.REDACTED), event_id
    )
    if as_json:
        print_json(page)
    else:
        terminal().print(event_view(page))


@click.command(epilog="Example: gong-relay why website:ev-123")
@click.argument("name", metavar="NAME")
@click.option(
    "--by",
    type=click.Choice(LOOKUP_NAMES),
    default="event_id",
    show_default=True,
    help="What kind of name it is.",
)
@at_desk
def why(desk: Desk, name: str, *, by: str, as_json: bool) -> None:
    """Say why something is or is not in Gong, also where no event of that name is there."""
    page = explain_by_name_page(_onlooker(desk, PayloadVisibility.REDACTED), {by: name})
    if as_json:
        print_json(page)
    else:
        terminal().print(why_view(page))


def _onlooker(desk: Desk, sight: PayloadVisibility) -> Viewer:
    """Whoever is at this machine, with as much of the configuration as can be read."""
    try:
        known: dict[str, Any] = {"config": desk.config, "find": desk.directory.find}
    except StartupError:
        known = {}
    return Viewer(desk.stores, now(), sight, **known)
