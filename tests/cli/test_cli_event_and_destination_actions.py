"""`replay`, `discard`, `pause` and `resume`: their effect, and their errors."""

import pytest
from redis import Redis

from relay.core.lifecycle import DeadLetterReason
from relay.store.delivery import dead_letter
from relay.store.engine import keys
from tests.cli.conftest import Queue, Run, Settle

REJECTED = dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600)


def state_of(redis: Redis, event_id: str) -> str:
    return redis.hget(keys.EVENT + event_id, "state").decode()


def test_a_dead_letter_is_replayed(run: Run, settle: Settle, redis: Redis):
    event_id = settle(REJECTED)

    result = run("replay", event_id)

    assert (result.code, result.out) == (0, f"{event_id}  queued\n")
    assert state_of(redis, event_id) == "queued"


def test_an_event_is_discarded(run: Run, queue: Queue, redis: Redis):
    event_id = queue()

    result = run("discard", event_id)

    assert (result.code, result.out) == (0, f"{event_id}  discarded, data deleted\n")
    assert state_of(redis, event_id) == "discarded"


def test_the_output_says_that_the_data_of_a_discarded_event_is_kept(run: Run, queue: Queue):
    event_id = queue()

    assert run("discard", "--keep-data", event_id).out == f"{event_id}  discarded, data kept\n"


def test_an_event_that_cannot_be_replayed_does_not_stop_the_others(
    run: Run, settle: Settle, queue: Queue, redis: Redis
):
    dead, queued = settle(REJECTED), queue("ev-2")

    result = run("replay", queued, "no-such", dead)

    assert result.code == 1
    assert f"{queued}  not queued: Event {queued} is queued." in result.out
    assert "no-such  not queued: There is no event no-such" in result.out
    assert state_of(redis, dead) == "queued"


def test_json_results_are_in_the_order_of_the_ids(run: Run, settle: Settle):
    event_id = settle(REJECTED)

    result = run("replay", "--json", event_id, event_id)

    assert result.code == 1
    first, second = result.document["results"]
    assert first == {"id": event_id, "done": True, "status": "queued"}
    assert (second["done"], second["code"]) == (False, "wrong_state")


@pytest.mark.parametrize("command", ["replay", "discard"])
def test_an_event_id_is_required(run: Run, command: str):
    assert run(command).code == 2


def test_a_paused_destination_is_on_hold_until_it_is_resumed(run: Run, redis: Redis):
    paused = run("pause", "acme")
    assert (paused.code, redis.smembers(keys.HOLDS)) == (0, {b"acme"})
    assert "gong-relay resume acme" in paused.out

    resumed = run("resume", "acme")
    assert (resumed.code, redis.smembers(keys.HOLDS)) == (0, set())
    assert resumed.out == "acme is no longer on hold. 0 events went back to the queue.\n"


def test_pause_and_resume_report_whether_anything_changed(run: Run):
    changes = [
        run(*line, "acme", "--json").document["changed"]
        for line in [["pause"], ["pause"], ["resume"], ["resume"]]
    ]

    assert changes == [True, False, True, False]


@pytest.mark.parametrize("command", ["pause", "resume", "probe"])
def test_an_unknown_destination_gets_a_suggestion(run: Run, command: str):
    result = run(command, "acne")

    assert (result.code, result.out) == (1, "")
    assert (
        "There is no destination 'acne'; did you mean 'acme'? The destinations are: acme, globex."
        in result.err
    )


@pytest.mark.parametrize(
    "arguments",
    [["replay", "x"], ["discard", "x"], ["pause", "acme"], ["resume", "acme"], ["probe", "acme"]],
)
def test_an_action_exits_with_3_if_the_store_is_unavailable(run: Run, arguments: list[str]):
    result = run(*arguments, RELAY_REDIS_URL="unix:///nowhere/s")

    assert (result.code, result.out) == (3, "")
    assert "The store cannot be reached." in result.err
