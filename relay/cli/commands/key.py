"""The command `key`: generate an API key for a source or an operator."""

import re
import secrets

import click

from relay.cli.context import as_json, print_json, stdout_console
from relay.config.api_keys import generate_key, render_digest
from relay.config.fields import NAME_PATTERN
from relay.core.roles import OPERATOR_ROLES


@click.command(epilog="Example: gong-relay key website")
@click.argument("name", metavar="NAME")
@click.option(
    "--role",
    type=click.Choice([role.value for role in OPERATOR_ROLES]),
    help="Make it an operator's key, with this role.",
)
@as_json
def key(name: str, *, role: str | None, as_json: bool) -> None:
    """Generate an API key for the source NAME, or with --role for an operator.

    Prints the key, and the lines for the configuration file. The key is shown once and not stored. The configuration file holds only its SHA-256.

    Exit status: 0 on success, 2 usage error.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        text = "use a-z, 0-9, - and _, and start with a letter or digit."
        raise click.BadParameter(text, param_hint="NAME")
    # The name goes into YAML unquoted.
    api_key = generate_key(secrets.choice)
    digest = render_digest(api_key)
    if as_json:
        owner = {"operator": name, "role": role} if role else {"source": name}
        print_json({**owner, "key": api_key, "digest": digest})
        return
    recipient = name if role else f"the sender of {name}'s events"
    entry = _operator_entry(name, role, digest) if role else _source_entry(name, digest)
    beside = "" if role else ", beside the source's destination"
    console = stdout_console()
    console.print(f"Give this key to {recipient}. It is shown only once:\n\n  {api_key}\n", soft_wrap=True)
    console.print(f"Add this to the configuration file{beside}:\n", soft_wrap=True)
    console.print(entry, soft_wrap=True)


def _source_entry(name: str, digest: str) -> str:
    return f"sources:\n  {name}:\n    keys:\n      - {digest}"


def _operator_entry(name: str, role: str, digest: str) -> str:
    return f"operators:\n  {name}:\n    role: {role}\n    keys:\n      - {digest}"
