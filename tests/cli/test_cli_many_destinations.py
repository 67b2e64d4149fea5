"""Destinations beyond the file at the command line: shown where items go, listed, paused and resumed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relay.store.destinations import ConnectedDestination, save_connected_destination
from relay.store.engine.scripts import Scripts
from tests.cli.conftest import Run

SITE = {
    "destination": "{{ item.account }}",
    "accounts": {"17": "acme"},
    "verify": {"scheme": "none"},
    "rules": [
        {
            "name": "page viewed",
            "to": "digital-interaction",
            "map": {
                "eventId": "{{ item.id }}",
                "timestamp": "2026-11-20T10:00:00Z",
                "eventType": "page viewed",
                "content": {"contentTitle": "Pricing"},
                "person": {"email": "jane@globex.example"},
            },
        }
    ],
}


@pytest.fixture
def connect(scripts: Scripts) -> Callable[[], None]:
    def connected() -> None:
        moment = datetime(2026, 11, 21, 10, tzinfo=UTC)
        save_connected_destination(
            scripts, ConnectedDestination("initech", "initech", "https://api.gong.io", moment, account="18")
        )

    return connected


def test_map_says_where_each_item_would_go(run: Run, environ: dict[str, str], connect: Callable[[], None]):
    config = Path(environ["RELAY_CONFIG"])
    config.write_text(config.read_text() + f"  site: {json.dumps(SITE)}\n")
    connect()
    items = [{"id": str(account), "account": account} for account in (17, 18, 19)]

    ended = run("map", "site", "-", sent=json.dumps(items), columns=120)

    assert ended.code == 1
    assert "item 0: ready, rule 'page viewed', priority normal, to acme" in ended.out
    assert "item 1: ready, rule 'page viewed', priority normal, to initech" in ended.out
    assert "item 2: dead, rule 'page viewed', priority normal, to unrouted" in ended.out


def test_a_connected_destination_is_paused_shown_and_resumed(run: Run, connect: Callable[[], None]):
    connect()

    assert run("pause", "initech").code == 0
    assert '"paused"' in run("status", "--json").out
    assert "no longer on hold" in run("resume", "initech").out


def test_a_name_that_nobody_has_is_told_with_those_there_are(run: Run, connect: Callable[[], None]):
    connect()

    ended = run("pause", "initec")

    assert ended.code == 1
    assert "did you mean 'initech'" in ended.err
