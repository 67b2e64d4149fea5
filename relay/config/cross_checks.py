"""Whether the parts of a configuration agree: references, addresses, and what two entries say of the same thing."""

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
    """What is wrong between entries. `tree` is the whole file, `loaded` what was right in it by itself."""
    destinations, sources = read_entries(tree, "destinations"), read_entries(tree, "sources")
    yield from _unknown_destinations(sources, list(destinations))
    yield from _reserved_names(destinations)
    yield from _unsafe_addresses(destinations, allow_hosts)
    yield from oauth_problems(tree, loaded.get("destinations", {}), allow_hosts)
    yield from _unequal_limits(loaded.get("destinations", {}))
    yield from store_problems(read_entries(tree, "stores"), loaded.get("destinations", {}))
    yield from _shared_keys(loaded.get("sources", {}))
    yield from operator_problems(loaded.get("operators", {}), loaded.get("sources", {}))
    yield from alert_problems(loaded.get("alerts"), allow_hosts)
    catalog = [name for name, dialect in read_dialects(tree).items() if dialect is Dialect.CATALOG]
    yield from aggregate_problems(loaded.get("sources", {}), catalog)


def read_entries(tree: Any, section: str) -> dict[str, Mapping[str, Any]]:
    """The entries of a section by name, however wrong the file is."""
    found = tree.get(section) if isinstance(tree, Mapping) else None
    read_entries = found if isinstance(found, Mapping) else {}
    return {str(name): entry if isinstance(entry, Mapping) else {} for name, entry in read_entries.items()}


def read_dialects(tree: Any) -> dict[str, Dialect]:
    """What each destination speaks, as far as it says so rightly."""
    told = {
        name: entry.get("dialect", Dialect.GONG) for name, entry in read_entries(tree, "destinations").items()
    }
    return {name: Dialect(dialect) for name, dialect in told.items() if dialect in tuple(Dialect)}


def _unknown_destinations(sources: Mapping[str, Mapping[str, Any]], known: list[str]) -> Iterator[Problem]:
    for name, source in sources.items():
        wanted = source.get("destination")
        if not isinstance(wanted, str) or isinstance(wanted, UnsetVariable) or is_template(wanted):
            continue
        if wanted not in known:
            message = f"there is no such destination{did_you_mean(wanted, known)}"
            yield Problem(f"sources.{name}.destination", "unknown_destination", message)


def _reserved_names(destinations: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    if UNROUTED.name in destinations:
        message = "is where events are shown that have no destination: give it another name"
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
                "another host must be listed in RELAY_ALLOW_GONG_HOSTS, just as the address writes it",
            )


def _unequal_limits(destinations: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, destination in destinations.items():
        other = first.setdefault(destination["company"] or name, name)
        if destination["limits"] != destinations[other]["limits"]:
            message = f"must equal those of destinations.{other}: both belong to one company, which Gong counts as one"
            yield Problem(f"destinations.{name}.limits", "company_limits_mismatch", message)


def _shared_keys(sources: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, source in sources.items():
        for index, digest in enumerate(source["keys"]):
            other = first.setdefault(digest, name)
            if other != name:
                message = f"is also a key of sources.{other}: a key tells the source, so give each its own"
                yield Problem(f"sources.{name}.keys[{index}]", "duplicate_api_key", message)
