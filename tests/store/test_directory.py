"""Destinations connected at run time: known to every process a moment later, without a file or a restart."""

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

ON_FILE = Destination("acme", "acme", BasicCredentials("k", "s"), limits=Limits(per_second=5))
GRANTED = Destination("globex", "globex", OAuthCredentials(), limits=Limits(per_second=7))


def connected(name: str = "initech", **fields: object) -> ConnectedDestination:
    told = {
        "company": name,
        "base_url": f"https://{name}.api.gong.io",
        "connected_at": datetime(2026, 11, 21, 10, tzinfo=UTC),
        "account": f"{name}-17",
    }
    return ConnectedDestination(name, **told | fields)


class Clock:
    """Seconds that pass when they are told to."""

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


def test_what_was_saved_is_read_back_whole(scripts: Scripts, redis: Redis):
    saved = connected(
        limits=Limits(per_second=9, daily_share=0.5),
        source_system_name="Hub",
        internal_domains=frozenset({"initech.com", "initech.de"}),
    )

    assert save_connected_destination(scripts, saved)
    assert read_connected_destinations(redis) == {"initech": saved}


def test_connecting_again_replaces_and_says_that_it_was_there(scripts: Scripts, redis: Redis):
    save_connected_destination(scripts, connected())

    assert not save_connected_destination(scripts, connected(account="18"))
    assert read_connected_destinations(redis)["initech"].account == "18"


def test_saving_publishes_what_the_company_may_send(scripts: Scripts, redis: Redis):
    save_connected_destination(scripts, connected(company="tps", limits=Limits(per_second=9)))

    assert redis.hget(keys.COMPANY + "tps", "per_second") == b"9"


def test_a_name_connected_a_moment_ago_is_found_at_once(directory: DestinationDirectory, scripts: Scripts):
    assert set(directory.all()) == {"acme", "globex"}
    save_connected_destination(scripts, connected())

    found = directory.find("initech")

    assert found is not None
    assert (found.base_url, found.credentials) == ("https://initech.api.gong.io", OAuthCredentials())
    assert set(directory.all()) == {"acme", "globex", "initech"}


def test_an_account_connected_a_moment_ago_is_found_at_once(
    directory: DestinationDirectory, scripts: Scripts
):
    directory.all()
    save_connected_destination(scripts, connected())

    found = directory.find_by_account("initech-17")

    assert found is not None
    assert found.name == "initech"


def test_what_changed_elsewhere_is_seen_a_second_later(
    directory: DestinationDirectory, scripts: Scripts, clock: Clock
):
    save_connected_destination(scripts, connected())
    assert directory.find_by_account("initech-17")
    save_connected_destination(scripts, connected(account="18"))

    assert directory.all()["initech"].account == "initech-17"
    clock.seconds += 1.0
    assert directory.all()["initech"].account == "18"


def test_names_that_are_unknown_cost_the_store_one_look_a_second(
    directory: DestinationDirectory, redis: Redis, clock: Clock
):
    def looks() -> int:
        return redis.info("commandstats").get("cmdstat_get", {"calls": 0})["calls"]

    before = looks()
    for name in range(50):
        directory.find(f"unknown-{name}")
        directory.find_by_account(f"unknown-{name}")
    assert looks() - before == 2, "the first look, and one for the first unknown name"

    clock.seconds += 1.0
    directory.find("unknown")
    assert looks() - before == 4


def test_the_files_word_counts_but_for_the_address_and_account_of_what_was_granted(
    directory: DestinationDirectory, scripts: Scripts
):
    for name in ("acme", "globex"):
        save_connected_destination(scripts, connected(name, company="other", limits=Limits(per_second=1)))

    known = directory.all()

    assert known["acme"] == ON_FILE
    assert known["globex"] == Destination(
        "globex",
        "globex",
        OAuthCredentials(),
        "https://globex.api.gong.io",
        limits=Limits(per_second=7),
        account="globex-17",
    )


def test_who_connects_into_a_company_of_the_file_has_its_limits(
    directory: DestinationDirectory, scripts: Scripts
):
    save_connected_destination(scripts, connected(company="acme", limits=Limits(per_second=1)))

    found = directory.find("initech")

    assert found is not None
    assert found.limits == Limits(per_second=5)


def test_a_company_has_the_limits_of_those_that_belong_to_it(directory: DestinationDirectory):
    assert directory.limits_of("acme") == Limits(per_second=5)
    assert directory.limits_of("nobody") == Limits()


def test_what_is_known_stays_while_the_store_is_away(tmp_path: Path, clock: Clock):
    server = Valkey(tmp_path)
    server.start()
    client = open_redis(server.url, WEB)
    directory = DestinationDirectory({"acme": ON_FILE}, client, clock)
    save_connected_destination(Scripts(client), connected())
    assert set(directory.all()) == {"acme", "initech"}

    server.kill()
    clock.seconds += 5.0

    assert set(directory.all()) == {"acme", "initech"}
    assert directory.find("unknown") is None
    client.close()
