"""The version of what lies in the store: who goes on, who refuses, and what is written down."""

import pytest
from redis import Redis

from relay.settings import SettingsError
from relay.store.engine import keys
from relay.store.engine.connection import WEB, open_redis
from relay.store.schema_version import OURS, Layout, check_layout, read_layout, record_layout


def written(redis: Redis, text: str) -> None:
    redis.set(keys.LAYOUT, text)


def test_a_store_that_is_empty_or_older_than_the_number_is_read(redis: Redis):
    check_layout(redis)

    assert read_layout(redis) == Layout(1, 0)


@pytest.mark.parametrize("minor", [0, OURS.minor, OURS.minor + 7])
def test_every_minor_version_of_ours_is_read(redis: Redis, minor: int):
    written(redis, f"{OURS.major}.{minor}")

    check_layout(redis)


def test_a_newer_major_version_is_refused_with_what_to_do_and_left_alone(redis: Redis):
    written(redis, f"{OURS.major + 1}.0")

    with pytest.raises(SettingsError, match=r"newer version of the relay.*Run that version again"):
        check_layout(redis)
    record_layout(redis)

    assert redis.get(keys.LAYOUT) == f"{OURS.major + 1}.0".encode()


def test_what_is_no_version_is_refused(redis: Redis):
    written(redis, "seven")

    with pytest.raises(SettingsError, match="does another program"):
        check_layout(redis)


@pytest.mark.parametrize(
    ("before", "after"), [(None, str(OURS)), ("1.0", str(OURS)), (str(OURS), str(OURS)), ("1.99", "1.99")]
)
def test_ours_is_written_down_over_older_ones_only(redis: Redis, before: str | None, after: str):
    if before is not None:
        written(redis, before)
    record_layout(redis)

    assert redis.get(keys.LAYOUT) == after.encode()


def test_a_store_that_is_away_or_full_keeps_nobody_from_starting(redis: Redis):
    away = open_redis("redis://127.0.0.1:1", WEB)
    check_layout(away)
    record_layout(away)
    redis.config_set("maxmemory", 1)
    try:
        check_layout(redis)
        record_layout(redis)
    finally:
        redis.config_set("maxmemory", 0)

    assert redis.get(keys.LAYOUT) is None
