"""The command that makes an API key, for a source or for somebody who looks after the relay: `key`."""

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
    type=click.Choice(OPERATOR_ROLES),
    help="For somebody who looks after the relay: what they may do.",
)
@as_json
def key(name: str, *, role: str | None, as_json: bool) -> None:
    """Make a fresh API key for the source NAME, or with --role for a person, and the line that lets it in.

    The key is shown this once and kept nowhere: the configuration holds its SHA-256 only.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise click.BadParameter(
            "use a-z, 0-9, - and _, and begin with a letter or digit.", param_hint="NAME"
        )
    fresh = generate_key(secrets.choice)
    whose = {"operator": name, "role": role} if role else {"source": name}
    if as_json:
        print_json({**whose, "key": fresh, "digest": render_digest(fresh)})
        return
    giving = f"give it to {name}" if role else f"give it to whoever sends as {name}"
    line = _of_person(name, role, render_digest(fresh)) if role else _of_source(name, render_digest(fresh))
    beside = (
        "in the configuration file" if role else "in the configuration file, beside the source's destination"
    )
    console = stdout_console()
    console.print(f"The key, shown this once; {giving}:\n\n  {fresh}\n", soft_wrap=True)
    console.print(f"Its line {beside}:\n", soft_wrap=True)
    console.print(line, soft_wrap=True)


def _of_source(name: str, digest: str) -> str:
    return f"sources:\n  {name}:\n    keys:\n      - {digest}"


def _of_person(name: str, role: str, digest: str) -> str:
    return f"operators:\n  {name}:\n    role: {role}\n    keys:\n      - {digest}"
