"""`event` and `why`: the sentence first, by any name, and payloads only where they are asked for."""

from pathlib import Path

from relay.core.lifecycle import State
from relay.store.delivery import end_event
from tests.cli.conftest import Queue, Run, Settle

DELIVERED = end_event(State.DELIVERED, "r-77", record=b"", keep_seconds=600)


def test_an_explanation_begins_with_why_it_is_in_gong(run: Run, settle: Settle):
    out = run("event", settle(DELIVERED), columns=200).out

    assert out.startswith("The event is in Gong: Gong accepted it at ")
    assert "with request id r-77." in out.splitlines()[0]


def test_payloads_are_shown_where_that_is_asked_for(run: Run, queue: Queue):
    event_id = queue("jane@globex.example")

    assert "jane@globex.example" not in run("event", event_id, columns=200).out
    assert "jane@globex.example" in run("event", event_id, "--reveal", columns=200).out


def test_why_is_answered_by_gongs_and_by_the_senders_own_id(run: Run, queue: Queue):
    event_id = queue("ev-1")

    for name in ("web:ev-1", "ev-1"):
        told = run("why", name, "--json").document
        assert (told["why"]["cause"], [each["id"] for each in told["events"]]) == ("queued", [event_id])
    assert run("why", event_id, "--by", "id").out.startswith("The event is queued")


def test_why_is_answered_where_there_is_no_event(run: Run):
    ended = run("why", "web:never")

    assert (ended.code, ended.out.startswith("No event named web:never has arrived")) == (0, True)


def test_an_event_is_explained_though_the_configuration_cannot_be_read(
    run: Run, settle: Settle, tmp_path: Path
):
    event_id = settle(DELIVERED)
    (tmp_path / "relay.yaml").write_text("sources: [")

    assert run("event", event_id).out.startswith("The event is in Gong")
