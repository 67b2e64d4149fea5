"""What an event is made of, after reading: trimmed, normal and in Gong's ranges. None is what nobody told."""

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
    """A number in its range: 75 of 0 to 100 percent watched, 9 of 0 to 10 in a survey."""

    low: int
    high: int
    value: int | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Where something stands: one of its steps, in their order."""

    value: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """The vendor, product or category that was looked up or compared."""

    name: str
    kind: str
    domain: str
    id: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
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
    """One record in the customer's CRM. `type` is contact or lead of a person, account or opportunity of a company."""

    type: str
    id: str
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Location:
    country: str | None = None
    state: str | None = None
    region: str | None = None
    city: str | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """Where a person works. Gong finds it by domain or CRM record only."""

    id: str | None = None
    name: str | None = None
    domain: str | None = None
    crm: tuple[CrmRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Who did it."""

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
        """Whether Gong takes this person only with both an id and a company domain."""
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


@dataclass(frozen=True, slots=True)
class Share:
    """How content came to people: who sent it to whom. On a view, the share that led to it."""

    id: str | None = None
    sharer: Sharer | None = None
    recipients: tuple[Recipient, ...] = ()
    subject: str | None = None
    message: str | None = None
