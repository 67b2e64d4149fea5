"""Connected destinations in commands: shown for items, listed, paused and resumed."""

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
            scripts,
            ConnectedDestination(
                name="initech",
                company="initech",
                base_url="https://api.gong.io",
                connected_at=moment,
                account="18",
            ),
        )

    return connected


def test_map_shows_the_destination_of_each_item(
    run: Run, environ: dict[str, str], connect: Callable[[], None]
):
    config = Path(environ["RELAY_CONFIG"])
    config.write_text(config.read_text() + f"  site: {json.dumps(SITE)}\n")
    connect()
    items = [{"id": str(account), "account": account} for account in (17, 18, 19)]

    result = run("map", "site", "-", sent=json.dumps(items), columns=120)

    assert result.code == 1
    assert "item 0: ready, rule 'page viewed', priority normal, to acme" in result.out
    assert "item 1: ready, rule 'page viewed', priority normal, to initech" in result.out
    assert "item 2: dead, rule 'page viewed', priority normal, to unrouted" in result.out


def test_a_connected_destination_is_paused_shown_and_resumed(run: Run, connect: Callable[[], None]):
    connect()

    assert run("pause", "initech").code == 0
    assert '"paused"' in run("status", "--json").out
    assert "no longer on hold" in run("resume", "initech").out


def test_an_unknown_destination_is_reported_with_the_existing_ones(run: Run, connect: Callable[[], None]):
    connect()

    result = run("pause", "initec")

    assert result.code == 1
    assert "did you mean 'initech'" in result.err
