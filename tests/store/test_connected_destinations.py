"""Every process sees a destination that was connected at run time within a second, without a restart."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis

from relay.core.destination import BasicCredentials, Destination, Limits, OAuthCredentials
from relay.store.destinations import (
    ConnectedDestination,
    DestinationDirectory,
    read_connected_destinations,
    save_connected_destination,
)
from relay.store.engine import keys
from relay.store.engine.connection import WEB, open_redis
from relay.store.engine.scripts import Scripts
from tests.valkey import Valkey

ON_FILE = Destination(
    name="acme", company="acme", credentials=BasicCredentials("k", "s"), limits=Limits(per_second=5)
)
GRANTED = Destination(
    name="globex", company="globex", credentials=OAuthCredentials(), limits=Limits(per_second=7)
)


def make_connected(name: str = "initech", **fields: object) -> ConnectedDestination:
    defaults = {
        "company": name,
        "base_url": f"https://{name}.api.gong.io",
        "connected_at": datetime(2026, 11, 21, 10, tzinfo=UTC),
        "account": f"{name}-17",
    }
    return ConnectedDestination(name=name, **defaults | fields)


class Clock:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory(redis: Redis, clock: Clock) -> DestinationDirectory:
    configured: Mapping[str, Destination] = {"acme": ON_FILE, "globex": GRANTED}
    return DestinationDirectory(configured, redis, clock)


def test_a_saved_destination_is_read_back_with_all_its_fields(scripts: Scripts, redis: Redis):
    saved = make_connected(
        limits=Limits(per_second=9, daily_share=0.5),
        source_system_name="Hub",
        internal_domains=frozenset({"initech.com", "initech.de"}),
    )

    assert save_connected_destination(scripts, saved)
    assert read_connected_destinations(redis) == {"initech": saved}


def test_connecting_again_replaces_the_destination_and_reports_it_as_existing(scripts: Scripts, redis: Redis):
    save_connected_destination(scripts, make_connected())

    assert not save_connected_destination(scripts, make_connected(account="18"))
    assert read_connected_destinations(redis)["initech"].account == "18"


def test_saving_publishes_the_limits_of_the_company(scripts: Scripts, redis: Redis):
    save_connected_destination(scripts, make_connected(company="tps", limits=Limits(per_second=9)))

    assert redis.hget(keys.COMPANY + "tps", "per_second") == b"9"


def test_a_destination_is_found_by_name_right_after_it_is_connected(
    directory: DestinationDirectory, scripts: Scripts
):
    assert set(directory.all()) == {"acme", "globex"}
    save_connected_destination(scripts, make_connected())

    destination = directory.find("initech")

    assert destination is not None
    assert (destination.base_url, destination.credentials) == (
        "https://initech.api.gong.io",
        OAuthCredentials(),
    )
    assert set(directory.all()) == {"acme", "globex", "initech"}


def test_a_destination_is_found_by_account_right_after_it_is_connected(
    directory: DestinationDirectory, scripts: Scripts
):
    directory.all()
    save_connected_destination(scripts, make_connected())

    destination = directory.find_by_account("initech-17")

    assert destination is not None
    assert destination.name == "initech"


def test_a_change_by_another_process_is_seen_a_second_later(
    directory: DestinationDirectory, scripts: Scripts, clock: Clock
):
    save_connected_destination(scripts, make_connected())
    assert directory.find_by_account("initech-17")
    save_connected_destination(scripts, make_connected(account="18"))

    assert directory.all()["initech"].account == "initech-17"
    clock.seconds += 1.0
    assert directory.all()["initech"].account == "18"


def test_unknown_names_cause_one_read_per_second(directory: DestinationDirectory, redis: Redis, clock: Clock):
    def count_reads() -> int:
        return redis.info("commandstats").get("cmdstat_get", {"calls": 0})["calls"]

    before = count_reads()
    for name in range(50):
        directory.find(f"unknown-{name}")
        directory.find_by_account(f"unknown-{name}")
    assert count_reads() - before == 2, "the first read, and one for the first unknown name"

    clock.seconds += 1.0
    directory.find("unknown")
    assert count_reads() - before == 4


def test_the_file_overrides_all_but_the_base_url_and_account_of_a_granted_destination(
    directory: DestinationDirectory, scripts: Scripts
):
    for name in ("acme", "globex"):
        save_connected_destination(
            scripts, make_connected(name, company="other", limits=Limits(per_second=1))
        )

    destinations = directory.all()

    assert destinations["acme"] == ON_FILE
    assert destinations["globex"] == Destination(
        name="globex",
        company="globex",
        credentials=OAuthCredentials(),
        base_url="https://globex.api.gong.io",
        limits=Limits(per_second=7),
        account="globex-17",
    )


def test_a_connected_destination_of_a_company_in_the_file_has_its_limits(
    directory: DestinationDirectory, scripts: Scripts
):
    save_connected_destination(scripts, make_connected(company="acme", limits=Limits(per_second=1)))

    destination = directory.find("initech")

    assert destination is not None
    assert destination.limits == Limits(per_second=5)


def test_a_company_has_the_limits_of_its_destinations(directory: DestinationDirectory):
    assert directory.limits_of("acme") == Limits(per_second=5)
    assert directory.limits_of("unknown") == Limits()


def test_loaded_destinations_stay_available_while_the_store_is_down(tmp_path: Path, clock: Clock):
    server = Valkey(tmp_path)
    server.start()
    client = open_redis(server.url, WEB)
    directory = DestinationDirectory({"acme": ON_FILE}, client, clock)
    save_connected_destination(Scripts(client), make_connected())
    assert set(directory.all()) == {"acme", "initech"}

    server.kill()
    clock.seconds += 5.0

    assert set(directory.all()) == {"acme", "initech"}
    assert directory.find("unknown") is None
    client.close()
