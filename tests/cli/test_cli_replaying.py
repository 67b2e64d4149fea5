"""`replay` with a filter, and `dead` by fault: what they show, what they change, and how they end."""

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
    """Sends events and lets Gong refuse them with these words; says their ids."""

    def dead(*natives: str, detail: str = "content: must not be null") -> list[str]:
        events = json.dumps([page_view(native) for native in natives])
        results = run("send", "-", "--source", "web", "--json", sent=events).document["results"]
        for taken in take_events(scripts):
            finish(
                scripts,
                taken,
                dead_letter(DeadLetterReason.REJECTED, detail, record=b"", keep_seconds=600, status=400),
            )
        return [result["id"] for result in results]

    return dead


def test_dead_letters_are_shown_by_their_fault_with_the_remedy(run: Run, kill: Kill):
    kill("e1", "e2")
    kill("e3", detail="person: is unknown")

    ended = run("dead", columns=120)
    page = run("dead", "--json").document

    assert (ended.code, [told["count"] for told in page["clusters"]]) == (0, [1, 2])
    of_two = page["clusters"][1]["cluster"]
    assert row_of(ended.out, of_two)[1:3] == ["2", "rejected"]
    assert REASONS[DeadLetterReason.REJECTED].text in ended.out
    assert "gong-relay replay --cluster" in ended.out


def test_without_dead_letters_there_is_no_fault(run: Run):
    assert run("dead").out == "There are no dead letters.\n"


def test_choosing_among_events_asks_for_events(run: Run):
    assert run("dead", "--source", "web").code == 2
    assert run("dead", "--events", "--source", "web").code == 0


def test_a_dry_run_shows_and_changes_nothing(run: Run, kill: Kill, redis: Redis):
    [event_id] = kill("e1")

    ended = run("replay", "--status", "dead", "--remap", "--dry-run", columns=200)

    assert (ended.code, "1 event would be sent again." in ended.out) == (0, True)
    assert f"{event_id}  web → acme  becomes POST /v2/digital-interaction as web:e1" in ended.out
    assert redis.zcard(keys.REPLAYS) == 0


def test_a_replay_of_a_fault_is_left_to_the_workers(run: Run, kill: Kill, redis: Redis):
    kill("e1")
    [cluster] = run("dead", "--json").document["clusters"]

    ended = run("replay", "--cluster", cluster["cluster"], "--no-wait")

    assert (ended.code, "The replay continues in the background" in ended.out) == (0, True)
    assert redis.zcard(keys.REPLAYS_OPEN) == 1


def test_a_replay_is_cancelled_by_its_id(run: Run, kill: Kill):
    kill("e1")
    begun = run("replay", "--status", "dead", "--no-wait", "--json").document

    ended = run("replay", "--cancel", begun["id"])

    assert (ended.code, f"Replay {begun['id']} is cancelled" in ended.out) == (0, True)
    assert run("replay", "--cancel", "nope").code == 1


def test_one_of_nothing_to_send_waits_until_it_is_done(run: Run, scripts: Scripts):
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
def test_what_cannot_be_asked_is_misuse(run: Run, arguments: list[str], redis: Redis):
    assert run("replay", *arguments).code == 2
    assert redis.zcard(keys.REPLAYS) == 0


@pytest.mark.parametrize("arguments", [["dead"], ["replay", "--status", "dead", "--no-wait"]])
def test_a_store_that_is_away_ends_both_with_3(run: Run, arguments: list[str]):
    ended = run(*arguments, RELAY_REDIS_URL="unix:///nowhere/s")

    assert (ended.code, "The store cannot be reached." in ended.err) == (3, True)


def test_words_from_outside_cannot_steer_the_terminal(run: Run, kill: Kill):
    hostile: Any = "\x1b]0;owned\x07 [bold]x[/bold]"
    kill("e1", detail=hostile)

    shown = [run("dead", columns=200).out, run("replay", "--status", "dead", "--dry-run", columns=200).out]

    assert r"\x1b]0;owned\x07 [bold]x[/bold]" in shown[0]
    assert not {"\x1b", "\x07"} & set("".join(shown))
