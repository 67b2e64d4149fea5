"""The steps of a replay: each event once, from a cursor that any worker can continue, with a limited queue."""

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
from tests.web.replay_world import OPERATOR, read_replay, replay_context, run_steps, start_replay, take_all
from tests.web.test_webhooks_endpoint import TEXT, application, page_viewed, post
from workers.jobs import ReplayTask

Kill = Callable[..., list[str]]


def test_a_replay_queues_every_dead_letter_once(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill
):
    ids = kill(7)
    replay = start_replay(client)
    assert replay["status"] == "queued"

    run_steps(redis, replay_context(redis), steps=3)

    page = read_replay(client, replay["id"])
    assert (page["status"], page["matched"], page["replayed"], page["failed"]) == ("done", 7, 7, 0)
    assert sorted(leased.id for leased in take_all(scripts, 7)) == sorted(ids)
    assert take_events(scripts) == []


def test_a_worker_that_must_reload_the_configuration_first_does_not_step(
    client: FlaskClient, redis: Redis, kill: Kill
):
    kill(2)
    replay_id = start_replay(client)["id"]
    current = [False, True]

    ReplayTask(replay_context(redis), lambda: current.pop(0)).step()
    assert read_replay(client, replay_id)["replayed"] == 0

    ReplayTask(replay_context(redis), lambda: current.pop(0)).step()
    assert read_replay(client, replay_id)["replayed"] == 2


def test_an_event_that_fails_again_is_not_replayed_twice(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill
):
    kill(3)
    replay_id = start_replay(client)["id"]
    run_steps(redis, replay_context(redis))
    for leased in take_all(scripts, 3):
        finish(scripts, leased, dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600))

    run_steps(redis, replay_context(redis), steps=3)

    assert read_replay(client, replay_id)["replayed"] == 3
    assert take_events(scripts) == []


def test_at_most_100_events_of_a_company_are_queued_and_cancelling_keeps_the_rest_dead(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill
):
    kill(130)
    replay_id = start_replay(client)["id"]
    run_steps(redis, replay_context(redis), steps=2)
    page = read_replay(client, replay_id)
    assert (page["status"], page["replayed"]) == ("running", 100)
    assert "the queue of acme" in page["waiting_for"]

    cancelled = client.post(f"/v1/replays/{replay_id}/cancel", headers=OPERATOR).get_json()
    assert (cancelled["changed"], cancelled["status"]) == (True, "cancelled")
    take_all(scripts, 100)
    run_steps(redis, replay_context(redis), steps=2)

    assert redis.zcard(f"{keys.BY_STATE}acme:dead") == 30
    second = client.post(f"/v1/replays/{replay_id}/cancel", headers=OPERATOR).get_json()
    assert second["changed"] is False


def test_a_replay_waits_while_its_destination_is_on_hold(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill
):
    kill(2)
    hold_destination(scripts, config().destinations["acme"], HoldRequest(HoldCause.PAUSED, "", None))
    replay_id = start_replay(client)["id"]

    run_steps(redis, replay_context(redis), steps=2)
    assert "hold of acme" in read_replay(client, replay_id)["waiting_for"]
    assert redis.zcard(f"{keys.BY_STATE}acme:dead") == 2

    resume_destination(scripts, "acme")
    run_steps(redis, replay_context(redis), steps=2)
    assert read_replay(client, replay_id)["status"] == "done"


def test_concurrent_steps_replay_each_event_once(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill
):
    kill(60)
    replay_id = start_replay(client)["id"]

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(run_steps, redis, replay_context(redis), 3) for _ in range(4)]:
            future.result()

    page = read_replay(client, replay_id)
    assert (page["status"], page["replayed"], page["skipped"], page["matched"]) == ("done", 60, 0, 60)
    assert len({leased.id for leased in take_all(scripts, 60)}) == 60
    assert take_events(scripts) == []


def test_a_replay_continues_where_a_worker_died(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill
):
    """A worker that dies between two scripts leaves what they wrote; another worker continues from there."""
    kill(9)
    replay_id = start_replay(client)["id"]
    for _ in range(9):
        context = replay_context(redis)
        scripts_that_fail = CrashingScripts(context.scripts, after=1)
        with pytest.raises(Crash):
            run_steps(
                redis,
                ReplayContext(redis=redis, scripts=scripts_that_fail, now=context.now, ingest=context.ingest),
            )

    run_steps(redis, replay_context(redis), steps=2)

    page = read_replay(client, replay_id)
    assert (page["status"], page["replayed"], page["skipped"], page["examined"]) == ("done", 9, 0, 9)
    assert len({leased.id for leased in take_all(scripts, 9)}) == 9
    assert take_events(scripts) == []


class Crash(Exception):
    """Simulates kill -9: nothing after it runs."""


class CrashingScripts(Scripts):
    """Scripts of a worker that dies after a number of calls."""

    def __init__(self, scripts: Scripts, *, after: int) -> None:
        super().__init__(scripts._redis)
        self._remaining = after

    def run(self, name: str, *arguments: Any, **options: Any) -> Any:
        if self._remaining == 0:
            raise Crash
        self._remaining -= 1
        return super().run(name, *arguments, **options)


def test_dead_letters_are_mapped_again_by_a_fixed_mapping(redis: Redis, scripts: Scripts):
    client = application(redis)
    for number in range(3):
        post(client, page_viewed(str(number), title=None))
    [cluster] = client.get("/v1/dead-letters", headers=OPERATOR).get_json()["clusters"]
    assert (cluster["count"], cluster["reason"], cluster["rule"]) == (3, "mapping_failed", "page viewed")

    failing = start_replay(client, filter={"cluster": cluster["cluster"]})
    run_steps(redis, replay_context(redis, TEXT), steps=2)
    page = read_replay(client, failing["id"])
    assert (page["status"], page["replayed"], page["failed"]) == ("done", 0, 3)
    assert page["problems"][0]["code"] == "mapping_still_fails"

    fixed = TEXT.replace("{{ item.title }}", "{{ item.title || 'Untitled' }}")
    preview = start_replay(application(redis, fixed), dry_run=True)
    assert (preview["would_map"], preview["would_fail"]) == (3, 0)
    start_replay(client, filter={"cluster": cluster["cluster"]})
    run_steps(redis, replay_context(redis, fixed), steps=2)
    bodies = [json.loads(leased.body) for leased in take_events(scripts)]
    assert [body["content"] for body in bodies] == [{"contentTitle": "Untitled"}] * 3


def test_filtered_events_are_sent_when_the_current_mapping_accepts_them(redis: Redis, scripts: Scripts):
    client = application(redis)
    post(client, page_viewed(event="something_else"))
    assert redis.zcard(f"{keys.BY_STATE}acme:filtered") == 1

    start_replay(client, filter={"status": "filtered"}, remap=True)
    run_steps(redis, replay_context(redis, TEXT.replace("item.event == 'page_view'", "item.event")), steps=2)

    [leased] = take_events(scripts)
    assert json.loads(leased.body)["content"] == {"contentTitle": "Pricing"}


def test_discarded_events_are_replayed_on_request(
    client: FlaskClient, redis: Redis, scripts: Scripts, kill: Kill
):
    [event_id] = kill(1)
    discard_event(scripts, event_id, keep_seconds=600, keep_data=True)

    start_replay(client, filter={"status": "discarded"})
    run_steps(redis, replay_context(redis), steps=2)

    assert [leased.id for leased in take_events(scripts)] == [event_id]


def test_an_event_that_was_never_mapped_cannot_be_replayed_without_mapping(redis: Redis):
    client = application(redis)
    post(client, page_viewed(title=None))

    preview = start_replay(client, remap=False, dry_run=True)
    replay_id = start_replay(client, remap=False)["id"]
    run_steps(redis, replay_context(redis, TEXT), steps=2)

    assert (preview["would_fail"], read_replay(client, replay_id)["failed"]) == (1, 1)
    assert "never mapped" in read_replay(client, replay_id)["problems"][0]["detail"]
