"""`event` and `why`: the explanation comes first, and payloads are masked without --reveal."""

from pathlib import Path

from relay.core.lifecycle import State
from relay.store.delivery import end_event
from tests.cli.conftest import Queue, Run, Settle

DELIVERED = end_event(State.DELIVERED, "r-77", record=b"", keep_seconds=600)


def test_an_explanation_starts_with_why_the_event_is_in_gong(run: Run, settle: Settle):
    out = run("event", settle(DELIVERED), columns=200).out

    assert out.startswith("The event is in Gong: Gong accepted it at ")
    assert "with request id r-77." in out.splitlines()[0]


def test_reveal_shows_payloads_unmasked(run: Run, queue: Queue):
    event_id = queue("jane@globex.example")

    assert "jane@globex.example" not in run("event", event_id, columns=200).out
    assert "jane@globex.example" in run("event", event_id, "--reveal", columns=200).out


def test_why_finds_an_event_by_gongs_and_by_the_senders_id(run: Run, queue: Queue):
    event_id = queue("ev-1")

    for name in ("web:ev-1", "ev-1"):
        page = run("why", name, "--json").document
        assert (page["why"]["cause"], [event["id"] for event in page["events"]]) == ("queued", [event_id])
    assert run("why", event_id, "--by", "id").out.startswith("The event is queued")


def test_why_finds_an_event_by_the_relays_own_id(run: Run, queue: Queue):
    event_id = queue("ev-1")

    page = run("why", event_id, "--json").document

    assert (page["why"]["cause"], [event["id"] for event in page["events"]]) == ("queued", [event_id])


def test_why_explains_a_name_without_an_event(run: Run):
    result = run("why", "web:never")

    assert (result.code, result.out.startswith("No event with the id web:never has arrived")) == (0, True)


def test_an_event_is_explained_although_the_configuration_is_invalid(
    run: Run, settle: Settle, tmp_path: Path
):
    event_id = settle(DELIVERED)
    (tmp_path / "relay.yaml").write_text("sources: [")

    assert run("event", event_id).out.startswith("The event is in Gong")
