"""The priority of each event type, by default and by a source's settings."""

import pytest

from relay.core.event.model import EventType
from relay.core.priority import Priority
from relay.core.source import Source

HIGH = {EventType.CONTENT_SHARE, EventType.DOCUMENT_SIGN}
LOW = {EventType.PAGE_VIEW}


@pytest.mark.parametrize("event_type", EventType)
def test_shares_and_signatures_are_high_and_page_views_low(event_type: EventType):
    expected = Priority.HIGH if event_type in HIGH else Priority.LOW if event_type in LOW else Priority.NORMAL

    assert Source(name="web", destination="acme").priority(event_type) is expected


@pytest.mark.parametrize("event_type", EventType)
def test_a_source_can_override_the_priority_of_every_type(event_type: EventType):
    assert (
        Source(name="web", destination="acme", priorities={event_type: Priority.LOW}).priority(event_type)
        is Priority.LOW
    )
