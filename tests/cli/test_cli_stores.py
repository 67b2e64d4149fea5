"""Commands with two stores: check, status, actions and the worker."""

from pathlib import Path

import pytest
from redis import Redis

from relay.cli.commands.servers import worker_command
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from tests.cli.conftest import Run
from tests.store_world import accept_events, event
from tests.valkey import Valkey
from workers.command import main as worker_main

_CONFIG = """
destinations:
  acme: {auth: &auth {basic: {access_key: k, access_key_secret: s}}}
  globex: {auth: *auth, store: eu}
stores: {eu: {url: "${EU}"}}
"""


@pytest.fixture
def two(environ: dict[str, str], second_valkey: Valkey, second_redis: Redis) -> dict[str, str]:
    """Additional environment for a configuration with two stores."""
    assert second_redis.dbsize() == 0
    Path(environ["RELAY_CONFIG"]).write_text(_CONFIG)
    return {"EU": second_valkey.url}


def test_check_shows_the_store_of_a_destination(run: Run, two: dict[str, str]):
    result = run("check", **two)

    assert result.code == 0
    assert [line.endswith("in store eu") for line in result.out.splitlines() if "destination" in line] == [
        False,
        True,
    ]


def test_status_names_the_store_without_a_worker(run: Run, two: dict[str, str], second_redis: Redis):
    accept_events(Scripts(second_redis), event("ev-1", destination="globex", company="globex"))

    result = run("status", columns=200, **two)

    assert result.code == 1
    assert "No worker for store eu is running; 1 event is waiting." in result.out
    assert "gong-relay worker --store eu" in result.out


def test_status_is_shown_while_another_store_is_unavailable(run: Run, two: dict[str, str]):
    result = run("status", columns=200, **two | {"EU": "unix:///nowhere/at/all"})

    assert result.code == 1
    assert "store eu  unavailable" in result.out


def test_commands_act_in_the_store_of_the_event_and_of_the_destination(
    run: Run, two: dict[str, str], second_redis: Redis
):
    new = event("ev-1", destination="globex", company="globex")
    accept_events(Scripts(second_redis), new)

    assert run("pause", "globex", **two).code == 0
    assert second_redis.smembers(keys.HOLDS) == {b"globex"}
    assert run("resume", "globex", **two).code == 0
    assert run("discard", new.id, "--keep-data", **two).code == 0
    assert run("replay", new.id, **two).code == 0
    assert run("event", new.id, "--json", **two).document["status"] == "queued"


def test_the_worker_command_has_the_store_option():
    assert worker_command("--store", "eu")[1:] == ("-m", "workers", "--store", "eu")


def test_a_worker_of_an_unknown_store_exits_with_the_names_of_the_stores(
    environ: dict[str, str],
    two: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    for name, value in (environ | two).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["workers", "--store", "ue"])

    assert worker_main() == 1
    assert "known stores: main, eu" in capsys.readouterr().err
