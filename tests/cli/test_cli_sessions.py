"""Sessions that are sent as one call, in the output of commands."""

from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console

from relay.cli.tables.previews import preview_view
from relay.core.call import Call, Operation
from relay.core.visit_session import VisitSession
from relay.store.engine.scripts import Scripts
from tests.cli.conftest import Run
from tests.core.mapping.builders import a_rule, an_item, preview_of
from tests.store_world import NOW, accept_events, event

BODY = {"eventId": "web:0", "timestamp": "2026-11-21T10:00:00Z", "eventType": "page viewed"}


@pytest.fixture
def session(scripts: Scripts) -> list[str]:
    """The ids of three page views of one visit, a minute apart."""
    call = Call(Operation.DIGITAL_INTERACTION, "web:0", BODY)
    views = [
        replace(event(str(at)), call=call, session=VisitSession(("web", "s-1"), NOW + timedelta(minutes=at)))
        for at in range(3)
    ]
    return [verdict.id for verdict in accept_events(scripts, *views).verdicts]


def test_a_carrier_shows_the_number_of_events_in_its_session(run: Run, session: list[str]):
    out = run("event", session[0], "--reveal", columns=120).out

    assert "carrier of 3 events, 2026-11-21 10:00:00 UTC to 2026-11-21 10:02:00 UTC" in " ".join(out.split())
    assert '"pages"' in out


def test_an_aggregated_event_names_its_carrier(run: Run, session: list[str]):
    assert f"sent as part of event {session[0]}" in run("event", session[2], columns=120).out


def test_a_preview_shows_the_session_key(capsys: pytest.CaptureFixture[str]):
    items = preview_of([a_rule(aggregate={"by": "{{ item.visit }}"})], an_item(visit="v-1"))

    Console(width=120).print(preview_view({"items": items}))

    output = " ".join(capsys.readouterr().out.split())
    assert (
        "sent as one call with all events of its session: site, viewed, v-1, email jane@globex.example"
        in output
    )
