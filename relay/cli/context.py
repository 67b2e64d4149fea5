"""What an operator's command works with, and how it ends: settings, configuration, the store, and exit codes to trust."""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cached_property, wraps
from typing import Any, TypeVar

import click
import orjson
from rich.console import Console

from relay.cli.options import Command, place, placed
from relay.config.load import load_config
from relay.core.config import Config
from relay.core.destination import Destination
from relay.core.errors import NotFound, RelayError, Unavailable, ValidationFailed
from relay.core.source import Source
from relay.ingest.accept_events import IngestContext
from relay.settings import Settings, StartupError, did_you_mean
from relay.store.accept import Retention
from relay.store.destinations import DestinationDirectory
from relay.store.engine.connection import WEB, Client
from relay.store.engine.scripts import Scripts
from relay.store.schema_version import check_layout
from relay.store.stores import Stores, open_stores

PROBLEM, STORE_AWAY = 1, 3
"""Exit codes beside 0 and click's own 2 for misuse: something is wrong or was refused; the store is away."""


class Desk:
    """Opens what a command asks for when it asks: a broken configuration keeps nobody from looking at events."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.settings = Settings.from_env(environ)
        self.retention = Retention.from_settings(self.settings)

    @cached_property
    def config(self) -> Config:
        hosts = self.settings.allow_gong_hosts
        return load_config(self.settings.config, environ=self._environ, allow_hosts=hosts)

    @cached_property
    def stores(self) -> Stores:
        """Without a configuration that can be read there is only the main one to look at."""
        try:
            others = self.config.stores
        except StartupError:
            others = {}
        stores = open_stores(self.settings, others, WEB)
        for store in stores:
            check_layout(store.redis, setting=f"store {store.name}")
        return stores

    def close(self) -> None:
        """Close what was opened."""
        for store in self.__dict__.get("stores", ()):
            store.redis.close()

    @property
    def redis(self) -> Client:
        """The main store's."""
        return self.stores.main.redis

    @property
    def scripts(self) -> Scripts:
        """The main store's."""
        return self.stores.main.scripts

    @cached_property
    def directory(self) -> DestinationDirectory:
        return DestinationDirectory(self.config.destinations, self.redis, time.monotonic)

    @cached_property
    def intake(self) -> IngestContext:
        return IngestContext(
            self.config, self.directory, self.stores, self.retention, now, self.settings.max_items
        )

    def destination(self, name: str) -> Destination:
        found = self.config.destinations.get(name) or self.directory.find(name)
        return found or _named(self.directory.all(), name, "destination")

    def source(self, name: str) -> Source:
        return _named(self.config.sources, name, "source")


_Named = TypeVar("_Named", Destination, Source)


def _named(known: Mapping[str, _Named], name: str, kind: str) -> _Named:
    if name in known:
        return known[name]
    names = ", ".join(sorted(known))
    text = f"There is no {kind} {name!r}{did_you_mean(name, [*known]) or '.'} It has: {names}."
    raise NotFound(f"no_such_{kind}", text)


def now() -> datetime:
    return datetime.now(UTC)


class StoreAway(click.ClickException):
    """Ends the command with a message on standard error, as every error does, and with a code of its own."""

    exit_code = STORE_AWAY


_REMEDIES = {
    "store_unavailable": "Is it running? `gong-relay up` starts one; RELAY_REDIS_URL says where another is.",
    "store_timeout": "Is it overloaded, or frozen? RELAY_REDIS_URL says where it is; try again.",
    "store_full": "Let workers drain it, or raise its maxmemory.",
    "store_failed": "Its log says why.",
}


@contextmanager
def told_plainly() -> Iterator[None]:
    """Ends the command with what is wrong and the remedy, never with a traceback."""
    try:
        yield
    except StartupError as error:
        lines = "\n".join(f"  {problem.path or '(file)'}: {problem.message}" for problem in error.problems)
        raise click.ClickException(f"This cannot work as it is configured.\n{lines}") from error
    except Unavailable as error:
        remedy = _REMEDIES.get(error.code, "")
        raise StoreAway(f"{error.detail} {remedy}".rstrip()) from error
    except ValidationFailed as error:
        raise click.UsageError(error.detail) from error
    except RelayError as error:
        raise click.ClickException(error.detail) from error


def terminal() -> Console:
    """Standard output, as text: nothing that comes from outside is read as markup."""
    return Console(markup=False, highlight=False, emoji=False)


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on standard output."""
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))


as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document, as the API answers it."
)


def at_desk(command: Command) -> Command:
    """Makes a function an operator's command: it gets a `Desk`, `--json`, `--config` and `--data-dir`, and ends plainly."""

    @wraps(command)
    def run(**told: Any) -> Any:
        with told_plainly(), closing(Desk(place().environ())) as desk:
            return command(desk, **told)

    return as_json(placed(run))
