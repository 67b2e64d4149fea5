"""The configuration file, read and checked: every mistake at once, each with its path, and no secret in any of them."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from marshmallow import ValidationError

from relay.config.alerts import read_alerts
from relay.config.base_url import safe_base_url
from relay.config.cross_checks import cross_check, read_dialects, read_entries
from relay.config.oauth import read_oauth_app
from relay.config.operators import read_operators
from relay.config.routing import read_routing
from relay.config.schema import ConfigSchema
from relay.config.webhooks import read_webhook
from relay.config.yaml_document import parse_yaml, substitute_variables
from relay.core.call import Dialect, SendAs
from relay.core.config import Config
from relay.core.destination import BasicCredentials, Destination, Limits, OAuthCredentials
from relay.core.errors import Problem, ValidationFailed, join_path
from relay.core.mapping.routing import Routing
from relay.core.source import Source
from relay.core.webhook import Webhook
from relay.settings import StartupError

Found = TypeVar("Found")


class ConfigError(StartupError):
    """The configuration file is wrong."""


def load_config(path: Path | str, *, environ: Mapping[str, str], allow_hosts: Container[str]) -> Config:
    """Read the file. `environ` fills in `${NAME}`; `allow_hosts` are those a base_url may name beside Gong's own."""
    return read_config(read_config_file(path), environ=environ, allow_hosts=allow_hosts)


def read_config_file(path: Path | str) -> str:
    """What stands in the file. ConfigError where it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(
            [Problem(str(path), "unreadable", "is not UTF-8 text: save it as UTF-8")]
        ) from error
    except OSError as error:
        message = f"cannot be read: {error.strerror}. Name the file by --config or RELAY_CONFIG"
        raise ConfigError([Problem(str(path), "unreadable", message)]) from error


def read_config(text: str, *, environ: Mapping[str, str], allow_hosts: Container[str]) -> Config:
    """Read the text of a configuration file."""
    tree, malformed = parse_yaml(text)
    if tree is None and malformed:
        raise ConfigError(malformed)
    try:
        tree, unset = substitute_variables({} if tree is None else tree, environ)
    except RecursionError as error:
        raise ConfigError([Problem("", "syntax", "an alias in it holds itself")]) from error
    loaded, wrong = _checked(tree)
    problems = [*malformed, *unset]
    told = {problem.path for problem in problems}
    problems += [p for p in (*wrong, *cross_check(tree, loaded, allow_hosts)) if p.path not in told]
    dialects = read_dialects(tree)
    routes, wrong = _routes(tree, dialects)
    hooks, unfit = _hooks(tree, routes, dialects)
    problems += [p for p in (*wrong, *unfit) if p.path not in {told.path for told in problems}]
    if problems:
        raise ConfigError(problems)
    return replace(_built(loaded, allow_hosts), webhooks=hooks, routes=routes)


def _routes(tree: Any, dialects: Mapping[str, Dialect]) -> tuple[dict[str, Routing], list[Problem]]:
    """How those sources route that serve many destinations, and what is wrong with that."""
    return _each(tree, lambda _, entry, path: read_routing(entry, path=path, dialects=dialects))


def _hooks(
    tree: Any, routes: Mapping[str, Routing], dialects: Mapping[str, Dialect]
) -> tuple[dict[str, Webhook], list[Problem]]:
    """How each source takes its sender's own payloads, and what is wrong with that."""

    def read(name: str, entry: Mapping[str, Any], path: str) -> Webhook | None:
        one = dialects.get(str(entry.get("destination")), Dialect.GONG)
        return read_webhook(entry, path=path, dialect=routes[name].dialect if name in routes else one)

    return _each(tree, read)


def _each(
    tree: Any, read: Callable[[str, Mapping[str, Any], str], Found | None]
) -> tuple[dict[str, Found], list[Problem]]:
    """What is read of each source that has it, and everything that is wrong."""
    found: dict[str, Found] = {}
    problems: list[Problem] = []
    for name, entry in read_entries(tree, "sources").items():
        try:
            one = read(name, entry, f"sources.{name}")
        except ValidationFailed as error:
            problems += error.problems
        else:
            found |= {name: one} if one is not None else {}
    return found, problems


def _checked(tree: Any) -> tuple[dict[str, Any], list[Problem]]:
    """What the schema made of the tree, as far as it is right, and what is wrong."""
    try:
        return ConfigSchema().load(tree), []
    except ValidationError as error:
        right = error.valid_data if isinstance(error.valid_data, dict) else {}
        return right, list(_flat(error.messages, ""))


def _flat(messages: Any, path: str) -> Iterator[Problem]:
    """The schema's tree of messages as problems with paths."""
    if not isinstance(messages, dict):
        yield from (Problem(path, "invalid", str(message)) for message in messages)
        return
    for key, inner in messages.items():
        here = path if key == "_schema" else join_path(path, f"[{key}]" if isinstance(key, int) else str(key))
        yield from _flat(inner, here)


def _built(loaded: Mapping[str, Any], allow_hosts: Container[str]) -> Config:
    destinations = {
        name: _destination(name, entry, allow_hosts) for name, entry in loaded["destinations"].items()
    }
    sources = {
        name: Source(
            name,
            entry["destination"],
            frozenset(entry["keys"]),
            SendAs(entry["send_as"]),
            entry["priorities"],
            entry["aggregate"],
        )
        for name, entry in loaded["sources"].items()
    }
    stores = {name: entry["url"] for name, entry in loaded["stores"].items()}
    return Config(
        destinations,
        sources,
        oauth=read_oauth_app(loaded["oauth"]),
        stores=stores,
        operators=read_operators(loaded["operators"]),
        alerts=read_alerts(loaded["alerts"]),
    )


def _destination(name: str, entry: Mapping[str, Any], allow_hosts: Container[str]) -> Destination:
    base_url = safe_base_url(entry["base_url"], allow_hosts)
    if base_url is None:
        raise AssertionError("the address was checked with the rest of the file")
    return Destination(
        name=name,
        company=entry["company"] or name,
        credentials=_credentials(entry["auth"]),
        base_url=base_url,
        limits=Limits(**entry["limits"]),
        dialect=Dialect(entry["dialect"]),
        source_system_name=entry["source_system_name"],
        internal_domains=frozenset(entry["internal_domains"]),
        store=entry["store"],
    )


def _credentials(auth: Mapping[str, Any]) -> BasicCredentials | OAuthCredentials:
    return BasicCredentials(**auth["basic"]) if "basic" in auth else OAuthCredentials()
