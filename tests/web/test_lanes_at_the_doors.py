"""Which lane an event is accepted into, by the door it came through."""

from datetime import UTC, datetime
from typing import Any

import pytest

from relay.core.destination import BasicCredentials, Destination
from relay.core.event.model import EventType
from relay.core.lane import Lane
from relay.core.mapping.routing import fixed
from relay.core.source import Source
from relay.ingest.accept_events import new_events
from relay.ingest.prepare import Prepared, prepare

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
ACME = Destination("acme", "acme", BasicCredentials("k", "s"))


def lanes(source: Source, **fields: Any) -> set[Lane]:
    told = {
        "id": "1",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {"title": "Pricing"},
        "person": {"email": "jane@globex.example"},
    }
    item = prepare(0, told | fields, source=source, router=fixed(ACME), now=NOW)
    assert isinstance(item, Prepared)
    return {event.lane for event in new_events(source, [item], now=NOW)[1]}


@pytest.mark.parametrize(
    ("fields", "lane"),
    [
        ({"type": "page_view"}, Lane.LOW),
        ({"type": "link_click"}, Lane.NORMAL),
        (
            {
                "type": "content_share",
                "share": {"recipients": [{"email": "a@b.example"}, {"email": "c@b.example"}]},
            },
            Lane.HIGH,
        ),
    ],
)
def test_an_event_is_accepted_into_the_lane_of_its_type(fields: dict[str, Any], lane: Lane):
    assert lanes(Source("web", "acme"), **fields) == {lane}


def test_a_source_says_otherwise():
    source = Source("web", "acme", lanes={EventType.PAGE_VIEW: Lane.HIGH})

    assert lanes(source, type="page_view") == {Lane.HIGH}
