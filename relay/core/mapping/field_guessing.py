"""Guesses which field of a payload is the event's id, its time, the person's e-mail address and so on.

Each role has one entry below: a check on the value, and points for words in the field's name.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from relay.core.mapping.functions.dates import timestamp
from relay.core.mapping.functions.people import domain, is_email, phone
from relay.core.mapping.functions.urls import device
from relay.core.mapping.payload_fields import PayloadField
from relay.core.mapping.work_limit import NoValue

Points = Mapping[str, int]
"""Points by word. Negative points speak against a field."""

_TEXT_MAX = 300
_EVENT_TYPE_MAX = 60
_URL_PATTERN = re.compile(r"https?://[^\s/]+")
# Also matches dates and phone numbers such as 2026-11-20 and +1-555.
_NUMBER = re.compile(r"[0-9.,+-]+")
_ID = re.compile(r"\S{1,200}")
# A hash or a UUID: text, but nothing that a person reads.
_RANDOM = re.compile(r"(?=.*[0-9])[0-9a-fA-F-]{16,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRole:
    """What a field must look like to be used for one part of Gong's body."""

    accepts: Callable[[Any], bool]
    """Checks the value."""
    min_score: int
    full_names: Points = field(default_factory=dict)
    """Points if the field's own name, in snake case, is this."""
    words: Points = field(default_factory=dict)
    """Points for each word of the field's own name."""
    path_words: Points = field(default_factory=dict)
    """Points for each word of any name on the field's path."""

    def score(self, payload_field: PayloadField) -> int:
        own_score = self.full_names.get(payload_field.name, 0)
        own_score += sum(self.words.get(word, 0) for word in payload_field.words)
        path_score = sum(self.path_words.get(word, 0) for word in payload_field.path_words)
        # Fields deep in a payload usually describe something else than the event.
        return own_score + path_score - payload_field.depth


def find_best_field(role: FieldRole, fields: Sequence[PayloadField]) -> PayloadField | None:
    """Return the field with the highest score, or None if no field reaches the minimum. Of equals the first wins."""
    scored = [(role.score(candidate), candidate) for candidate in fields if role.accepts(candidate.value)]
    score, best = max(scored, key=lambda pair: pair[0], default=(0, None))
    return best if score >= role.min_score else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _TEXT_MAX


def is_url(value: Any) -> bool:
    return isinstance(value, str) and _URL_PATTERN.match(value) is not None


def is_email_address(value: Any) -> bool:
    return _is_text(value) and is_email(value)


def is_timestamp(value: Any) -> bool:
    """True for a time with or without a zone, and for seconds or milliseconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    try:
        return bool(timestamp(value, "UTC" if lacks_zone(value) else ""))
    except NoValue:
        return False


def lacks_zone(value: Any) -> bool:
    """True if `value` cannot be read as a time without knowing its zone."""
    try:
        timestamp(value)
    except NoValue:
        return True
    return False


def _is_id(value: Any) -> bool:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return _ID.fullmatch(text) is not None and not is_email_address(text) and not is_url(text)


def _is_prose(value: Any) -> bool:
    """True for text that a person would write or read: not an address, a number, a time or a random id."""
    if not _is_text(value) or is_url(value) or is_email_address(value):
        return False
    return not (_NUMBER.fullmatch(value) or _RANDOM.fullmatch(value) or is_timestamp(value))


def _is_event_type(value: Any) -> bool:
    return _is_prose(value) and len(value) <= _EVENT_TYPE_MAX and "\n" not in value


def _is_user_agent(value: Any) -> bool:
    return isinstance(value, str) and device(value) is not None


def _is_phone(value: Any) -> bool:
    # A Unix time has as many digits as a phone number.
    return _is_text(value) and phone(value) is not None and not is_timestamp(value)


def _is_domain(value: Any) -> bool:
    return _is_text(value) and not is_email_address(value) and domain(value) is not None


def _score_words(points: int, words: str) -> dict[str, int]:
    return dict.fromkeys(words.split(), points)


# Words for the vendor's customer, for the buyer, for objects around an event, and for the content itself.
_SENDER_WORDS = (
    "requester sender owner creator created author host organizer agent cc reply from admin account assignee"
)
_BUYER_WORDS = (
    "visitor viewer lead contact person recipient signer customer invitee buyer respondent identifiers"
)
_OBJECT_WORDS = (
    "user users organization workspace app project company team site link form campaign list template session"
)
_CONTENT_WORDS = (
    "document page content video demo asset course survey media deck guide article webinar proposal"
)

EMAIL: Final = FieldRole(
    accepts=is_email_address,
    # Any e-mail address is better than none.
    min_score=0,
    words={"email": 5, "mail": 4},
    path_words=_score_words(-6, _SENDER_WORDS) | _score_words(2, f"{_BUYER_WORDS} view") | {"user": 1},
)
EVENT_ID: Final = FieldRole(
    accepts=_is_id,
    min_score=5,
    full_names=_score_words(12, "event_id event_uuid sg_event_id")
    | _score_words(11, "message_id")
    | _score_words(10, "uuid uid visit_id submission_id response_id")
    | _score_words(9, "id view_id delivery_id activity_id")
    | _score_words(8, "request_id event_hash")
    | _score_words(6, "token"),
    path_words=_score_words(1, "event view visit submission response activity message payload")
    | _score_words(-5, f"{_BUYER_WORDS} {_OBJECT_WORDS} {_CONTENT_WORDS} account owner tracking")
    | _score_words(-8, "hook webhook subscription"),
)
TIMESTAMP: Final = FieldRole(
    accepts=is_timestamp,
    min_score=4,
    words={"timestamp": 10, "occurred": 10, "happened": 10, "time": 6, "date": 5, "at": 4, "ts": 6}
    | _score_words(4, "viewed visited clicked opened submitted completed fired signed event")
    | _score_words(3, "modified changed generated")
    | _score_words(2, "created on")
    | _score_words(-9, "expires expiry start starts end ends due birth last first reminded zone"),
    # A time in one of these objects is usually when it was created, not when the event happened.
    path_words=_score_words(-3, f"{_BUYER_WORDS} {_OBJECT_WORDS} {_CONTENT_WORDS} scheduled"),
)
EVENT_TYPE: Final = FieldRole(
    accepts=_is_event_type,
    min_score=4,
    full_names=_score_words(12, "event_type event_name")
    | _score_words(10, "topic trigger_type activity_type")
    | _score_words(9, "event kind")
    | _score_words(8, "action trigger metric activity")
    | _score_words(7, "type"),
    path_words=_score_words(-6, f"location device browser lead person {_OBJECT_WORDS}"),
)
TITLE: Final = FieldRole(
    accepts=_is_prose,
    min_score=2,
    words={"title": 10, "subject": 8, "headline": 8, "name": 4},
    path_words=_score_words(4, _CONTENT_WORDS)
    | _score_words(2, "form campaign event")
    | _score_words(-1, "link original")
    | _score_words(
        -8,
        f"{_SENDER_WORDS} {_BUYER_WORDS} user first last full company organization browser os city "
        "country region state referrer job account meta utm file",
    ),
)
URL: Final = FieldRole(
    accepts=is_url,
    min_score=3,
    words=_score_words(5, "url href")
    | _score_words(4, "link")
    | _score_words(3, "page document content current video embed view"),
    path_words=_score_words(
        -8,
        "avatar image logo icon photo picture cancel reschedule referrer referer referers callback webhook api "
        "files analytics user person company created source unsubscribe signing redirect",
    )
    | _score_words(-2, "host"),
)
PHONE: Final = FieldRole(
    accepts=_is_phone,
    min_score=4,
    words=_score_words(5, "phone mobile telephone"),
    path_words=_score_words(-6, _SENDER_WORDS),
)
USER_AGENT: Final = FieldRole(
    accepts=_is_user_agent,
    min_score=4,
    full_names=_score_words(8, "user_agent useragent ua agent browser_user_agent"),
)
COMPANY_NAME: Final = FieldRole(
    accepts=_is_prose, min_score=5, words={"name": 3, "company": 3}, path_words={"company": 3} | _score_words(-8, "domain id range first last")
)  # fmt: skip
COMPANY_DOMAIN: Final = FieldRole(
    accepts=_is_domain,
    min_score=4,
    words={"domain": 3, "company": 3, "website": 3},
    path_words={"company": 3},
)
