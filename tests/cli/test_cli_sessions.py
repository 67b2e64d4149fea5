"""What an operator sees on the command line of a session that is sent as one call."""

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


def test_the_event_that_stands_for_a_session_says_how_many_it_stands_for(run: Run, session: list[str]):
    out = run("event", session[0], "--reveal", columns=120).out

    assert "carrier of 3 events, 2026-11-21 10:00:00 UTC to 2026-11-21 10:02:00 UTC" in " ".join(out.split())
    assert '"pages"' in out


def test_every_other_event_of_it_names_that_one(run: Run, session: list[str]):
    assert f"sent as part of event {session[0]}" in run("event", session[2], columns=120).out


def test_a_preview_says_what_ties_an_event_to_its_session(capsys: pytest.CaptureFixture[str]):
    items = preview_of([a_rule(aggregate={"by": "{{ item.visit }}"})], an_item(visit="v-1"))

    Console(width=120).print(preview_view({"items": items}))

    told = " ".join(capsys.readouterr().out.split())
    assert (
        "sent as one call with all events of its session: site, viewed, v-1, email jane@globex.example"
        in told
    )
