"""The layout version of a store decides whether a process starts and what it records."""

import pytest
from redis import Redis

from relay.core.errors import Unavailable
from relay.settings import SettingsError
from relay.store.engine import keys
from relay.store.engine.connection import WEB, open_redis
from relay.store.engine.scripts import Scripts
from relay.store.schema_version import (
    CURRENT,
    Layout,
    check_layout,
    read_layout,
    record_layout,
    require_layout,
)
from tests.store_world import accept_events, event
from tests.upgrades.writing import dump

OLDER = f"{CURRENT.major - 1}.1"
NEWER = f"{CURRENT.major + 1}.0"


def write_layout(redis: Redis, text: str) -> None:
    redis.set(keys.LAYOUT, text)


def test_an_empty_store_has_no_layout_and_is_accepted(redis: Redis):
    check_layout(redis)

    assert read_layout(redis) is None


@pytest.mark.parametrize("minor", [0, CURRENT.minor, CURRENT.minor + 7])
def test_every_minor_version_of_the_current_major_is_accepted(redis: Redis, minor: int):
    write_layout(redis, f"{CURRENT.major}.{minor}")

    check_layout(redis)


def test_a_newer_major_version_is_refused_and_the_store_is_left_alone(redis: Redis):
    write_layout(redis, NEWER)

    with pytest.raises(SettingsError, match=r"newer version of the relay.*Run that version again"):
        check_layout(redis)
    record_layout(redis)

    assert redis.get(keys.LAYOUT) == NEWER.encode()


@pytest.mark.parametrize("recorded", [OLDER, None])
def test_data_of_an_older_major_version_is_refused_and_left_alone(redis: Redis, recorded: str | None):
    redis.zadd(keys.EVENTS, {"01EVENT": 0})
    if recorded is not None:
        write_layout(redis, recorded)
    before = dump(redis)

    with pytest.raises(SettingsError) as raised:
        check_layout(redis, setting="stores.eu.url")
    record_layout(redis)

    assert dump(redis) == before
    message = str(raised.value)
    assert "stores.eu.url" in message
    assert f"holds data of layout {recorded or '1.0'}, which this version of the relay cannot read" in message
    assert f"(it reads {CURRENT.major}.x). Nothing was changed." in message
    assert '"open": 0' in message
    assert "FLUSHDB" in message
    assert "another database number" in message


def test_a_store_that_was_drained_and_pruned_still_counts_as_data_of_the_older_version(redis: Redis):
    redis.hset(keys.STATE_COUNTS, "acme|delivered", 7)

    with pytest.raises(SettingsError, match=r"data of layout 1\.0"):
        check_layout(redis)


def test_a_drained_store_is_accepted_once_it_is_flushed(redis: Redis):
    redis.zadd(keys.EVENTS, {"01EVENT": 0})
    write_layout(redis, OLDER)
    redis.flushdb()

    check_layout(redis)
    record_layout(redis)

    assert read_layout(redis) == CURRENT


def test_keys_that_the_web_writes_before_the_first_event_do_not_count_as_older_data(redis: Redis):
    redis.hset(keys.REQUEST_COUNTS, "|unauthorized", 1)
    redis.sadd(keys.HOLDS, "acme")

    check_layout(redis)


def test_the_first_accepted_event_records_the_layout(redis: Redis, scripts: Scripts):
    accept_events(scripts, event("first"))

    check_layout(redis)
    assert read_layout(redis) == CURRENT


def test_an_accepted_event_leaves_a_newer_minor_version_recorded(redis: Redis, scripts: Scripts):
    write_layout(redis, f"{CURRENT.major}.99")
    accept_events(scripts, event("first"))

    assert read_layout(redis) == Layout(CURRENT.major, 99)


def test_a_value_that_is_not_a_version_is_refused(redis: Redis):
    write_layout(redis, "seven")

    with pytest.raises(SettingsError, match="does another program"):
        check_layout(redis)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, str(CURRENT)),
        (str(CURRENT), str(CURRENT)),
        (f"{CURRENT.major}.99", f"{CURRENT.major}.99"),
        (OLDER, OLDER),
    ],
)
def test_the_current_layout_replaces_only_an_older_minor_version(
    redis: Redis, before: str | None, after: str
):
    if before is not None:
        write_layout(redis, before)
    record_layout(redis)

    assert redis.get(keys.LAYOUT) == after.encode()


def test_a_process_starts_when_the_store_does_not_answer_or_is_full(redis: Redis):
    unreachable = open_redis("redis://127.0.0.1:1", WEB)
    check_layout(unreachable)
    record_layout(unreachable)
    redis.config_set("maxmemory", 1)
    try:
        check_layout(redis)
        record_layout(redis)
    finally:
        redis.config_set("maxmemory", 0)

    assert redis.get(keys.LAYOUT) is None


def write_older_data(redis: Redis, recorded: str | None) -> None:
    redis.zadd(keys.EVENTS, {"01EVENT": 0})
    redis.hset(keys.FIRST_LAYOUT_COUNTS, "acme|queued", 9)
    if recorded is not None:
        write_layout(redis, recorded)


@pytest.mark.parametrize("recorded", [None, OLDER, NEWER])
def test_a_web_that_started_before_its_store_stores_nothing_beside_data_that_it_cannot_read(
    redis: Redis, scripts: Scripts, recorded: str | None
):
    write_older_data(redis, recorded)
    before = dump(redis)

    with pytest.raises(Unavailable) as raised:
        accept_events(scripts, event("first"))

    assert raised.value.code == "store_layout"
    redis.delete(keys.CLOCK)  # every script notes the time
    assert dump(redis) == before


@pytest.mark.parametrize("recorded", [None, OLDER, str(CURRENT)])
def test_older_data_is_refused_even_if_a_web_recorded_the_current_layout_over_it(
    redis: Redis, recorded: str | None
):
    write_older_data(redis, recorded)

    with pytest.raises(SettingsError, match=r"data of layout 1\.."):
        check_layout(redis)
    with pytest.raises(Unavailable, match="another version"):
        require_layout(redis)


def test_a_running_process_requires_the_layout_that_it_reads(redis: Redis):
    require_layout(redis)
    record_layout(redis)
    require_layout(redis)

    write_layout(redis, "seven")
    with pytest.raises(Unavailable):
        require_layout(redis)


def test_a_store_that_does_not_answer_is_not_taken_for_checked(redis: Redis):
    assert not check_layout(open_redis("redis://127.0.0.1:1", WEB))
    assert check_layout(redis)
