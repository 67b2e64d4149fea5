"""The options that every command has: the configuration file and the data directory."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from relay.cli.env_file import read_env_file

Command = Callable[..., Any]
DEFAULT_DATA_DIR = Path(".relay")
_CONFIG, _DATA_DIR = "relay.config", "relay.data_dir"


@dataclass(frozen=True, slots=True)
class CliOptions:
    """The values of `--config` (None if not given) and `--data-dir`."""

    config: str | None
    data_dir: Path

    @property
    def env_file(self) -> Path:
        """The file in which `gong-relay up` stores generated settings."""
        return self.data_dir / "env"

    def environ(self) -> dict[str, str]:
        """Return the environment of the command: `--config` overrides real variables, which override the `env` file."""
        # Commands in a second terminal thereby find the store and the secrets of a running `gong-relay up`.
        environ = read_env_file(self.env_file) | os.environ
        return environ | {"RELAY_CONFIG": self.config} if self.config else environ


def current_options() -> CliOptions:
    """Return the options of the running command."""
    meta = click.get_current_context().meta
    return CliOptions(meta.get(_CONFIG), Path(meta.get(_DATA_DIR, DEFAULT_DATA_DIR)))


def with_shared_options(command: Command) -> Command:
    """Give a command `--config` and `--data-dir`, which may also precede the command's name."""
    config = click.option(
        "--config",
        metavar="FILE",
        expose_value=False,
        callback=_store_in_meta(_CONFIG),
        help="Configuration file (default: $RELAY_CONFIG or relay.yaml).",
    )
    data_dir = click.option(
        "--data-dir",
        metavar="DIRECTORY",
        expose_value=False,
        callback=_store_in_meta(_DATA_DIR),
        help="Data directory of `gong-relay up` (default: .relay).",
    )
    return config(data_dir(command))


def _store_in_meta(key: str) -> Callable[[click.Context, click.Parameter, str | None], None]:
    # The group's and the command's context share `meta`, so an option before the command's name counts too.
    def store(context: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None:
            context.meta[key] = value

    return store
