"""Load and validate the configuration file. Reports every problem at once, with its path and without secrets."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import replace
from functools import partial
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
from relay.config.secret_scope import keep_or_withhold, withholds
from relay.config.webhooks import read_webhook
from relay.config.yaml_document import parse_yaml, substitute_variables
from relay.core.call import Dialect, SendAs
from relay.core.config import Config
from relay.core.destination import BasicCredentials, Destination, Limits, OAuthCredentials
from relay.core.errors import Problem, ValidationFailed, join_path
from relay.core.mapping.routing import Routing
from relay.core.secret import Process
from relay.core.source import Source, SourceLimits
from relay.core.webhook import Webhook
from relay.settings import StartupError

Result = TypeVar("Result")


class ConfigError(StartupError):
    """The configuration file is invalid."""


def load_config(
    path: Path | str,
    *,
    environ: Mapping[str, str],
    allow_hosts: Container[str],
    process: Process = Process.ALL,
) -> Config:
    """Load a file. `environ` supplies the values of `${NAME}`; `allow_hosts` are hosts allowed besides Gong's own.

    Secrets that `process` does not use are not read. A `WithheldSecret` stands for them.
    """
    text = read_config_file(path)
    return read_config(text, environ=environ, allow_hosts=allow_hosts, process=process)


def read_config_file(path: Path | str) -> str:
    """Return the text of the file. Raises ConfigError if it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(
            [Problem(str(path), "unreadable", "is not UTF-8 text: save it as UTF-8")]
        ) from error
    except OSError as error:
        message = f"cannot be read: {error.strerror}. Pass the file with --config or RELAY_CONFIG"
        raise ConfigError([Problem(str(path), "unreadable", message)]) from error


def read_config(
    text: str, *, environ: Mapping[str, str], allow_hosts: Container[str], process: Process = Process.ALL
) -> Config:
    """Load a configuration from the file's text."""
    tree, malformed = parse_yaml(text)
    if tree is None and malformed:
        raise ConfigError(malformed)
    try:
        tree, unset = substitute_variables(
            {} if tree is None else tree, environ, withholds=partial(withholds, process)
        )
    except RecursionError as error:
        raise ConfigError([Problem("", "syntax", "is nested too deeply")]) from error
    loaded, invalid = _validate(tree)
    problems = [*malformed, *unset]
    # One problem per path: a value that could not be read cannot be judged as well.
    paths = {problem.path for problem in problems}
    problems += [p for p in (*invalid, *cross_check(tree, loaded, allow_hosts)) if p.path not in paths]
    dialects = read_dialects(tree)
    routes, wrong_routes = _read_routes(tree, dialects)
    webhooks, wrong_webhooks = _read_webhooks(tree, routes, dialects)
    paths = {problem.path for problem in problems}
    problems += [p for p in (*wrong_routes, *wrong_webhooks) if p.path not in paths]
    if problems:
        raise ConfigError(problems)
    webhooks = {name: _withhold_keys(process, name, webhook) for name, webhook in webhooks.items()}
    return replace(_build_config(loaded, allow_hosts, process), webhooks=webhooks, routes=routes)


def _withhold_keys(process: Process, source: str, webhook: Webhook) -> Webhook:
    keys = keep_or_withhold(process, f"sources.{source}.verify.secrets", webhook.keys)
    return replace(webhook, keys=keys)


def _read_routes(tree: Any, dialects: Mapping[str, Dialect]) -> tuple[dict[str, Routing], list[Problem]]:
    """Read the routing of each source that has many destinations, and every problem in it."""
    return _read_sources(tree, lambda _, entry, path: read_routing(entry, path=path, dialects=dialects))


def _read_webhooks(
    tree: Any, routes: Mapping[str, Routing], dialects: Mapping[str, Dialect]
) -> tuple[dict[str, Webhook], list[Problem]]:
    """Read the webhook of each source that has one, and every problem in it."""

    def read(name: str, entry: Mapping[str, Any], path: str) -> Webhook | None:
        if name in routes:
            dialect = routes[name].dialect
        else:
            dialect = dialects.get(str(entry.get("destination")), Dialect.GONG)
        return read_webhook(entry, path=path, dialect=dialect)

    return _read_sources(tree, read)


def _read_sources(
    tree: Any, read: Callable[[str, Mapping[str, Any], str], Result | None]
) -> tuple[dict[str, Result], list[Problem]]:
    """Apply `read` to each source, and collect its results and all problems."""
    results: dict[str, Result] = {}
    problems: list[Problem] = []
    for name, entry in read_entries(tree, "sources").items():
        try:
            result = read(name, entry, f"sources.{name}")
        except ValidationFailed as error:
            problems += error.problems
        else:
            if result is not None:
                results[name] = result
    return results, problems


def _validate(tree: Any) -> tuple[dict[str, Any], list[Problem]]:
    """Validate the tree. Returns its valid entries, and the problems of the invalid ones."""
    try:
        return ConfigSchema().load(tree), []
    except ValidationError as error:
        valid = error.valid_data if isinstance(error.valid_data, dict) else {}
        return valid, list(_flatten(error.messages, ""))


def _flatten(messages: Any, path: str) -> Iterator[Problem]:
    """Yield a tree of marshmallow's messages as problems with paths."""
    if not isinstance(messages, dict):
        yield from (Problem(path, "invalid", str(message)) for message in messages)
        return
    for key, inner in messages.items():
        here = path if key == "_schema" else join_path(path, f"[{key}]" if isinstance(key, int) else str(key))
        yield from _flatten(inner, here)


def _build_config(loaded: Mapping[str, Any], allow_hosts: Container[str], process: Process) -> Config:
    destinations = {
        name: _build_destination(name, entry, allow_hosts, process)
        for name, entry in loaded["destinations"].items()
    }
    sources = {
        name: Source(
            name=name,
            destination=entry["destination"],
            key_digests=keep_or_withhold(process, f"sources.{name}.keys", frozenset(entry["keys"])),
            send_as=SendAs(entry["send_as"]),
            priorities=entry["priorities"],
            aggregate=entry["aggregate"],
            limits=SourceLimits(**entry["limits"]),
        )
        for name, entry in loaded["sources"].items()
    }
    stores = {name: entry["url"] for name, entry in loaded["stores"].items()}
    return Config(
        destinations=destinations,
        sources=sources,
        oauth=read_oauth_app(loaded["oauth"], process),
        stores=stores,
        operators=read_operators(loaded["operators"], process),
        alerts=read_alerts(loaded["alerts"], process),
    )


def _build_destination(
    name: str, entry: Mapping[str, Any], allow_hosts: Container[str], process: Process
) -> Destination:
    base_url = safe_base_url(entry["base_url"], allow_hosts)
    if base_url is None:
        raise AssertionError("cross_check has already rejected this address")
    return Destination(
        name=name,
        company=entry["company"] or name,
        credentials=_read_credentials(entry["auth"], f"destinations.{name}.auth.basic", process),
        base_url=base_url,
        limits=Limits(**entry["limits"]),
        dialect=Dialect(entry["dialect"]),
        source_system_name=entry["source_system_name"],
        internal_domains=frozenset(entry["internal_domains"]),
        store=entry["store"],
    )


def _read_credentials(
    auth: Mapping[str, Any], path: str, process: Process
) -> BasicCredentials | OAuthCredentials:
    if "basic" not in auth:
        return OAuthCredentials()
    fields = {
        name: keep_or_withhold(process, f"{path}.{name}", value) for name, value in auth["basic"].items()
    }
    return BasicCredentials(**fields)
