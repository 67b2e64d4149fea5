"""Ids and titles of events and content in Gong. The ids stay the same over all attempts."""

from collections.abc import Mapping
from hashlib import sha256

from relay.core.event.event import Event
from relay.core.event.model import Content, EventType
from relay.core.gong.limits import EVENT_ID_MAX

ACTION_PHRASES: Mapping[EventType, str] = {
    EventType.PAGE_VIEW: "page viewed",
    EventType.LINK_CLICK: "link clicked",
    EventType.CONTENT_SHARE: "content shared",
    EventType.CONTENT_VIEW: "content viewed",
    EventType.VIDEO_WATCH: "video watched",
    EventType.DOCUMENT_SIGN: "document signed",
    EventType.FORM_SUBMIT: "form submitted",
    EventType.SURVEY_ANSWER: "survey answered",
    EventType.COURSE_STEP: "course step completed",
    EventType.PRODUCT_COMPARE: "product compared",
    EventType.CUSTOM: "action taken",
}
"""Shown in Gong's timeline if the sender does not name the action. A custom event always names it."""

_SUFFIX_DIGITS = 8


def action_phrase(event: Event) -> str:
    """Return the `eventType` of a digital interaction."""
    return event.action or ACTION_PHRASES[event.type]


def action_title(event: Event) -> str:
    """Return the name of the action in engagement calls, in title case as in Gong's samples: `Document Viewed`."""
    return event.action or ACTION_PHRASES[event.type].title()


def make_event_id(source_name: str, native_id: str) -> str:
    """Return Gong's eventId, such as `website:ev-123`. The source's name keeps the ids of two sources apart."""
    event_id = f"{source_name}:{native_id}"
    if len(event_id) <= EVENT_ID_MAX and event_id.isascii() and event_id.isprintable():
        return event_id
    # Gong's eventId cannot contain this id, so send its hash.
    return f"{source_name}:{_digest(native_id)}"


def make_recipient_event_id(event_id: str, email: str) -> str:
    """Return the event id of one recipient of a share. It does not depend on the other recipients."""
    suffixed = f"{event_id}:{_digest(email)[:_SUFFIX_DIGITS]}"
    if len(suffixed) <= EVENT_ID_MAX:
        return suffixed
    source_name, _, native_id = event_id.partition(":")
    return make_recipient_event_id(f"{source_name}:{_digest(native_id)}", email)


def make_content_id(content: Content) -> str:
    """Return the sender's content id, or a hash of the URL, or a hash of the title if there is no URL."""
    return content.id or _digest(content.url or content.title)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
