"""What the values of payloads usually mean, told by their names and shapes: one row of a table for each role in Gong's body."""

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

_TEXT_MAX = 300
_KIND_MAX = 60
_URL = re.compile(r"https?://[^\s/]+")
_NUMBER = re.compile(r"[0-9.,+-]+")
_ID = re.compile(r"\S{1,200}")
_RANDOM = re.compile(r"(?=.*[0-9])[0-9a-fA-F-]{16,}")


@dataclass(frozen=True, slots=True)
class FieldRole:
    """`accepts` must hold. `full_names` score the whole of a leaf's own name, `words` each word of it, `path_words` each on the way."""

    accepts: Callable[[Any], bool]
    min_score: int
    full_names: Points = field(default_factory=dict)
    words: Points = field(default_factory=dict)
    path_words: Points = field(default_factory=dict)

    def score(self, leaf: PayloadField) -> int:
        """What lies deeper is less likely meant."""
        own = self.full_names.get(leaf.name, 0) + sum(self.words.get(word, 0) for word in leaf.words)
        return own + sum(self.path_words.get(word, 0) for word in leaf.path_words) - leaf.depth


def find_best_field(role: FieldRole, leaves: Sequence[PayloadField]) -> PayloadField | None:
    """The leaf that most likely plays the role; of equals the first. None where nothing says so."""
    fitting = [(role.score(leaf), leaf) for leaf in leaves if role.accepts(leaf.value)]
    score, found = max(fitting, key=lambda each: each[0], default=(0, None))
    return found if score >= role.min_score else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _TEXT_MAX


def is_url(value: Any) -> bool:
    return isinstance(value, str) and _URL.match(value) is not None


def is_email_address(value: Any) -> bool:
    return _is_text(value) and is_email(value)


def is_timestamp(value: Any) -> bool:
    """A time with a zone or without one, or seconds since 1970 in any unit that tells itself."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    try:
        return bool(timestamp(value, "UTC" if lacks_zone(value) else ""))
    except NoValue:
        return False


def lacks_zone(value: Any) -> bool:
    """Whether it is a time only once somebody says where."""
    try:
        timestamp(value)
    except NoValue:
        return True
    return False


def _is_id(value: Any) -> bool:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return _ID.fullmatch(text) is not None and not is_email_address(text) and not is_url(text)


def _is_words(value: Any) -> bool:
    """What a person would read: no address, no number, no moment, nothing that a machine made up."""
    if not _is_text(value) or is_url(value) or is_email_address(value):
        return False
    return not (_NUMBER.fullmatch(value) or _RANDOM.fullmatch(value) or is_timestamp(value))


def _is_kind(value: Any) -> bool:
    return _is_words(value) and len(value) <= _KIND_MAX and "\n" not in value


def _is_agent(value: Any) -> bool:
    return isinstance(value, str) and device(value) is not None


def _is_phone(value: Any) -> bool:
    return _is_text(value) and phone(value) is not None and not is_timestamp(value)


def _is_domain(value: Any) -> bool:
    return _is_text(value) and not is_email_address(value) and domain(value) is not None


def _each(points: int, words: str) -> dict[str, int]:
    return dict.fromkeys(words.split(), points)


_OURSELVES = (
    "requester sender owner creator created author host organizer agent cc reply from admin account assignee"
)
_THEY = "visitor viewer lead contact person recipient signer customer invitee buyer respondent identifiers"
_THINGS = (
    "user users organization workspace app project company team site link form campaign list template session"
)
_WATCHED = "document page content video demo asset course survey media deck guide article webinar proposal"

EMAIL: Final = FieldRole(
    is_email_address,
    min_score=0,
    words={"email": 5, "mail": 4},
    path_words=_each(-6, _OURSELVES) | _each(2, f"{_THEY} view") | {"user": 1},
)
EVENT_ID: Final = FieldRole(
    _is_id,
    min_score=5,
    full_names=_each(12, "event_id event_uuid sg_event_id")
    | _each(11, "message_id")
    | _each(10, "uuid uid visit_id submission_id response_id")
    | _each(9, "id view_id delivery_id activity_id")
    | _each(8, "request_id event_hash")
    | _each(6, "token"),
    path_words=_each(1, "event view visit submission response activity message payload")
    | _each(-5, f"{_THEY} {_THINGS} {_WATCHED} account owner tracking")
    | _each(-8, "hook webhook subscription"),
)
TIMESTAMP: Final = FieldRole(
    is_timestamp,
    min_score=4,
    words={"timestamp": 10, "occurred": 10, "happened": 10, "time": 6, "date": 5, "at": 4, "ts": 6}
    | _each(4, "viewed visited clicked opened submitted completed fired signed event")
    | _each(3, "modified changed generated")
    | _each(2, "created on")
    | _each(-9, "expires expiry start starts end ends due birth last first reminded zone"),
    path_words=_each(-3, f"{_THEY} {_THINGS} {_WATCHED} scheduled"),
)
EVENT_TYPE: Final = FieldRole(
    _is_kind,
    min_score=4,
    full_names=_each(12, "event_type event_name")
    | _each(10, "topic trigger_type activity_type")
    | _each(9, "event kind")
    | _each(8, "action trigger metric activity")
    | _each(7, "type"),
    path_words=_each(-6, f"location device browser lead person {_THINGS}"),
)
TITLE: Final = FieldRole(
    _is_words,
    min_score=2,
    words={"title": 10, "subject": 8, "headline": 8, "name": 4},
    path_words=_each(4, _WATCHED)
    | _each(2, "form campaign event")
    | _each(-1, "link original")
    | _each(
        -8,
        f"{_OURSELVES} {_THEY} user first last full company organization browser os city "
        "country region state referrer job account meta utm file",
    ),
)
URL: Final = FieldRole(
    is_url,
    min_score=3,
    words=_each(5, "url href")
    | _each(4, "link")
    | _each(3, "page document content current video embed view"),
    path_words=_each(
        -8,
        "avatar image logo icon photo picture cancel reschedule referrer referer referers callback webhook api "
        "files analytics user person company created source unsubscribe signing redirect",
    )
    | _each(-2, "host"),
)
PHONE: Final = FieldRole(
    _is_phone, min_score=4, words=_each(5, "phone mobile telephone"), path_words=_each(-6, _OURSELVES)
)
USER_AGENT: Final = FieldRole(
    _is_agent, min_score=4, full_names=_each(8, "user_agent useragent ua agent browser_user_agent")
)
COMPANY_NAME: Final = FieldRole(
    _is_words, min_score=5, words={"name": 3, "company": 3}, path_words={"company": 3} | _each(-8, "domain id range first last")
)  # fmt: skip
COMPANY_DOMAIN: Final = FieldRole(
    _is_domain, min_score=4, words={"domain": 3, "company": 3, "website": 3}, path_words={"company": 3}
)
