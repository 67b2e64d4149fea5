"""The priority of each event type, by default and by a source's settings."""

import pytest

from relay.core.event.model import EventType
from relay.core.priority import Priority
from relay.core.source import Source, SourceLimits

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


@pytest.mark.parametrize("ceiling", Priority)
@pytest.mark.parametrize("event_type", EventType)
def test_no_event_has_a_higher_priority_than_its_source_may_use(event_type: EventType, ceiling: Priority):
    limits = SourceLimits(max_priority=ceiling)
    source = Source(
        name="web", destination="acme", priorities={EventType.CUSTOM: Priority.HIGH}, limits=limits
    )
    order = list(Priority)

    assert order.index(source.priority(event_type)) >= order.index(ceiling)
    if ceiling is Priority.HIGH:
        assert source.priority(EventType.CUSTOM) is Priority.HIGH


def test_a_ceiling_raises_no_priority():
    source = Source(name="web", destination="acme", limits=SourceLimits(max_priority=Priority.NORMAL))

    assert source.cap_priority(Priority.LOW) is Priority.LOW
