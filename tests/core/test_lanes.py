"""Where an event of each type waits, unless its source says otherwise."""

import pytest

from relay.core.event.model import EventType
from relay.core.lane import Lane
from relay.core.source import Source

HIGH = {EventType.CONTENT_SHARE, EventType.DOCUMENT_SIGN}
LOW = {EventType.PAGE_VIEW}


@pytest.mark.parametrize("event_type", EventType)
def test_shares_and_signatures_go_first_and_page_views_wait_first(event_type: EventType):
    expected = Lane.HIGH if event_type in HIGH else Lane.LOW if event_type in LOW else Lane.NORMAL

    assert Source("web", "acme").lane(event_type) is expected


@pytest.mark.parametrize("event_type", EventType)
def test_a_source_may_overrule_every_type(event_type: EventType):
    assert Source("web", "acme", lanes={event_type: Lane.LOW}).lane(event_type) is Lane.LOW
