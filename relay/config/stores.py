"""Whether the stores of a configuration file can be used, and whether each company is in one of them."""

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
    """`stores` as they stand in the file, `destinations` as far as they are right by themselves."""
    yield from _wrong_stores(stores)
    yield from _unknown_stores(destinations, [MAIN_STORE, *stores])
    yield from _parted_companies(destinations)


def _wrong_stores(stores: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, store in stores.items():
        url = store.get("url")
        if name == MAIN_STORE:
            message = "is the store of RELAY_REDIS_URL: give this one another name"
            yield Problem(f"stores.{name}", "reserved_name", message)
        if not isinstance(url, str) or isinstance(url, UnsetVariable):
            continue
        try:
            parse_redis_url(url)
        except ValueError as error:
            yield Problem(f"stores.{name}.url", "invalid_store_url", str(error))
        other = first.setdefault(url, name)
        if other != name:
            message = f"is the url of stores.{other} too: take one of them away"
            yield Problem(f"stores.{name}.url", "duplicate_store", message)


def _unknown_stores(destinations: Mapping[str, Mapping[str, Any]], known: list[str]) -> Iterator[Problem]:
    for name, destination in destinations.items():
        wanted = destination["store"]
        if isinstance(wanted, UnsetVariable):
            continue
        if wanted not in known:
            message = f"there is no such store{did_you_mean(wanted, known)}"
            yield Problem(f"destinations.{name}.store", "unknown_store", message)
        elif wanted != MAIN_STORE and "oauth" in destination["auth"]:
            message = "must be left away: destinations that are connected by OAuth are in the main store"
            yield Problem(f"destinations.{name}.store", "oauth_requires_main_store", message)


def _parted_companies(destinations: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, destination in destinations.items():
        other = first.setdefault(destination["company"] or name, name)
        if destination["store"] != destinations[other]["store"]:
            message = (
                f"must equal that of destinations.{other}: both belong to one company, which is in one store"
            )
            yield Problem(f"destinations.{name}.store", "company_store_mismatch", message)


def check_stores(config: Config, settings: Settings) -> None:
    """Raise Misconfigured where a store is the main one once more: two workers would empty it in two paces."""
    problems = [
        Problem(
            f"stores.{name}.url", "duplicate_store", "is that of RELAY_REDIS_URL too: take the store away"
        )
        for name, url in config.stores.items()
        if url == settings.redis_url
    ]
    if problems:
        raise StartupError(problems)


def check_store_name(config: Config, name: str) -> None:
    """Raise Misconfigured where `--store` names none."""
    names = [MAIN_STORE, *config.stores]
    if name not in names:
        text = f"there is no such store{did_you_mean(name, names)}: there is {', '.join(names)}"
        raise StartupError([Problem("--store", "unknown_store", text)])
