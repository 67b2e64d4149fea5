"""Where a command works: the configuration file and the data directory it was given, and the environment they make."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from relay.cli.env_file import read_env_file

Command = Callable[..., Any]
_CONFIG, _DATA_DIR = "relay.config", "relay.data_dir"


@dataclass(frozen=True, slots=True)
class Place:
    """What `--config` and `--data-dir` said. `config` is None where nothing was said."""

    config: str | None
    data_dir: Path

    @property
    def env_file(self) -> Path:
        return self.data_dir / "env"

    def environ(self) -> dict[str, str]:
        """The real environment over the data directory's `env` file, and `--config` over both."""
        environ = read_env_file(self.env_file) | os.environ
        return environ | {"RELAY_CONFIG": self.config} if self.config else environ


def place() -> Place:
    """Where the running command works."""
    told = click.get_current_context().meta
    return Place(told.get(_CONFIG), Path(told.get(_DATA_DIR, ".relay")))


def placed(command: Command) -> Command:
    """Gives a command `--config` and `--data-dir`; they may also stand before its name."""
    config = click.option(
        "--config",
        metavar="FILE",
        expose_value=False,
        callback=_kept(_CONFIG),
        help="The configuration file. Else RELAY_CONFIG, else relay.yaml.",
    )
    data_dir = click.option(
        "--data-dir",
        metavar="FOLDER",
        expose_value=False,
        callback=_kept(_DATA_DIR),
        help="Where `up` keeps its data. Else .relay.",
    )
    return config(data_dir(command))


def _kept(key: str) -> Callable[[click.Context, click.Parameter, str | None], None]:
    # Contexts of one call share `meta`, so that what stands before a command's name is known within it.
    def keep(context: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None:
            context.meta[key] = value

    return keep
