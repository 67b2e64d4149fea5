"""The `gong-relay` command: every subcommand, and the options they share."""

import click

from relay.cli.commands import alerts as alerting
from relay.cli.commands import check, servers
from relay.cli.commands import connect as connecting
from relay.cli.commands import dashboard as entering
from relay.cli.commands import dead as dead_letters
from relay.cli.commands import erase as erasing
from relay.cli.commands import explain as explaining
from relay.cli.commands import key as keys
from relay.cli.commands import map as mapping
from relay.cli.commands import pause_resume_discard as acting
from relay.cli.commands import probe as probing
from relay.cli.commands import replay as replaying
from relay.cli.commands import send as sending
from relay.cli.commands import source as sources
from relay.cli.commands import status as reading
from relay.cli.options import placed
from relay.cli.up import command as up
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
