"""The `gong-relay` command: every subcommand, and the options they share."""

import click

from relay.cli import (
    acting,
    alerting,
    check,
    connecting,
    dead_letters,
    entering,
    erasing,
    explaining,
    keys,
    mapping,
    probing,
    reading,
    replaying,
    sending,
    servers,
    sources,
    up,
)
from relay.cli.place import placed
from relay.core.version import VERSION

_COMMANDS = (
    *(up.up, entering.dashboard, servers.web, servers.worker, servers.sandbox),
    *(check.check, check.list_settings, check.schema, keys.key),
    *(sending.send, reading.status, reading.events, dead_letters.dead),
    *(explaining.event, explaining.why),
    *(mapping.map_payload, sources.source),
    *(replaying.replay, acting.discard, acting.pause, acting.resume, probing.probe),
    *(connecting.connect, connecting.rotate, erasing.erase, alerting.alerts),
)


@click.group(
    epilog="Example: gong-relay up",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(VERSION, prog_name="gong-relay")
@placed
def main() -> None:
    """Takes partner webhooks and posts them to Gong inside its limits: once each, and with every outcome visible.

    Ends with 0 when all is well, 1 when something is wrong, 2 when the command was misused, 3 when the store is away.
    """


for command in _COMMANDS:
    main.add_command(command)
