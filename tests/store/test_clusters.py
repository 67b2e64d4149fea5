"""A dead letter is in the cluster of its fault for as long as it is dead, however it comes and goes."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from redis import Redis

from relay.core.lifecycle import DeadLetterReason
from relay.store.dead_letter_clusters import ClusterRecord, read_clusters
from relay.store.delivery import Pacing, SweepOptions, dead_letter, finish, sweep
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.events import discard_event, replay_event
from tests.store_world import NOW, accept_events, event, take_events

Leave = Callable[[Scripts, Redis, str], object]


def clusters(redis: Redis) -> list[ClusterRecord]:
    found, total = read_clusters(redis, offset=0, most=100)
    assert total == len(found)
    return found


def die(scripts: Scripts, native: str, detail: str = "content: no", *, keep_seconds: int = 600) -> str:
    accept_events(scripts, event(native))
    [taken] = take_events(scripts)
    assert finish(
        scripts,
        taken,
        dead_letter(DeadLetterReason.REJECTED, detail, record=b"", keep_seconds=keep_seconds, status=400),
    )
    return taken.id


def test_dead_letters_of_one_fault_are_one_cluster(scripts: Scripts, redis: Redis):
    first, second = die(scripts, "1", "no user 17"), die(scripts, "2", "no user 18")

    [cluster] = clusters(redis)

    assert (cluster.count, cluster.reason, cluster.text) == (2, "rejected", "no user 18")
    assert cluster.sample == max(first, second)
    assert (cluster.sources, cluster.destinations) == ({"web": 2}, {"acme": 2})


def test_what_cannot_be_mapped_is_in_one_from_the_start(scripts: Scripts, redis: Redis):
    made = replace(
        event("1", filtered=True), problems=b"[{}]", reason="content.title: is required", rule="page viewed"
    )
    accept_events(scripts, made)

    [cluster] = clusters(redis)

    assert (cluster.reason, cluster.rule, cluster.field) == ("mapping_failed", "page viewed", "content.title")


def test_an_event_whose_workers_died_is_in_the_cluster_of_that(scripts: Scripts, redis: Redis):
    accept_events(scripts, event("1"))
    take_events(scripts, lease=0.0)
    sweep(scripts, SweepOptions(max_rescues=1), Pacing())

    assert [cluster.fingerprint for cluster in clusters(redis)] == ["worker_crashed"]


def _discarded(scripts: Scripts, redis: Redis, event_id: str) -> None:  # noqa: ARG001 - as the others
    discard_event(scripts, event_id, keep_seconds=600)


def _replayed(scripts: Scripts, redis: Redis, event_id: str) -> None:  # noqa: ARG001 - as the others
    replay_event(scripts, event_id, now=NOW)


def _pruned(scripts: Scripts, redis: Redis, event_id: str) -> None:
    redis.zadd(keys.EXPIRY, {event_id: 0})
    sweep(scripts, SweepOptions(), Pacing())


@pytest.mark.parametrize("leave", [_discarded, _replayed, _pruned], ids=["discarded", "replayed", "pruned"])
def test_one_that_is_no_dead_letter_any_more_has_left(scripts: Scripts, redis: Redis, leave: Leave):
    first, second = die(scripts, "1"), die(scripts, "2")

    leave(scripts, redis, first)
    assert [(cluster.count, cluster.sample) for cluster in clusters(redis)] == [(1, second)]
    redis.delete(keys.SWEEP_LOCK)
    leave(scripts, redis, second)

    assert clusters(redis) == []
    assert redis.keys("relay:cluster*") == []
