"""Runs commands over a real store: `run("status", columns=120)`."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from redis import Redis

from relay.cli.main import main
from relay.store.delivery import Settlement, finish
from relay.store.engine.scripts import Scripts
from tests.store_world import accept_events, event, take_events
from tests.valkey import Valkey

_CONFIG = f"""
destinations:
  acme:
    auth: {{basic: {{access_key: "${{GONG_KEY}}", access_key_secret: "${{GONG_KEY}}"}}}}
    internal_domains: [acme.example]
  globex:
    auth: {{basic: {{access_key: "${{GONG_KEY}}", access_key_secret: "${{GONG_KEY}}"}}}}
sources:
  web: {{destination: acme, keys: ["sha256:{"0" * 64}"]}}
"""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """A command's exit status and output. A traceback fails the test before."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., CommandResult]
Queue = Callable[..., str]
Settle = Callable[[Settlement], str]
Make = Callable[..., dict[str, Any]]


def row_of(out: str, start: str) -> list[str]:
    """The cells of the first row that starts with `start`."""
    return next(line.split() for line in out.splitlines() if line.startswith(f"{start} "))


@pytest.fixture
def environ(valkey: Valkey, tmp_path: Path) -> dict[str, str]:
    """The environment of every process of the relay in a test."""
    config = tmp_path / "relay.yaml"
    config.write_text(_CONFIG)
    return {"RELAY_REDIS_URL": valkey.url, "RELAY_CONFIG": str(config), "GONG_KEY": "a-key-of-the-sandbox"}


@pytest.fixture
def run(redis: Redis, environ: dict[str, str], tmp_path: Path) -> Run:
    def run_command(*arguments: str, sent: str = "", columns: int = 80, **changed: str) -> CommandResult:
        variables = environ | changed | {"COLUMNS": str(columns)}
        line = ["--data-dir", str(tmp_path), *arguments]
        result = CliRunner().invoke(main, line, input=sent, env=variables)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return CommandResult(result.exit_code, result.stdout, result.stderr)

    assert redis.dbsize() == 0
    return run_command


@pytest.fixture
def queue(scripts: Scripts) -> Callable[..., str]:
    """Queues one event and returns its id."""

    def queue_event(native: str = "ev-1", **fields: Any) -> str:
        return accept_events(scripts, event(native, **fields)).verdicts[0].id

    return queue_event


@pytest.fixture
def settle(scripts: Scripts, queue: Callable[..., str]) -> Callable[[Settlement], str]:
    """Queues an event, leases it and settles it. Returns its id."""

    def settle_event(settlement: Settlement) -> str:
        queue()
        [leased] = take_events(scripts)
        assert finish(scripts, leased, settlement)
        return leased.id

    return settle_event


@pytest.fixture
def page_view() -> Callable[..., dict[str, Any]]:
    """A canonical event."""

    def make_event(native: str = "ev-1", **fields: Any) -> dict[str, Any]:
        return {
            "id": native,
            "type": "page_view",
            "occurred_at": "2026-11-20T10:00:00Z",
            "content": {"title": "Pricing", "url": "https://acme.example/pricing"},
            "person": {"email": "jane@globex.example"},
        } | fields

    return make_event
