"""`replay`, `discard`, `pause` and `resume`: what they do, and what they say when they cannot."""

import pytest
from redis import Redis

from relay.core.lifecycle import DeadLetterReason
from relay.store.delivery import dead_letter
from relay.store.engine import keys
from tests.cli.conftest import Queue, Run, Settle

REFUSED = dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600)


def state_of(redis: Redis, event_id: str) -> str:
    return redis.hget(keys.EVENT + event_id, "state").decode()


def test_a_dead_letter_is_replayed(run: Run, settle: Settle, redis: Redis):
    event_id = settle(REFUSED)

    ended = run("replay", event_id)

    assert (ended.code, ended.out) == (0, f"{event_id}  queued\n")
    assert state_of(redis, event_id) == "queued"


def test_an_event_is_discarded(run: Run, queue: Queue, redis: Redis):
    event_id = queue()

    ended = run("discard", event_id)

    assert (ended.code, ended.out) == (0, f"{event_id}  discarded\n")
    assert state_of(redis, event_id) == "discarded"


def test_one_that_cannot_be_replayed_does_not_keep_others_from_it(
    run: Run, settle: Settle, queue: Queue, redis: Redis
):
    dead, queued = settle(REFUSED), queue("ev-2")

    ended = run("replay", queued, "no-such", dead)

    assert ended.code == 1
    assert f"Event {queued} is queued." in ended.out
    assert "There is no event no-such" in ended.out
    assert state_of(redis, dead) == "queued"


def test_results_as_json_stand_in_the_order_of_the_ids(run: Run, settle: Settle):
    event_id = settle(REFUSED)

    ended = run("replay", "--json", event_id, event_id)

    assert ended.code == 1
    first, second = ended.document["results"]
    assert first == {"id": event_id, "done": True, "status": "queued"}
    assert (second["done"], second["code"]) == (False, "wrong_state")


@pytest.mark.parametrize("command", ["replay", "discard"])
def test_without_an_id_there_is_nothing_to_do(run: Run, command: str):
    assert run(command).code == 2


def test_a_paused_destination_is_on_hold_until_resumed(run: Run, redis: Redis):
    paused = run("pause", "acme")
    assert (paused.code, redis.smembers(keys.HOLDS)) == (0, {b"acme"})
    assert "gong-relay resume acme" in paused.out

    resumed = run("resume", "acme")
    assert (resumed.code, redis.smembers(keys.HOLDS)) == (0, set())
    assert resumed.out == "acme is no longer on hold. 0 events went back to the queue.\n"


def test_pausing_and_resuming_say_whether_anything_changed(run: Run):
    changes = [
        run(*line, "acme", "--json").document["changed"]
        for line in [["pause"], ["pause"], ["resume"], ["resume"]]
    ]

    assert changes == [True, False, True, False]


@pytest.mark.parametrize("command", ["pause", "resume", "probe"])
def test_a_destination_that_is_not_configured_is_named_with_its_nearest(run: Run, command: str):
    ended = run(command, "acne")

    assert (ended.code, ended.out) == (1, "")
    assert (
        "There is no destination 'acne'; did you mean 'acme'? The destinations are: acme, globex."
        in ended.err
    )


@pytest.mark.parametrize(
    "arguments",
    [["replay", "x"], ["discard", "x"], ["pause", "acme"], ["resume", "acme"], ["probe", "acme"]],
)
def test_a_store_that_is_away_ends_an_act_with_3(run: Run, arguments: list[str]):
    ended = run(*arguments, RELAY_REDIS_URL="unix:///nowhere/s")

    assert (ended.code, ended.out) == (3, "")
    assert "The store cannot be reached." in ended.err
