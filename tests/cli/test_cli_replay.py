"""`replay` with a filter, and `dead` by cluster: their output, effect and exit status."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from relay.core.lifecycle import REASONS, DeadLetterReason
from relay.store.delivery import dead_letter, finish
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from tests.cli.conftest import Make, Run, row_of
from tests.store_world import take_events

Kill = Callable[..., list[str]]


@pytest.fixture
def kill(run: Run, scripts: Scripts, page_view: Make) -> Kill:
    """Sends events and has Gong reject them with `detail`. Returns their ids."""

    def dead(*natives: str, detail: str = "content: must not be null") -> list[str]:
        events = json.dumps([page_view(native) for native in natives])
        results = run("send", "-", "--source", "web", "--json", sent=events).document["results"]
        for leased in take_events(scripts):
            finish(
                scripts,
                leased,
                dead_letter(DeadLetterReason.REJECTED, detail, record=b"", keep_seconds=600, status=400),
            )
        return [result["id"] for result in results]

    return dead


def test_dead_letters_are_listed_by_cluster_with_the_remedy(run: Run, kill: Kill):
    kill("e1", "e2")
    kill("e3", detail="person: is unknown")

    result = run("dead", columns=120)
    page = run("dead", "--json").document

    assert (result.code, [cluster["count"] for cluster in page["clusters"]]) == (0, [1, 2])
    of_two = page["clusters"][1]["cluster"]
    assert row_of(result.out, of_two)[1:3] == ["2", "rejected"]
    assert REASONS[DeadLetterReason.REJECTED].text in result.out
    assert "gong-relay replay --cluster" in result.out


def test_dead_reports_that_there_are_no_clusters(run: Run):
    assert run("dead").out == "There are no dead letters.\n"


def test_event_filters_require_the_option_events(run: Run):
    assert run("dead", "--source", "web").code == 2
    assert run("dead", "--events", "--source", "web").code == 0


def test_a_dry_run_shows_the_calls_and_changes_nothing(run: Run, kill: Kill, redis: Redis):
    [event_id] = kill("e1")

    result = run("replay", "--status", "dead", "--remap", "--dry-run", columns=200)

    assert (result.code, "1 event would be sent again." in result.out) == (0, True)
    assert f"{event_id}  web → acme  becomes POST /v2/digital-interaction as web:e1" in result.out
    assert redis.zcard(keys.REPLAYS) == 0


def test_no_wait_leaves_the_replay_to_workers(run: Run, kill: Kill, redis: Redis):
    kill("e1")
    [cluster] = run("dead", "--json").document["clusters"]

    result = run("replay", "--cluster", cluster["cluster"], "--no-wait")

    assert (result.code, "The replay continues in the background" in result.out) == (0, True)
    assert redis.zcard(keys.REPLAYS_OPEN) == 1


def test_cancel_ends_a_replay(run: Run, kill: Kill):
    kill("e1")
    begun = run("replay", "--status", "dead", "--no-wait", "--json").document

    result = run("replay", "--cancel", begun["id"])

    assert (result.code, f"Replay {begun['id']} is cancelled" in result.out) == (0, True)
    assert run("replay", "--cancel", "nope").code == 1


def test_a_replay_without_events_is_done(run: Run, scripts: Scripts):
    begun = run("replay", "--destination", "nowhere", "--no-wait", "--json").document
    scripts.run("replays_settle", begun["id"], "")

    assert "is done: 0 events queued again" in run("replay", "--cancel", begun["id"]).out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["01K9XHZ3T5M7Q2V8B4N6C0D1EF", "--source", "web"],
        ["--cancel", "x", "--source", "web"],
        ["--since", "yesterday", "--no-wait"],
        ["--status", "delivered"],
        ["--status", "filtered", "--no-wait"],
        ["--id", "nope", "--no-wait"],
        ["--source", "web", "--limit", "0"],
    ],
)
def test_invalid_options_are_a_usage_error(run: Run, arguments: list[str], redis: Redis):
    assert run("replay", *arguments).code == 2
    assert redis.zcard(keys.REPLAYS) == 0


@pytest.mark.parametrize("arguments", [["dead"], ["replay", "--status", "dead", "--no-wait"]])
def test_an_unavailable_store_exits_with_3(run: Run, arguments: list[str]):
    result = run(*arguments, RELAY_REDIS_URL="unix:///nowhere/s")

    assert (result.code, "The store cannot be reached." in result.err) == (3, True)


def test_text_from_outside_cannot_control_the_terminal(run: Run, kill: Kill):
    hostile: Any = "\x1b]0;owned\x07 [bold]x[/bold]"
    kill("e1", detail=hostile)

    outputs = [run("dead", columns=200).out, run("replay", "--status", "dead", "--dry-run", columns=200).out]

    assert r"\x1b]0;owned\x07 [bold]x[/bold]" in outputs[0]
    assert not {"\x1b", "\x07"} & set("".join(outputs))
