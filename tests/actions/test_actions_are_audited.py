"""Every operator action leaves the same audit entry from the API, the dashboard and the command line."""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

import relay.actions
from relay.actions.context import Context
from relay.cli.main import main
from relay.core.roles import Role
from relay.store.audit import AuditEntry, read_audit
from tests.valkey import Valkey
from tests.web.conftest import ADMIN
from tests.web.whole_world import CONFIG, ENVIRON, SETTINGS, World, open_world

BASE_URL = "https://relay.example"
FRESH = "(a fresh id)"
"""Stands for the id of a replay or an erasure that the action creates."""


@dataclass(frozen=True)
class Form:
    """A form that a page of the dashboard posts."""

    path: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A request to the API."""

    method: str
    path: str
    body: Any = None


@dataclass(frozen=True, kw_only=True)
class Audited:
    """What an action records, and how each way calls it; None if there is no such way."""

    action: str
    target: str = ""
    count: int | None = None
    api: Call | None = None
    page: Form | None = None
    cli: tuple[str, ...] | None = None


YES = {"confirmed": "yes"}

ACTIONS: dict[str, Audited] = {
    "alerts.send_test_alert": Audited(
        action="alert.test",
        target="pager",
        api=Call("POST", "/v1/alerts/receivers/pager/test"),
        cli=("alerts", "--test", "pager", "--wait", "0"),
    ),
    "dead_letters.replay_cluster": Audited(
        action="replay.start",
        target=FRESH,
        page=Form("/ops/dead-letters/{cluster}/replay", YES),
    ),
    "destinations.pause_destination": Audited(
        action="destination.pause",
        target="acme",
        api=Call("POST", "/v1/destinations/acme/pause"),
        page=Form("/ops/destinations/acme/pause", YES),
        cli=("pause", "acme"),
    ),
    "destinations.resume_destination": Audited(
        action="destination.resume",
        target="acme",
        count=0,
        api=Call("POST", "/v1/destinations/acme/resume"),
        page=Form("/ops/destinations/acme/resume"),
        cli=("resume", "acme"),
    ),
    "destinations.probe_destination": Audited(
        action="destination.probe",
        target="acme",
        api=Call("POST", "/v1/destinations/acme/probe"),
        page=Form("/ops/destinations/acme/probe"),
        cli=("probe", "acme", "--wait", "0"),
    ),
    "destinations.create_connect_link": Audited(
        action="destination.connect",
        target="umbra",
        api=Call("POST", "/v1/destinations/umbra/connect"),
        page=Form("/ops/destinations/umbra/connect"),
        cli=("connect", "umbra"),
    ),
    "destinations.connect_destination": Audited(
        action="destination.connect",
        target="umbra",
        api=Call("GET", "/connect/gong?destination=umbra"),
    ),
    "erasures.erase_person": Audited(
        action="person.erase",
        target=FRESH,
        api=Call("POST", "/v1/erasures", {"email": "sam@globex.example"}),
        page=Form("/ops/erasures", {"email": "sam@globex.example"} | YES),
        cli=("erase", "--email", "sam@globex.example", "--yes", "--no-wait"),
    ),
    "events.replay_event": Audited(
        action="event.replay",
        target="{dead}",
        count=1,
        api=Call("POST", "/v1/events/{dead}/replay"),
        page=Form("/ops/events/{dead}/replay"),
        cli=("replay", "{dead}"),
    ),
    "events.discard_event": Audited(
        action="event.discard",
        target="{queued}",
        count=1,
        api=Call("POST", "/v1/events/{queued}/discard"),
        page=Form("/ops/events/{queued}/discard", YES),
        cli=("discard", "{queued}"),
    ),
    "events.reveal_event": Audited(
        action="event.reveal",
        target="{dead}",
        count=1,
        api=Call("GET", "/v1/events/{dead}?reveal=true"),
        page=Form("/ops/events/{dead}/reveal"),
        cli=("event", "{dead}", "--reveal", "--json"),
    ),
    "purges.purge_events": Audited(
        action="events.purge",
        target="all sources",
        count=2,
        api=Call("POST", "/v1/purges", {"filter": {"status": "dead"}}),
        page=Form("/ops/dead-letters/{cluster}/purge", YES),
        cli=("purge", "--status", "dead", "--yes"),
    ),
    "replays.start_replay": Audited(
        action="replay.start",
        target=FRESH,
        api=Call("POST", "/v1/replays", {"filter": {"status": "dead"}}),
        cli=("replay", "--status", "dead", "--no-wait"),
    ),
    "replays.cancel_replay": Audited(
        action="replay.cancel",
        target="{replay}",
        count=0,
        api=Call("POST", "/v1/replays/{replay}/cancel"),
        page=Form("/ops/replays/{replay}/cancel", YES),
        cli=("replay", "--cancel", "{replay}"),
    ),
    "secret_keys.rotate_secret_keys": Audited(
        action="secret_keys.rotate",
        target="RELAY_SECRET_KEYS",
        cli=("rotate",),
    ),
    "sign_in.sign_in": Audited(
        action="sign_in.key", target="admin", page=Form("/ops/sign-in", {"key": ADMIN})
    ),
    "sign_in.record_sign_out": Audited(action="sign_out", target="admin", page=Form("/ops/sign-out")),
    "sign_in.create_sign_in_link": Audited(action="sign_in.create_link", target="admin", cli=("dashboard",)),
}
"""Each action by its module and function."""

NOT_AUDITED = {
    "audit.record": "writes the entries itself",
    "audit.record_failed_sign_in": "has no principal, and is limited to one entry per minute",
    "dead_letters.preview_cluster": "changes nothing",
    "destinations.find_destination": "changes nothing",
    "replays.preview_replay": "changes nothing",
    "sign_in_oidc.start_login": "has no principal yet",
    "sign_in_oidc.receive_callback": "has no principal yet",
    "sign_in_oidc.finish_login": "needs a provider: tests/flows/test_sign_in_by_account.py covers its entry",
    "visibility.make_viewer": "changes nothing",
}
"""The other public functions that take a context, and why they leave no entry."""


@pytest.fixture
def world(redis: Redis) -> World:
    return open_world(redis)


@pytest.fixture
def browser(world: World) -> FlaskClient:
    """Signed in as the admin."""
    client = world.app.test_client()
    post(client, Form("/ops/sign-in", {"key": ADMIN}))
    return client


def post(client: FlaskClient, form: Form, ids: Mapping[str, str] | None = None) -> TestResponse:
    headers = {"Sec-Fetch-Site": "same-origin"}
    path = form.path.format_map(ids or {})
    return client.post(path, data=dict(form.fields), headers=headers, base_url=BASE_URL)


@pytest.fixture
def run(valkey: Valkey, tmp_path: Path) -> Callable[[tuple[str, ...]], int]:
    """Runs a command against the store and the configuration of `world`. Returns its exit code."""
    config = tmp_path / "relay.yaml"
    config.write_text(json.dumps(CONFIG))
    environ = ENVIRON | {
        "RELAY_REDIS_URL": valkey.url,
        "RELAY_CONFIG": str(config),
        "RELAY_ADMIN_KEY": ADMIN,
        "RELAY_PUBLIC_URL": BASE_URL,
        "RELAY_SECRET_KEYS": SETTINGS.secret_keys[0],
    }

    def run_command(arguments: tuple[str, ...]) -> int:
        result = CliRunner().invoke(main, ["--data-dir", str(tmp_path), *arguments], env=environ)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code

    return run_command


def entries(redis: Redis) -> list[AuditEntry]:
    """The audit log, oldest first."""
    return [stored.entry for stored in reversed(read_audit(redis, limit=200, cursor=None)[0])]


def check(expected: Audited, added: list[AuditEntry], world: World, who: str) -> None:
    assert [(entry.action, entry.count, entry.principal, entry.role) for entry in added] == [
        (expected.action, expected.count, who, Role.ADMIN)
    ]
    if expected.target == FRESH:
        assert len(added[0].target) == 26
        assert added[0].target not in world.ids.values()
    else:
        assert added[0].target == expected.target.format_map(world.ids)


@pytest.mark.parametrize("name", [name for name, action in ACTIONS.items() if action.api])
def test_the_api_leaves_one_entry(world: World, redis: Redis, name: str):
    expected = ACTIONS[name]
    assert expected.api is not None
    before = len(entries(redis))

    answer = world.request(
        expected.api.method, expected.api.path.format_map(world.ids), json=expected.api.body
    )

    assert answer.status_code < 400, answer.text
    check(expected, entries(redis)[before:], world, "admin")


@pytest.mark.parametrize("name", [name for name, action in ACTIONS.items() if action.page])
def test_the_dashboard_leaves_one_entry(world: World, browser: FlaskClient, redis: Redis, name: str):
    expected = ACTIONS[name]
    assert expected.page is not None
    before = len(entries(redis))

    answer = post(browser, expected.page, world.ids)

    assert answer.status_code < 400, answer.text
    check(expected, entries(redis)[before:], world, "admin")


@pytest.mark.parametrize("name", [name for name, action in ACTIONS.items() if action.cli])
def test_the_command_line_leaves_one_entry(world: World, run, redis: Redis, name: str):
    expected = ACTIONS[name]
    assert expected.cli is not None
    before = len(entries(redis))

    run(tuple(argument.format_map(world.ids) for argument in expected.cli))

    check(expected, entries(redis)[before:], world, "command line")


def test_the_table_lists_every_public_function_that_takes_a_context():
    functions = set()
    for module_info in pkgutil.iter_modules(relay.actions.__path__):
        module = importlib.import_module(f"relay.actions.{module_info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ != module.__name__ or name.startswith("_"):
                continue
            if Context in get_type_hints(function).values():
                functions.add(f"{module_info.name}.{name}")

    assert functions == {*ACTIONS, *NOT_AUDITED}
    assert ACTIONS.keys().isdisjoint(NOT_AUDITED)
