"""The command that makes a source's API key: `key`."""

import re
import secrets

import click

from relay.cli.desk import as_json, print_json, terminal
from relay.config.fields import NAME_PATTERN
from relay.config.keys import fresh_key, written


@click.command(epilog="Example: gong-relay key website")
@click.argument("source", metavar="SOURCE")
@as_json
def key(source: str, *, as_json: bool) -> None:
    """Make a fresh API key for SOURCE, and the line that lets it in.

    The key is shown this once and kept nowhere: the configuration holds its SHA-256 only.
    """
    if not re.fullmatch(NAME_PATTERN, source):
        raise click.BadParameter(
            "use a-z, 0-9, - and _, and begin with a letter or digit.", param_hint="SOURCE"
        )
    fresh = fresh_key(secrets.choice)
    if as_json:
        print_json({"source": source, "key": fresh, "digest": written(fresh)})
        return
    console = terminal()
    console.print(
        f"The key, shown this once; give it to whoever sends as {source}:\n\n  {fresh}\n", soft_wrap=True
    )
    console.print("Its line in the configuration file, beside the source's destination:\n", soft_wrap=True)
    console.print(f"sources:\n  {source}:\n    keys:\n      - {written(fresh)}", soft_wrap=True)
