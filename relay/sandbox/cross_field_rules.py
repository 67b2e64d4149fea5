"""Rules between the fields of a body: those that Gong's documentation states, and stricter ones of the sandbox."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from relay.sandbox.formats import CUSTOM_FIELD_FORMATS, PROPERTY_FORMATS

Body = Mapping[str, Any]
Rule = Callable[[Body], Iterator[str]]
"""Yields one message, `<path>: <what is wrong>`, for each violation. The body's types have been checked before."""

NUMERIC_RANGES: Final[Mapping[str, tuple[int, int]]] = {"PERCENTAGE": (0, 100), "NPS": (0, 10)}


def require_person_or_tracking_id(body: Body) -> Iterator[str]:
    yield from _require_exactly_one(body, "person", "trackingId")


def require_viewer_or_tracking_id(body: Body) -> Iterator[str]:
    yield from _require_exactly_one(body, "viewer", "trackingId")


def check_anonymous_person(body: Body) -> Iterator[str]:
    # A person is anonymous if nothing but an id or a company identifies them.
    person = body.get("person")
    if person is None or any(_has_value(person.get(name)) for name in _IDENTIFYING_FIELDS):
        return
    if not _has_value(person.get("personId")):
        yield "person.personId: must not be null for an anonymous person"
    if not _has_value((person.get("company") or {}).get("domain")):
        yield "person.company.domain: must not be null for an anonymous person"


_IDENTIFYING_FIELDS: Final = ("name", "email", "phoneNumber", "personBusinessContext")


def check_company_identity(body: Body) -> Iterator[str]:
    company = (body.get("person") or {}).get("company")
    if company is not None and not any(
        _has_value(company.get(name)) for name in ("domain", "companyBusinessContexts")
    ):
        yield "person.company: must include a domain, an account or an opportunity"


def require_recipient_emails(body: Body) -> Iterator[str]:
    for index, recipient in enumerate(body.get("recipients") or ()):
        if not _has_value(recipient.get("email")):
            yield f"recipients[{index}].email: must not be null"


def check_number_range(body: Body) -> Iterator[str]:
    number = body["content"].get("numericContentDetails")
    if number is None:
        return
    path = "content.numericContentDetails"
    low, high, value = number["rangeFrom"], number["rangeTo"], number.get("value")
    # A percentage or NPS score has a fixed range; for other types any range is valid.
    minimum, maximum = NUMERIC_RANGES.get(number.get("numericType"), (low, high))
    if low >= high:
        yield f"{path}.rangeFrom: must be less than rangeTo"
    if low < minimum or high > maximum:
        yield f"{path}: must lie within {minimum} to {maximum}"
    if value is not None and not low <= value <= high:
        yield f"{path}.value: must lie between rangeFrom and rangeTo"


def check_step(body: Body) -> Iterator[str]:
    step = body["content"].get("stepContentDetails")
    if step is None:
        return
    path, steps = "content.stepContentDetails", step["availableSteps"]
    if len(set(steps)) < len(steps):
        yield f"{path}.availableSteps: must be unique"
    if step["value"] not in steps:
        yield f"{path}.value: must be one of availableSteps"


def check_custom_field_types(body: Body) -> Iterator[str]:
    person = body.get("person") or {}
    for path, items in (
        ("customFields", body.get("customFields")),
        ("content.contentCustomFields", body["content"].get("contentCustomFields")),
        ("person.personCustomFields", person.get("personCustomFields")),
    ):
        yield from _check_formats(path, items, CUSTOM_FIELD_FORMATS)


def check_property_types(body: Body) -> Iterator[str]:
    for path in ("contentProperties", "eventProperties"):
        yield from _check_formats(path, body.get(path), PROPERTY_FORMATS)


def _check_formats(
    path: str, items: list[Body] | None, formats: Mapping[str, Callable[[str], bool]]
) -> Iterator[str]:
    for index, item in enumerate(items or ()):
        is_valid = formats.get(item.get("dataType") or "")
        if is_valid is not None and not is_valid(item["value"]):
            yield f"{path}[{index}].value: must read as {item['dataType']}"


def _require_exactly_one(body: Body, first: str, second: str) -> Iterator[str]:
    present = [name for name in (first, second) if body.get(name) is not None]
    if not present:
        yield f"{first}: must not be null when {second} is not sent"
    if len(present) > 1:
        yield f"{first}: must be null when {second} is sent"


def _has_value(value: object) -> bool:
    """True unless the value is null, blank, or an empty list or object."""
    if isinstance(value, dict):
        return any(_has_value(item) for item in value.values())
    return bool(value.strip()) if isinstance(value, str) else bool(value)
