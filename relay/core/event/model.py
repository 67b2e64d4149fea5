"""The parts of an event, validated and normalized. None means that the sender did not give a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool
Properties: TypeAlias = Mapping[str, Scalar]


class EventType(StrEnum):
    """What happened. The value is the `type` that senders write."""

    PAGE_VIEW = "page_view"
    LINK_CLICK = "link_click"
    CONTENT_SHARE = "content_share"
    CONTENT_VIEW = "content_view"
    CUSTOM = "custom"
    VIDEO_WATCH = "video_watch"
    DOCUMENT_SIGN = "document_sign"
    FORM_SUBMIT = "form_submit"
    SURVEY_ANSWER = "survey_answer"
    COURSE_STEP = "course_step"
    PRODUCT_COMPARE = "product_compare"


@dataclass(frozen=True, slots=True)
class Progress:
    """A number in a range, such as 75 percent watched (0 to 100) or 9 in a survey (0 to 10)."""

    low: int
    high: int
    value: int | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The current step of several, and all steps in order."""

    value: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The vendor, product or category that a person searched for or compared."""

    name: str
    kind: str
    domain: str
    id: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    title: str
    id: str | None = None
    url: str | None = None
    info_url: str | None = None
    labels: tuple[str, ...] = ()
    progress: Progress | None = None
    step: Step | None = None
    search: Search | None = None
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CrmRecord:
    """A record in the customer's CRM."""

    type: str
    """`contact` or `lead` for a person, `account` or `opportunity` for a company."""
    id: str
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Location:
    country: str | None = None
    state: str | None = None
    region: str | None = None
    city: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The company that a person works for. Gong matches it only by domain or CRM record."""

    id: str | None = None
    name: str | None = None
    domain: str | None = None
    crm: tuple[CrmRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The person who did it."""

    email: str | None = None
    name: str | None = None
    phone: str | None = None
    id: str | None = None
    title: str | None = None
    crm: CrmRecord | None = None
    location: Location | None = None
    company: Company | None = None
    properties: Properties = field(default_factory=dict)

    @property
    def is_anonymous(self) -> bool:
        """True if nothing identifies the person. Gong then requires both an id and a company domain."""
        return not (self.email or self.name or self.phone or self.crm)


@dataclass(frozen=True, slots=True)
class Sharer:
    email: str | None = None
    name: str | None = None
    gong_user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    email: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Who sent the content, and to which recipients. On a view, the share that led to it."""

    id: str | None = None
    sharer: Sharer | None = None
    recipients: tuple[Recipient, ...] = ()
    subject: str | None = None
    message: str | None = None
