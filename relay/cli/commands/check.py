"""The commands about configuration: `check`, `settings`, `schema`."""

import sys
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import click
from rich.padding import Padding

from relay.cli.context import EXIT_PROBLEM, as_json, errors_as_messages, print_json, stdout_console
from relay.cli.env_file import read_env_file
from relay.cli.formatting import pluralize
from relay.cli.options import CliOptions, current_options, with_shared_options
from relay.config.json_schema import build_json_schema
from relay.config.load import load_config
from relay.config.oauth import check_oauth
from relay.config.operators import check_admin_key
from relay.config.stores import check_stores
from relay.config.webhooks import check_public_url
from relay.core.config import Config
from relay.core.destination import MAIN_STORE
from relay.core.secret import Process, WithheldSecret
from relay.core.source import DEFAULT_LIMITS
from relay.settings import Settings, StartupError
from relay.settings_types import display_value, variable_name

for_process = click.option(
    "--process",
    # click shows an enumeration by the names of its members, in capitals.
    type=click.Choice([process.value for process in (Process.WEB, Process.WORKER, Process.ALL)]),
    default=Process.ALL.value,
    show_default=True,
    callback=lambda _, __, value: Process(value),
    help="Read only the secrets that this process uses.",
)


@click.command(epilog="Example: gong-relay check --config relay.yaml && echo valid")
@with_shared_options
@for_process
@as_json
def check(*, process: Process, as_json: bool) -> None:
    """Check the environment variables and the configuration file, and list every error.

    Connects neither to Redis nor to Gong. In the environment of one process, name it with --process.

    Exit status: 0 if the configuration is valid, 1 if it is not, 2 usage error.
    """
    try:
        page = _check(current_options(), process)
    except StartupError as error:
        page = {"ok": False, "problems": [problem.as_dict() for problem in error.problems]}
    if as_json:
        print_json(page)
    else:
        _print_page(page)
    if not page["ok"]:
        sys.exit(EXIT_PROBLEM)


def _check(options: CliOptions, process: Process) -> dict[str, Any]:
    """A summary of the configuration. Raises StartupError with every problem."""
    environ = options.environ()
    settings = Settings.from_env(environ, process)
    config = load_config(
        settings.config, environ=environ, allow_hosts=settings.allow_gong_hosts, process=process
    )
    check_oauth(config, settings)
    check_stores(config, settings)
    if process is not Process.WORKER:
        check_public_url(config, settings.public_url)
        check_admin_key(config, settings)
    return {"ok": True, "config": settings.config, **_summarize(config)}


def _summarize(config: Config) -> dict[str, Any]:
    destinations = {
        destination.name: {
            "base_url": destination.base_url,
            "company": destination.company,
            "per_second": destination.limits.per_second,
            "daily_budget": destination.limits.daily_budget,
            "store": destination.store,
        }
        for destination in config.destinations.values()
    }
    sources = {
        source.name: {
            "destination": source.destination,
            "keys": None if isinstance(source.key_digests, WithheldSecret) else len(source.key_digests),
            "send_as": source.send_as,
            "limits": asdict(source.limits),
            "verify": config.webhooks[source.name].scheme.name if source.name in config.webhooks else None,
            "preset": config.webhooks[source.name].preset if source.name in config.webhooks else None,
        }
        for source in config.sources.values()
    }
    receivers = [receiver.name for receiver in config.alerts.receivers]
    alerts = {"receivers": receivers, "heartbeat": config.alerts.heartbeat is not None}
    return {"destinations": destinations, "sources": sources, "alerts": alerts}


def _print_page(page: Mapping[str, Any]) -> None:
    console = stdout_console()
    if not page["ok"]:
        console.print(f"{pluralize(len(page['problems']), 'error')} in the configuration:", soft_wrap=True)
        for problem in page["problems"]:
            console.print(f"  {problem['path'] or '(file)'}: {problem['message']}", soft_wrap=True)
        return
    console.print(f"{page['config']} is valid.", soft_wrap=True)
    for name, destination in page["destinations"].items():
        console.print(f"  destination {name}: {_describe_destination(destination)}", soft_wrap=True)
    for name, source in page["sources"].items():
        keys = "" if source["keys"] is None else f", {pluralize(source['keys'], 'key')}"
        text = f"  source {name}: to {source['destination']} as {source['send_as']}{keys}{_describe_limits(source['limits'])}"
        console.print(text, soft_wrap=True)
        if source["verify"]:
            console.print(f"    webhook {_describe_webhook(source)}", soft_wrap=True)
    if page["alerts"]["receivers"]:
        console.print(f"  alerts to {', '.join(page['alerts']['receivers'])}", soft_wrap=True)


def _describe_destination(destination: Mapping[str, Any]) -> str:
    limits = f"{destination['per_second']} calls per second, {destination['daily_budget']:,} per day"
    store = "" if destination["store"] == MAIN_STORE else f", in store {destination['store']}"
    return f"{destination['base_url']}, company {destination['company']}, {limits}{store}"


def _describe_limits(limits: Mapping[str, Any]) -> str:
    """Return what differs from the defaults."""
    defaults, share = asdict(DEFAULT_LIMITS), limits["daily_share"] or 0
    texts = {
        "max_priority": f"priority at most {limits['max_priority']}",
        "daily_share": f"at most {share * 100:.4g}% of each company's daily calls",
        "store_share": f"at most {limits['store_share'] * 100:.4g}% of each store's memory",
        "events_per_minute": f"at most {pluralize(limits['events_per_minute'], 'event')} per minute",
    }
    return "".join(f", {text}" for name, text in texts.items() if limits[name] != defaults[name])


def _describe_webhook(source: Mapping[str, Any]) -> str:
    preset = f"preset {source['preset']}, " if source["preset"] else ""
    if source["verify"] == "none":
        return f"{preset}NOT VERIFIED: anyone can post"
    return f"{preset}verified by {source['verify']}"


@click.command("settings", epilog="Example: RELAY_LOG_LEVEL=debug gong-relay settings")
@with_shared_options
@for_process
@as_json
@errors_as_messages()
def list_settings(*, process: Process, as_json: bool) -> None:
    """List every RELAY_* variable with its value, its origin and its meaning. Secrets are masked.

    Exit status: 0 on success, 1 if a variable is invalid, 2 usage error.
    """
    options = current_options()
    settings = Settings.from_env(options.environ(), process)
    rows = [
        {
            "name": variable_name(field),
            "value": display_value(field, getattr(settings, field.name)),
            "from": _origin_of(variable_name(field), options),
            "meaning": field.metadata["doc"],
        }
        for field in fields(settings)
    ]
    if as_json:
        print_json({"settings": rows})
        return
    console = stdout_console()
    for row in rows:
        console.print(f"{row['name']} = {row['value'] or '(none)'}   [{row['from']}]", soft_wrap=True)
        console.print(Padding(row["meaning"], (0, 0, 0, 4)), style="dim")


def _origin_of(name: str, options: CliOptions) -> str:
    if name == "RELAY_CONFIG" and options.config:
        return "--config"
    saved, environ = read_env_file(options.env_file), options.environ()
    if environ.get(f"{name}_FILE"):
        return f"{name}_FILE"
    if not environ.get(name):
        return "default"
    return str(options.env_file) if saved.get(name) == environ[name] else "environment"


@click.command(epilog="Example: gong-relay schema > relay.schema.json")
@click.option(
    "--json", "as_json", is_flag=True, help="Accepted as in every command. A JSON Schema is always JSON."
)
def schema(*, as_json: bool) -> None:
    """Print the JSON Schema of the configuration file, with which editors complete and explain it.

    Exit status: 0 on success, 2 usage error.
    """
    del as_json
    print_json(build_json_schema())
