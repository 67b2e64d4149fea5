"""What an event and its content are called in Gong: ids that never change between tries, and words for sellers."""

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
"""What Gong's timeline says where the sender names no action. A custom event always names one."""

_SUFFIX_DIGITS = 8


def action_phrase(event: Event) -> str:
    """The `eventType` of a digital interaction."""
    return event.action or ACTION_PHRASES[event.type]


def action_title(event: Event) -> str:
    """The name of an action in the engagement calls, which Gong's own samples write as `Document Viewed`."""
    return event.action or ACTION_PHRASES[event.type].title()


def make_event_id(source_name: str, native_id: str) -> str:
    """`website:ev-123`: one source's ids never meet another's. What Gong's eventId cannot hold becomes a hash."""
    plain = f"{source_name}:{native_id}"
    if len(plain) <= EVENT_ID_MAX and plain.isascii() and plain.isprintable():
        return plain
    return f"{source_name}:{_digest(native_id)}"


def make_recipient_event_id(event_id: str, email: str) -> str:
    """The id of one recipient's part of a share, the same whoever else received it."""
    suffixed = f"{event_id}:{_digest(email)[:_SUFFIX_DIGITS]}"
    if len(suffixed) <= EVENT_ID_MAX:
        return suffixed
    source_name, _, native_id = event_id.partition(":")
    return make_recipient_event_id(f"{source_name}:{_digest(native_id)}", email)


def make_content_id(content: Content) -> str:
    """Where the sender gives no id: the same for the same URL, else for the same title."""
    return content.id or _digest(content.url or content.title)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
