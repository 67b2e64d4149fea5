"""What must hold between an event's parts, so that Gong can say who did it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from relay.core.email_address import is_free_mail
from relay.core.errors import Problem
from relay.core.event.fields import is_blank
from relay.core.event.model import EventType, Person
from relay.core.gong.accessors import get_object
from relay.core.gong.problems import ErrorCode

CLOCK_SKEW_MAX = timedelta(minutes=5)
"""How far a sender's clock may run ahead of ours."""

_WHO = ("email", "name", "phone", "crm")


def check_rules(told: Mapping[str, Any], read: Mapping[str, Any], now: datetime) -> Iterator[Problem]:
    """`told` is the event as it came, `read` what of it could be read: rules hold even where fields are wrong."""
    kind = read.get("type")
    yield from _of_share(told) if kind is EventType.CONTENT_SHARE else _of_person(told, read)
    if kind is EventType.CUSTOM and is_blank(told.get("action")):
        yield Problem(
            "action", ErrorCode.REQUIRED, "is required for type custom: a verb such as webinar attended"
        )
    moment = read.get("occurred_at")
    if moment is not None and moment > now + CLOCK_SKEW_MAX:
        yield Problem(
            "occurred_at", ErrorCode.RANGE, "lies in the future: check the sender's clock and offset"
        )


def _of_share(told: Mapping[str, Any]) -> Iterator[Problem]:
    if is_blank(get_object(told, "share").get("recipients")):
        yield Problem(
            "share.recipients", ErrorCode.REQUIRED, "is required for type content_share: who received it"
        )
    if not is_blank(told.get("tracking_id")):
        yield Problem(
            "tracking_id", ErrorCode.RULE, "excludes type content_share: name its recipients by e-mail only"
        )


def _of_person(told: Mapping[str, Any], read: Mapping[str, Any]) -> Iterator[Problem]:
    named, tracked = (not is_blank(told.get(key)) for key in ("person", "tracking_id"))
    if named and tracked:
        yield Problem("tracking_id", ErrorCode.RULE, "excludes person: send one of the two")
    elif not named and not tracked:
        yield Problem(
            "person", ErrorCode.REQUIRED, "is required, or tracking_id in its place: someone did it"
        )
    elif (
        named and isinstance(told["person"], dict) and all(is_blank(told["person"].get(key)) for key in _WHO)
    ):
        yield from _of_anonymous(told["person"], read.get("person"))


def _of_anonymous(told: Mapping[str, Any], person: Person | None) -> Iterator[Problem]:
    why = "is required of an anonymous person, who has no email, name, phone or crm"
    if is_blank(told.get("id")):
        yield Problem("person.id", ErrorCode.REQUIRED, f"{why}: a visitor's id")
    company = get_object(told, "company")
    if is_blank(company.get("domain")):
        yield Problem("person.company.domain", ErrorCode.REQUIRED, f"{why}: a company such as acme.com")
    elif isinstance(person, Person) and person.company and is_free_mail(person.company.domain or ""):
        yield Problem(
            "person.company.domain",
            ErrorCode.RULE,
            "belongs to a mail provider, so that it says nothing of a company",
        )
