"""What must hold between an event's parts, so that Gong can say who did it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from relay.core.email_address import is_free_mail
from relay.core.errors import Problem
from relay.core.event.fields import says_nothing
from relay.core.event.model import EventType, Person
from relay.core.gong.accessors import part
from relay.core.gong.problems import Code

CLOCK_SLACK = timedelta(minutes=5)
"""How far a sender's clock may run ahead of ours."""

_WHO = ("email", "name", "phone", "crm")


def broken_rules(told: Mapping[str, Any], read: Mapping[str, Any], now: datetime) -> Iterator[Problem]:
    """`told` is the event as it came, `read` what of it could be read: rules hold even where fields are wrong."""
    kind = read.get("type")
    yield from _of_share(told) if kind is EventType.CONTENT_SHARE else _of_person(told, read)
    if kind is EventType.CUSTOM and says_nothing(told.get("action")):
        yield Problem("action", Code.REQUIRED, "is required for type custom: a verb such as webinar attended")
    moment = read.get("occurred_at")
    if moment is not None and moment > now + CLOCK_SLACK:
        yield Problem("occurred_at", Code.RANGE, "lies in the future: check the sender's clock and offset")


def _of_share(told: Mapping[str, Any]) -> Iterator[Problem]:
    if says_nothing(part(told, "share").get("recipients")):
        yield Problem(
            "share.recipients", Code.REQUIRED, "is required for type content_share: who received it"
        )
    if not says_nothing(told.get("tracking_id")):
        yield Problem(
            "tracking_id", Code.RULE, "excludes type content_share: name its recipients by e-mail only"
        )


def _of_person(told: Mapping[str, Any], read: Mapping[str, Any]) -> Iterator[Problem]:
    named, tracked = (not says_nothing(told.get(key)) for key in ("person", "tracking_id"))
    if named and tracked:
        yield Problem("tracking_id", Code.RULE, "excludes person: send one of the two")
    elif not named and not tracked:
        yield Problem("person", Code.REQUIRED, "is required, or tracking_id in its place: someone did it")
    elif (
        named
        and isinstance(told["person"], dict)
        and all(says_nothing(told["person"].get(key)) for key in _WHO)
    ):
        yield from _of_anonymous(told["person"], read.get("person"))


def _of_anonymous(told: Mapping[str, Any], person: Person | None) -> Iterator[Problem]:
    why = "is required of an anonymous person, who has no email, name, phone or crm"
    if says_nothing(told.get("id")):
        yield Problem("person.id", Code.REQUIRED, f"{why}: a visitor's id")
    company = part(told, "company")
    if says_nothing(company.get("domain")):
        yield Problem("person.company.domain", Code.REQUIRED, f"{why}: a company such as acme.com")
    elif isinstance(person, Person) and person.company and is_free_mail(person.company.domain or ""):
        yield Problem(
            "person.company.domain",
            Code.RULE,
            "belongs to a mail provider, so that it says nothing of a company",
        )
