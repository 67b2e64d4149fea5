"""The commands about configuration: `check`, `settings`, `schema`."""

import sys
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import click
from rich.padding import Padding

from relay.cli.context import EXIT_PROBLEM, as_json, errors_as_messages, print_json, stdout_console
from relay.cli.env_file import read_env_file
from relay.cli.options import CliOptions, current_options, with_shared_options
from relay.config.json_schema import build_json_schema
from relay.config.load import load_config
from relay.config.oauth import check_oauth
from relay.config.operators import check_admin_key
from relay.config.stores import check_stores
from relay.config.webhooks import check_public_url
from relay.core.config import Config
from relay.core.destination import MAIN_STORE
from relay.settings import Settings, StartupError
from relay.settings_types import display_value, variable_name


@click.command(epilog="Example: gong-relay check --config relay.yaml && echo right")
@with_shared_options
@as_json
def check(*, as_json: bool) -> None:
    """Check the environment and the configuration file, and tell everything that is wrong at once.

    Ends with 0 when the relay could start with them, with 1 when not. Reaches neither Redis nor Gong.
    """
    try:
        page = _page(current_options())
    except StartupError as error:
        page = {"ok": False, "problems": [problem.as_dict() for problem in error.problems]}
    if as_json:
        print_json(page)
    else:
        _tell(page)
    if not page["ok"]:
        sys.exit(EXIT_PROBLEM)


def _page(where: CliOptions) -> dict[str, Any]:
    environ = where.environ()
    settings = Settings.from_env(environ)
    config = load_config(settings.config, environ=environ, allow_hosts=settings.allow_gong_hosts)
    check_public_url(config, settings.public_url)
    check_oauth(config, settings)
    check_stores(config, settings)
    check_admin_key(config, settings)
    return {"ok": True, "config": settings.config, **_described(config)}


def _described(config: Config) -> dict[str, Any]:
    destinations = {
        destination.name: {
            "base_url": destination.base_url,
            "company": destination.company,
            "per_second": destination.limits.per_second,
            "day_budget": destination.limits.day_budget,
            "store": destination.store,
        }
        for destination in config.destinations.values()
    }
    sources = {
        source.name: {
            "destination": source.destination,
            "keys": len(source.key_digests),
            "send_as": source.send_as,
            "verify": config.hooks[source.name].scheme.name if source.name in config.hooks else None,
            "preset": config.hooks[source.name].preset if source.name in config.hooks else None,
        }
        for source in config.sources.values()
    }
    told = [receiver.name for receiver in config.alerts.receivers]
    alerts = {"receivers": told, "heartbeat": config.alerts.heartbeat is not None}
    return {"destinations": destinations, "sources": sources, "alerts": alerts}


def _tell(page: Mapping[str, Any]) -> None:
    console = stdout_console()
    if not page["ok"]:
        count = len(page["problems"])
        console.print(f"{count} {'thing is' if count == 1 else 'things are'} wrong:", soft_wrap=True)
        for problem in page["problems"]:
            console.print(f"  {problem['path'] or '(file)'}: {problem['message']}", soft_wrap=True)
        return
    console.print(f"{page['config']} is right.", soft_wrap=True)
    for name, one in page["destinations"].items():
        limits = f"{one['per_second']} calls a second, {one['day_budget']:,} a day"
        console.print(
            f"  destination {name}: {one['base_url']}, company {one['company']}, {limits}{_elsewhere(one)}",
            soft_wrap=True,
        )
    for name, one in page["sources"].items():
        keys = f"{one['keys']} key{'' if one['keys'] == 1 else 's'}"
        console.print(f"  source {name}: to {one['destination']} as {one['send_as']}, {keys}", soft_wrap=True)
        if one["verify"]:
            console.print(f"    webhook {_webhook(one)}", soft_wrap=True)
    if page["alerts"]["receivers"]:
        console.print(f"  alerts to {', '.join(page['alerts']['receivers'])}", soft_wrap=True)


def _elsewhere(destination: Mapping[str, Any]) -> str:
    return "" if destination["store"] == MAIN_STORE else f", in store {destination['store']}"


def _webhook(source: Mapping[str, Any]) -> str:
    preset = f"preset {source['preset']}, " if source["preset"] else ""
    proof = (
        "NOT VERIFIED: anybody may post" if source["verify"] == "none" else f"verified by {source['verify']}"
    )
    return preset + proof


@click.command("settings", epilog="Example: RELAY_LOG_LEVEL=debug gong-relay settings")
@with_shared_options
@as_json
@errors_as_messages()
def list_settings(*, as_json: bool) -> None:
    """List every RELAY_* variable with its value, where that comes from, and what it means. Secrets are masked."""
    where = current_options()
    settings = Settings.from_env(where.environ())
    rows = [
        {
            "name": variable_name(item),
            "value": display_value(item, getattr(settings, item.name)),
            "from": _origin(variable_name(item), where),
            "meaning": item.metadata["doc"],
        }
        for item in fields(settings)
    ]
    if as_json:
        print_json({"settings": rows})
        return
    console = stdout_console()
    for row in rows:
        console.print(f"{row['name']} = {row['value'] or '(none)'}   [{row['from']}]", soft_wrap=True)
        console.print(Padding(row["meaning"], (0, 0, 0, 4)), style="dim")


def _origin(name: str, where: CliOptions) -> str:
    if name == "RELAY_CONFIG" and where.config:
        return "--config"
    saved, environ = read_env_file(where.env_file), where.environ()
    if environ.get(f"{name}_FILE"):
        return f"{name}_FILE"
    if not environ.get(name):
        return "default"
    return str(where.env_file) if saved.get(name) == environ[name] else "environment"


@click.command(epilog="Example: gong-relay schema > relay.schema.json")
@click.option("--json", "as_json", is_flag=True, help="Taken as everywhere; a JSON Schema is JSON anyway.")
def schema(*, as_json: bool) -> None:
    """Print a JSON Schema of the configuration file: editors complete and explain the file with it."""
    del as_json
    print_json(build_json_schema())
