"""Rules across the parts of an event: who it is about, and when it happened."""

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
"""How far a sender's clock may be ahead of ours."""

_IDENTIFYING_KEYS = ("email", "name", "phone", "crm")


def check_rules(raw: Mapping[str, Any], fields: Mapping[str, Any], now: datetime) -> Iterator[Problem]:
    """Yield the rules that an event breaks.

    `raw` is the event as the sender wrote it, `fields` are the values that could be read. The rules also apply to an
    event with invalid fields.
    """
    event_type = fields.get("type")
    yield from _check_share(raw) if event_type is EventType.CONTENT_SHARE else _check_person(raw, fields)
    if event_type is EventType.CUSTOM and is_blank(raw.get("action")):
        message = "is required for type custom: say what happened, such as webinar attended"
        yield Problem("action", ErrorCode.REQUIRED, message)
    occurred_at = fields.get("occurred_at")
    if occurred_at is not None and occurred_at > now + CLOCK_SKEW_MAX:
        message = "is in the future: check the sender's clock and UTC offset"
        yield Problem("occurred_at", ErrorCode.RANGE, message)


def _check_share(raw: Mapping[str, Any]) -> Iterator[Problem]:
    if is_blank(get_object(raw, "share").get("recipients")):
        yield Problem(
            "share.recipients", ErrorCode.REQUIRED, "is required for type content_share: who received it"
        )
    if not is_blank(raw.get("tracking_id")):
        message = "cannot be combined with type content_share: identify its recipients by email"
        yield Problem("tracking_id", ErrorCode.RULE, message)


def _check_person(raw: Mapping[str, Any], fields: Mapping[str, Any]) -> Iterator[Problem]:
    person = raw.get("person")
    has_person, has_tracking_id = not is_blank(person), not is_blank(raw.get("tracking_id"))
    if has_person and has_tracking_id:
        yield Problem("tracking_id", ErrorCode.RULE, "cannot be combined with person: send one of them")
    elif not has_person and not has_tracking_id:
        yield Problem("person", ErrorCode.REQUIRED, "is required unless tracking_id is set")
    elif isinstance(person, dict) and all(is_blank(person.get(key)) for key in _IDENTIFYING_KEYS):
        yield from _check_anonymous_person(person, fields.get("person"))


def _check_anonymous_person(raw: Mapping[str, Any], person: Person | None) -> Iterator[Problem]:
    reason = "is required for an anonymous person, without email, name, phone and crm"
    if is_blank(raw.get("id")):
        yield Problem("person.id", ErrorCode.REQUIRED, f"{reason}: a visitor's id")
    company = get_object(raw, "company")
    if is_blank(company.get("domain")):
        yield Problem("person.company.domain", ErrorCode.REQUIRED, f"{reason}: a company such as acme.com")
    elif isinstance(person, Person) and person.company and is_free_mail(person.company.domain or ""):
        message = "belongs to an email provider, so it does not identify a company"
        yield Problem("person.company.domain", ErrorCode.RULE, message)
