"""What an operator's command works with: settings, configuration and stores, its output, and its exit status."""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cached_property, wraps
from typing import Any

import click
import orjson
from rich.console import Console

from relay.cli.formatting import safe_text
from relay.cli.options import Command, current_options, with_shared_options
from relay.config.load import load_config
from relay.core.config import Config
from relay.core.errors import NotFound, RelayError, Unavailable, ValidationFailed
from relay.core.printable import escape_json
from relay.core.secret import Process
from relay.core.source import Source
from relay.ingest.accept_events import IngestContext
from relay.settings import Settings, StartupError, did_you_mean
from relay.store.accept import Retention
from relay.store.destinations import DestinationDirectory
from relay.store.engine.connection import WEB
from relay.store.schema_version import check_layout
from relay.store.stores import Stores, open_stores

EXIT_PROBLEM, EXIT_STORE_UNAVAILABLE = 1, 3
"""Exit statuses besides 0 for success and click's 2 for a usage error."""


class CliContext:
    """The `actions.context.Context` of a command. It opens each part on first use.

    A command that only reads events therefore works although the configuration is invalid.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.settings = Settings.from_env(environ, Process.COMMAND)
        self.retention = Retention.from_settings(self.settings)

    @cached_property
    def config(self) -> Config:
        """The configuration file. Raises StartupError."""
        # The command's environment fills in ${NAME}: it includes what `gong-relay up` saved.
        hosts = self.settings.allow_gong_hosts
        return load_config(
            self.settings.config, environ=self._environ, allow_hosts=hosts, process=Process.COMMAND
        )

    @cached_property
    def stores(self) -> Stores:
        """All stores; only the main one if the configuration, which names the others, is invalid."""
        try:
            others = self.config.stores
        except StartupError:
            others = {}
        stores = open_stores(self.settings, others, WEB)
        for store in stores:
            check_layout(store.redis, setting=f"store {store.name}")
        return stores

    @cached_property
    def destinations(self) -> DestinationDirectory:
        return DestinationDirectory(self.config.destinations, self.stores.main.redis, time.monotonic)

    @cached_property
    def ingest(self) -> IngestContext:
        return IngestContext(
            config=self.config,
            directory=self.destinations,
            stores=self.stores,
            retention=self.retention,
            now=self.now,
            max_items=self.settings.max_items,
        )

    def now(self) -> datetime:
        """The current time, in UTC."""
        return datetime.now(UTC)

    def source(self, name: str) -> Source:
        """Return the source of this name. Raises NotFound."""
        sources = self.config.sources
        if name not in sources:
            hint = did_you_mean(name, [*sources]) or "."
            names = ", ".join(sorted(sources))
            raise NotFound("no_such_source", f"There is no source {name!r}{hint} The sources are: {names}.")
        return sources[name]

    def close(self) -> None:
        """Close the stores, if the command opened them."""
        # `self.stores` would open them.
        for store in self.__dict__.get("stores", ()):
            store.redis.close()


class StoreUnavailableError(click.ClickException):
    """Ends the command with a message on standard error and the exit status for an unavailable store."""

    exit_code = EXIT_STORE_UNAVAILABLE


_REMEDIES = {
    "store_unavailable": "Check that the store is running and that RELAY_REDIS_URL is correct. `gong-relay up` starts one.",
    "store_timeout": "Check that the store is not overloaded or frozen and that RELAY_REDIS_URL is correct, then try again.",
    "store_full": "Let the workers drain the store, or raise its maxmemory.",
    "store_failed": "See the store's log.",
}


@contextmanager
def errors_as_messages() -> Iterator[None]:
    """End the command with the error's message and remedy on standard error, never with a traceback."""
    try:
        yield
    except StartupError as error:
        lines = "\n".join(
            safe_text(f"  {problem.path or '(file)'}: {problem.message}") for problem in error.problems
        )
        raise click.ClickException(f"The configuration is invalid.\n{lines}") from error
    except Unavailable as error:
        remedy = _REMEDIES.get(error.code, "")
        raise StoreUnavailableError(safe_text(f"{error.detail} {remedy}".rstrip())) from error
    except ValidationFailed as error:
        raise click.UsageError(safe_text(error.detail)) from error
    except RelayError as error:
        raise click.ClickException(safe_text(error.detail)) from error


def stdout_console() -> Console:
    """Standard output, without markup: text from outside must not be interpreted."""
    return Console(markup=False, highlight=False, emoji=False)


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document on standard output."""
    click.echo(escape_json(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()))


as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")


def operator_command(command: Command) -> Command:
    """Make a function an operator's command: it gets a `CliContext`, and the shared options and `--json`."""

    @wraps(command)
    def run(**options: Any) -> Any:
        with errors_as_messages(), closing(CliContext(current_options().environ())) as ctx:
            return command(ctx, **options)

    return as_json(with_shared_options(run))
