"""Checks of the section `stores`, and that all destinations of a company are in one store."""

from collections.abc import Iterator, Mapping
from typing import Any

from relay.config.yaml_document import UnsetVariable
from relay.core.config import Config
from relay.core.destination import MAIN_STORE
from relay.core.errors import Problem
from relay.core.redis_url import parse_redis_url
from relay.settings import Settings, StartupError, did_you_mean


def store_problems(
    stores: Mapping[str, Mapping[str, Any]], destinations: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    """Yield the problems of stores. `stores` is the unvalidated section, `destinations` its valid entries."""
    yield from _store_entry_problems(stores)
    yield from _unknown_stores(destinations, [MAIN_STORE, *stores])
    yield from _split_companies(destinations)


def _store_entry_problems(stores: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, store in stores.items():
        url = store.get("url")
        if name == MAIN_STORE:
            message = "is the name of the store of RELAY_REDIS_URL: choose another name"
            yield Problem(f"stores.{name}", "reserved_name", message)
        if not isinstance(url, str) or isinstance(url, UnsetVariable):
            continue
        try:
            parse_redis_url(url)
        except ValueError as error:
            yield Problem(f"stores.{name}.url", "invalid_store_url", str(error))
        other = first.setdefault(url, name)
        if other != name:
            message = f"is also the url of stores.{other}: remove one of the two"
            yield Problem(f"stores.{name}.url", "duplicate_store", message)


def _unknown_stores(destinations: Mapping[str, Mapping[str, Any]], names: list[str]) -> Iterator[Problem]:
    for name, destination in destinations.items():
        store = destination["store"]
        if isinstance(store, UnsetVariable):
            continue
        if store not in names:
            message = f"there is no such store{did_you_mean(store, names)}"
            yield Problem(f"destinations.{name}.store", "unknown_store", message)
        elif store != MAIN_STORE and "oauth" in destination["auth"]:
            message = "must be removed: destinations that use OAuth are always in the main store"
            yield Problem(f"destinations.{name}.store", "oauth_requires_main_store", message)


def _split_companies(destinations: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, destination in destinations.items():
        other = first.setdefault(destination["company"] or name, name)
        if destination["store"] != destinations[other]["store"]:
            message = (
                f"must equal that of destinations.{other}: all destinations of a company are in one store"
            )
            yield Problem(f"destinations.{name}.store", "company_store_mismatch", message)


def check_stores(config: Config, settings: Settings) -> None:
    """Raise StartupError if a store is the main store again."""
    # Two groups of workers would serve the same Redis, each at the full rate of every company.
    problems = [
        Problem(f"stores.{name}.url", "duplicate_store", "is also RELAY_REDIS_URL: remove the store")
        for name, url in config.stores.items()
        if url == settings.redis_url
    ]
    if problems:
        raise StartupError(problems)


def check_store_name(config: Config, name: str) -> None:
    """Raise StartupError if `--store` does not name a configured store."""
    names = [MAIN_STORE, *config.stores]
    if name not in names:
        text = f"there is no such store{did_you_mean(name, names)}; known stores: {', '.join(names)}"
        raise StartupError([Problem("--store", "unknown_store", text)])
