"""Checks across entries of the configuration file: references, addresses, duplicates and conflicts."""

from collections.abc import Container, Iterator, Mapping
from typing import Any

from relay.config.alerts import alert_problems
from relay.config.base_url import safe_base_url
from relay.config.oauth import oauth_problems
from relay.config.operators import operator_problems
from relay.config.routing import is_template
from relay.config.stores import store_problems
from relay.config.visit_sessions import aggregate_problems
from relay.config.yaml_document import UnsetVariable
from relay.core.call import Dialect
from relay.core.errors import Problem
from relay.core.mapping.routing import UNROUTED
from relay.settings import did_you_mean


def cross_check(tree: Any, loaded: Mapping[str, Any], allow_hosts: Container[str]) -> Iterator[Problem]:
    """Yield the problems between entries. `tree` is the whole file, `loaded` its valid entries."""
    destinations, sources = read_entries(tree, "destinations"), read_entries(tree, "sources")
    yield from _unknown_destinations(sources, list(destinations))
    yield from _reserved_names(destinations)
    yield from _unsafe_addresses(destinations, allow_hosts)
    yield from oauth_problems(tree, loaded.get("destinations", {}), allow_hosts)
    yield from _limit_mismatches(loaded.get("destinations", {}))
    yield from store_problems(read_entries(tree, "stores"), loaded.get("destinations", {}))
    yield from _duplicate_keys(loaded.get("sources", {}))
    yield from operator_problems(loaded.get("operators", {}), loaded.get("sources", {}))
    yield from alert_problems(loaded.get("alerts"), allow_hosts)
    catalog = [name for name, dialect in read_dialects(tree).items() if dialect is Dialect.CATALOG]
    yield from aggregate_problems(loaded.get("sources", {}), catalog)


def read_entries(tree: Any, section: str) -> dict[str, Mapping[str, Any]]:
    """Return the entries of a section by name; from an invalid file, as many as can be recognized."""
    content = tree.get(section) if isinstance(tree, Mapping) else None
    entries = content if isinstance(content, Mapping) else {}
    return {str(name): entry if isinstance(entry, Mapping) else {} for name, entry in entries.items()}


def read_dialects(tree: Any) -> dict[str, Dialect]:
    """Return the dialect of each destination whose dialect is valid."""
    dialects = {
        name: entry.get("dialect", Dialect.GONG) for name, entry in read_entries(tree, "destinations").items()
    }
    return {name: Dialect(dialect) for name, dialect in dialects.items() if dialect in tuple(Dialect)}


def _unknown_destinations(sources: Mapping[str, Mapping[str, Any]], names: list[str]) -> Iterator[Problem]:
    for name, source in sources.items():
        destination = source.get("destination")
        if not isinstance(destination, str) or isinstance(destination, UnsetVariable):
            continue
        if destination not in names and not is_template(destination):
            message = f"there is no such destination{did_you_mean(destination, names)}"
            yield Problem(f"sources.{name}.destination", "unknown_destination", message)


def _reserved_names(destinations: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    if UNROUTED.name in destinations:
        message = "is the name under which the relay shows events without a destination: choose another name"
        yield Problem(f"destinations.{UNROUTED.name}", "reserved_name", message)


def _unsafe_addresses(
    destinations: Mapping[str, Mapping[str, Any]], allow_hosts: Container[str]
) -> Iterator[Problem]:
    for name, destination in destinations.items():
        address = destination.get("base_url")
        if (
            isinstance(address, str)
            and not isinstance(address, UnsetVariable)
            and not safe_base_url(address, allow_hosts)
        ):
            yield Problem(
                f"destinations.{name}.base_url",
                "unsafe_address",
                "must be https://api.gong.io or https://<name>.api.gong.io; "
                "add any other host to RELAY_ALLOW_GONG_HOSTS, exactly as the address writes it",
            )


def _limit_mismatches(destinations: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, destination in destinations.items():
        other = first.setdefault(destination["company"] or name, name)
        if destination["limits"] != destinations[other]["limits"]:
            message = (
                f"must equal those of destinations.{other}: Gong applies one limit to their common company"
            )
            yield Problem(f"destinations.{name}.limits", "company_limits_mismatch", message)


def _duplicate_keys(sources: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, source in sources.items():
        for index, digest in enumerate(source["keys"]):
            other = first.setdefault(digest, name)
            if other != name:
                message = f"is also a key of sources.{other}: the key identifies the source, so give each source its own"
                yield Problem(f"sources.{name}.keys[{index}]", "duplicate_api_key", message)
