"""The command that re-encrypts stored secrets with the newest secret key: `rotate`."""

import sys

import click

from relay.actions.secret_keys import rotate_secret_keys
from relay.cli.context import EXIT_PROBLEM, CliContext, operator_command, print_json
from relay.cli.formatting import pluralize
from relay.core.roles import COMMAND_LINE


@click.command(epilog="Example: gong-relay rotate")
@operator_command
def rotate(ctx: CliContext, *, as_json: bool) -> None:
    """Re-encrypt stored tokens and keys with the newest of RELAY_SECRET_KEYS.

    After that you can remove older keys. It is safe to run this while the relay runs, and to run it again.

    Exit status: 0 on success, 1 if no key decrypts one of the secrets, 2 usage error, 3 store unavailable.
    """
    result = rotate_secret_keys(ctx, COMMAND_LINE)
    if as_json:
        print_json(result)
    else:
        click.echo(
            f"{pluralize(result['resealed'], 'secret')} re-encrypted; {result['already']:,} already used the newest key."
        )
        for name in result["unreadable"]:
            click.echo(
                f"{name}: no key in RELAY_SECRET_KEYS decrypts it. Add the key back, or connect the customer again."
            )
    if result["unreadable"]:
        sys.exit(EXIT_PROBLEM)
