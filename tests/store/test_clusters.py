"""A dead letter belongs to the cluster of its cause as long as it is dead."""

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


def all_clusters(redis: Redis) -> list[ClusterRecord]:
    records, total = read_clusters(redis, offset=0, most=100)
    assert total == len(records)
    return records


def make_dead_letter(
    scripts: Scripts, native: str, detail: str = "content: no", *, keep_seconds: int = 600
) -> str:
    accept_events(scripts, event(native))
    [leased] = take_events(scripts)
    assert finish(
        scripts,
        leased,
        dead_letter(DeadLetterReason.REJECTED, detail, record=b"", keep_seconds=keep_seconds, status=400),
    )
    return leased.id


def test_dead_letters_with_one_cause_form_one_cluster(scripts: Scripts, redis: Redis):
    first, second = make_dead_letter(scripts, "1", "no user 17"), make_dead_letter(scripts, "2", "no user 18")

    [cluster] = all_clusters(redis)

    assert (cluster.count, cluster.reason, cluster.text) == (2, "rejected", "no user 18")
    assert cluster.sample == max(first, second)
    assert (cluster.sources, cluster.destinations) == ({"web": 2}, {"acme": 2})


def test_an_event_that_cannot_be_mapped_is_in_a_cluster_at_once(scripts: Scripts, redis: Redis):
    unmapped = replace(
        event("1", filtered=True), problems=b"[{}]", reason="content.title: is required", rule="page viewed"
    )
    accept_events(scripts, unmapped)

    [cluster] = all_clusters(redis)

    assert (cluster.reason, cluster.rule, cluster.field) == ("mapping_failed", "page viewed", "content.title")


def test_an_event_whose_workers_crashed_is_in_the_cluster_for_crashes(scripts: Scripts, redis: Redis):
    accept_events(scripts, event("1"))
    take_events(scripts, lease=0.0)
    sweep(scripts, SweepOptions(max_rescues=1), Pacing())

    assert [cluster.fingerprint for cluster in all_clusters(redis)] == ["worker_crashed"]


def _discard(scripts: Scripts, redis: Redis, event_id: str) -> None:  # noqa: ARG001 - same signature as _prune
    discard_event(scripts, event_id, keep_seconds=600)


def _replay(scripts: Scripts, redis: Redis, event_id: str) -> None:  # noqa: ARG001 - same signature as _prune
    replay_event(scripts, event_id, now=NOW)


def _prune(scripts: Scripts, redis: Redis, event_id: str) -> None:
    redis.zadd(keys.EXPIRY, {event_id: 0})
    sweep(scripts, SweepOptions(), Pacing())


@pytest.mark.parametrize("leave", [_discard, _replay, _prune], ids=["discarded", "replayed", "pruned"])
def test_an_event_that_is_no_longer_dead_leaves_its_cluster(scripts: Scripts, redis: Redis, leave: Leave):
    first, second = make_dead_letter(scripts, "1"), make_dead_letter(scripts, "2")

    leave(scripts, redis, first)
    assert [(cluster.count, cluster.sample) for cluster in all_clusters(redis)] == [(1, second)]
    redis.delete(keys.SWEEP_LOCK)
    leave(scripts, redis, second)

    assert all_clusters(redis) == []
    assert redis.keys("relay:cluster*") == []
