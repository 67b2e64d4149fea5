"""A replay, step by step: once each, behind a cursor that any worker goes on from, never more than may be cancelled."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.actions.remap import ReplayContext
from relay.core.lifecycle import DeadLetterReason, HoldCause
from relay.store.delivery import dead_letter, finish
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.events import discard_event
from relay.store.holds import HoldRequest, hold_destination, resume_destination
from tests.store_world import take_events
from tests.web.conftest import config
from tests.web.replay_world import OPERATOR, begin, look, run_all, stepping, take_all
from tests.web.test_webhooks_endpoint import TEXT, application, post, viewed
from workers.jobs import ReplayTask

Kill = Callable[..., list[str]]


def test_a_replay_queues_every_dead_letter_once(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill
):
    ids = kill(7)
    begun = begin(client)
    assert begun["status"] == "queued"

    run_all(redis, stepping(redis), steps=3)

    page = look(client, begun["id"])
    assert (page["status"], page["matched"], page["replayed"], page["failed"]) == ("done", 7, 7, 0)
    assert sorted(taken.id for taken in take_all(scripts, 7)) == sorted(ids)
    assert take_events(scripts) == []


def test_a_worker_that_has_to_follow_the_configuration_first_feeds_none(
    client: FlaskClient, redis: Redis, kill: Kill
):
    kill(2)
    replay_id = begin(client)["id"]
    current = [False, True]

    ReplayTask(stepping(redis), lambda: current.pop(0)).step()
    assert look(client, replay_id)["replayed"] == 0

    ReplayTask(stepping(redis), lambda: current.pop(0)).step()
    assert look(client, replay_id)["replayed"] == 2


def test_what_dies_again_is_not_sent_twice_by_one_replay(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill
):
    kill(3)
    replay_id = begin(client)["id"]
    run_all(redis, stepping(redis))
    for taken in take_all(scripts, 3):
        finish(scripts, taken, dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600))

    run_all(redis, stepping(redis), steps=3)

    assert look(client, replay_id)["replayed"] == 3
    assert take_events(scripts) == []


def test_no_more_than_a_hundred_of_a_company_are_queued_and_cancel_keeps_the_rest(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill
):
    kill(130)
    replay_id = begin(client)["id"]
    run_all(redis, stepping(redis), steps=2)
    page = look(client, replay_id)
    assert (page["status"], page["replayed"]) == ("running", 100)
    assert "the queue of acme" in page["waiting_for"]

    cancelled = client.post(f"/v1/replays/{replay_id}/cancel", headers=OPERATOR).get_json()
    assert (cancelled["changed"], cancelled["status"]) == (True, "cancelled")
    take_all(scripts, 100)
    run_all(redis, stepping(redis), steps=2)

    assert redis.zcard(f"{keys.BY_STATE}acme:dead") == 30
    again = client.post(f"/v1/replays/{replay_id}/cancel", headers=OPERATOR).get_json()
    assert again["changed"] is False


def test_it_waits_while_its_destination_is_on_hold(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill
):
    kill(2)
    hold_destination(scripts, config().destinations["acme"], HoldRequest(HoldCause.PAUSED, "", None))
    replay_id = begin(client)["id"]

    run_all(redis, stepping(redis), steps=2)
    assert "hold of acme" in look(client, replay_id)["waiting_for"]
    assert redis.zcard(f"{keys.BY_STATE}acme:dead") == 2

    resume_destination(scripts, "acme")
    run_all(redis, stepping(redis), steps=2)
    assert look(client, replay_id)["status"] == "done"


def test_workers_that_step_at_once_do_nothing_twice(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill
):
    kill(60)
    replay_id = begin(client)["id"]

    with ThreadPoolExecutor(4) as pool:
        for stepped in [pool.submit(run_all, redis, stepping(redis), 3) for _ in range(4)]:
            stepped.result()

    page = look(client, replay_id)
    assert (page["status"], page["replayed"], page["skipped"], page["matched"]) == ("done", 60, 0, 60)
    assert len({taken.id for taken in take_all(scripts, 60)}) == 60
    assert take_events(scripts) == []


def test_it_goes_on_where_a_worker_died(client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill):
    """A worker that dies between any two of its steps leaves only what those steps wrote: another reads on from there."""
    kill(9)
    replay_id = begin(client)["id"]
    for _ in range(9):
        replaying = stepping(redis)
        dying = Dying(replaying.scripts, after=1)
        with pytest.raises(Died):
            run_all(redis, ReplayContext(redis, dying, replaying.now, replaying.ingest))

    run_all(redis, stepping(redis), steps=2)

    page = look(client, replay_id)
    assert (page["status"], page["replayed"], page["skipped"], page["examined"]) == ("done", 9, 0, 9)
    assert len({taken.id for taken in take_all(scripts, 9)}) == 9
    assert take_events(scripts) == []


class Died(Exception):
    """In place of kill -9: nothing after it runs."""


class Dying(Scripts):
    """The way to Redis of a worker that lives for so many more steps."""

    def __init__(self, living: Scripts, *, after: int) -> None:
        super().__init__(living._redis)
        self._left = after

    def run(self, name: str, *arguments: Any, **more: Any) -> Any:
        if self._left == 0:
            raise Died
        self._left -= 1
        return super().run(name, *arguments, **more)


def test_dead_letters_are_mapped_anew_by_a_mended_mapping(redis: Redis, scripts: Scripts):
    client = application(redis)
    for number in range(3):
        post(client, viewed(str(number), title=None))
    [cluster] = client.get("/v1/dead-letters", headers=OPERATOR).get_json()["clusters"]
    assert (cluster["count"], cluster["reason"], cluster["rule"]) == (3, "mapping_failed", "page viewed")

    still = begin(client, filter={"cluster": cluster["cluster"]})
    run_all(redis, stepping(redis, TEXT), steps=2)
    page = look(client, still["id"])
    assert (page["status"], page["replayed"], page["failed"]) == ("done", 0, 3)
    assert page["problems"][0]["code"] == "mapping_still_fails"

    mended = TEXT.replace("{{ item.title }}", "{{ item.title || 'Untitled' }}")
    foreseen = begin(application(redis, mended), dry_run=True)
    assert (foreseen["would_map"], foreseen["would_fail"]) == (3, 0)
    begin(client, filter={"cluster": cluster["cluster"]})
    run_all(redis, stepping(redis, mended), steps=2)
    bodies = [json.loads(taken.body) for taken in take_events(scripts)]
    assert [body["content"] for body in bodies] == [{"contentTitle": "Untitled"}] * 3


def test_filtered_events_are_sent_once_today_s_mapping_takes_them(redis: Redis, scripts: Scripts):
    client = application(redis)
    post(client, viewed(event="something_else"))
    assert redis.zcard(f"{keys.BY_STATE}acme:filtered") == 1

    begin(client, filter={"status": "filtered"}, remap=True)
    run_all(redis, stepping(redis, TEXT.replace("item.event == 'page_view'", "item.event")), steps=2)

    [taken] = take_events(scripts)
    assert json.loads(taken.body)["content"] == {"contentTitle": "Pricing"}


def test_a_discarded_event_is_sent_when_that_is_asked_for(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill
):
    [event_id] = kill(1)
    discard_event(scripts, event_id, keep_seconds=600)

    begin(client, filter={"status": "discarded"})
    run_all(redis, stepping(redis), steps=2)

    assert [taken.id for taken in take_events(scripts)] == [event_id]


def test_what_was_never_mapped_cannot_be_sent_as_it_was(redis: Redis):
    client = application(redis)
    post(client, viewed(title=None))

    foreseen = begin(client, remap=False, dry_run=True)
    replay_id = begin(client, remap=False)["id"]
    run_all(redis, stepping(redis, TEXT), steps=2)

    assert (foreseen["would_fail"], look(client, replay_id)["failed"]) == (1, 1)
    assert "never mapped" in look(client, replay_id)["problems"][0]["detail"]
