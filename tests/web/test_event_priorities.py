"""The priority of an event, by its type and by its source's settings."""

from datetime import UTC, datetime
from typing import Any

import pytest

from relay.core.destination import BasicCredentials, Destination
from relay.core.event.model import EventType
from relay.core.mapping.routing import build_fixed_router
from relay.core.priority import Priority
from relay.core.source import Source
from relay.ingest.accept_events import build_events
from relay.ingest.prepare import PreparedEvent, prepare_event

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
ACME = Destination(name="acme", company="acme", credentials=BasicCredentials("k", "s"))


def priorities(source: Source, **fields: Any) -> set[Priority]:
    event = {
        "id": "1",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {"title": "Pricing"},
        "person": {"email": "jane@globex.example"},
    }
    item = prepare_event(0, event | fields, source=source, router=build_fixed_router(ACME), now=NOW)
    assert isinstance(item, PreparedEvent)
    return {new.priority for new in build_events(source, [item], now=NOW)[1]}


@pytest.mark.parametrize(
    ("fields", "priority"),
    [
        ({"type": "page_view"}, Priority.LOW),
        ({"type": "link_click"}, Priority.NORMAL),
        (
            {
                "type": "content_share",
                "share": {"recipients": [{"email": "a@b.example"}, {"email": "c@b.example"}]},
            },
            Priority.HIGH,
        ),
    ],
)
def test_an_event_has_the_priority_of_its_type(fields: dict[str, Any], priority: Priority):
    assert priorities(Source(name="web", destination="acme"), **fields) == {priority}


def test_a_source_can_set_another_priority():
    source = Source(name="web", destination="acme", priorities={EventType.PAGE_VIEW: Priority.HIGH})

    assert priorities(source, type="page_view") == {Priority.HIGH}
