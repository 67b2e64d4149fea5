"""What must hold between the fields of a body: Gong's prose as rules, and guards that only strict fidelity adds."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from relay.sandbox.formats import PROPERTY_FORMS, VALUE_FORMS

Body = Mapping[str, Any]
Rule = Callable[[Body], Iterator[str]]
"""A rule yields one message, `<path>: <what is wrong>`, for each place that breaks it. It may trust the body's types."""

RANGES: Final[Mapping[str, tuple[int, int]]] = {"PERCENTAGE": (0, 100), "NPS": (0, 10)}


def person_or_tracking_id(body: Body) -> Iterator[str]:
    yield from _exactly_one(body, "person", "trackingId")


def viewer_or_tracking_id(body: Body) -> Iterator[str]:
    yield from _exactly_one(body, "viewer", "trackingId")


def anonymous_person_has_id_and_domain(body: Body) -> Iterator[str]:
    person = body.get("person")
    if person is None or any(_filled(person.get(name)) for name in _NAMING):
        return
    if not _filled(person.get("personId")):
        yield "person.personId: must not be null for an anonymous person"
    if not _filled((person.get("company") or {}).get("domain")):
        yield "person.company.domain: must not be null for an anonymous person"


_NAMING: Final = ("name", "email", "phoneNumber", "personBusinessContext")


def company_can_be_found(body: Body) -> Iterator[str]:
    company = (body.get("person") or {}).get("company")
    if company is not None and not any(
        _filled(company.get(name)) for name in ("domain", "companyBusinessContexts")
    ):
        yield "person.company: must include a domain, an account or an opportunity"


def recipients_have_email(body: Body) -> Iterator[str]:
    for index, recipient in enumerate(body.get("recipients") or ()):
        if not _filled(recipient.get("email")):
            yield f"recipients[{index}].email: must not be null"


def number_lies_in_its_range(body: Body) -> Iterator[str]:
    number = body["content"].get("numericContentDetails")
    if number is None:
        return
    path = "content.numericContentDetails"
    low, high, value = number["rangeFrom"], number["rangeTo"], number.get("value")
    least, most = RANGES.get(number.get("numericType"), (low, high))
    if low >= high:
        yield f"{path}.rangeFrom: must be less than rangeTo"
    if low < least or high > most:
        yield f"{path}: must lie within {least} to {most}"
    if value is not None and not low <= value <= high:
        yield f"{path}.value: must lie between rangeFrom and rangeTo"


def step_is_one_of_the_steps(body: Body) -> Iterator[str]:
    step = body["content"].get("stepContentDetails")
    if step is None:
        return
    path, steps = "content.stepContentDetails", step["availableSteps"]
    if len(set(steps)) < len(steps):
        yield f"{path}.availableSteps: must be unique"
    if step["value"] not in steps:
        yield f"{path}.value: must be one of availableSteps"


def custom_values_read_as_their_type(body: Body) -> Iterator[str]:
    person = body.get("person") or {}
    for path, items in (
        ("customFields", body.get("customFields")),
        ("content.contentCustomFields", body["content"].get("contentCustomFields")),
        ("person.personCustomFields", person.get("personCustomFields")),
    ):
        yield from _typed(path, items, VALUE_FORMS)


def properties_read_as_their_type(body: Body) -> Iterator[str]:
    for path in ("contentProperties", "eventProperties"):
        yield from _typed(path, body.get(path), PROPERTY_FORMS)


def _typed(path: str, items: list[Body] | None, forms: Mapping[str, Callable[[str], bool]]) -> Iterator[str]:
    for index, item in enumerate(items or ()):
        form = forms.get(item.get("dataType") or "")
        if form is not None and not form(item["value"]):
            yield f"{path}[{index}].value: must read as {item['dataType']}"


def _exactly_one(body: Body, first: str, second: str) -> Iterator[str]:
    sent = [name for name in (first, second) if body.get(name) is not None]
    if not sent:
        yield f"{first}: must not be null when {second} is not sent"
    if len(sent) > 1:
        yield f"{first}: must be null when {second} is sent"


def _filled(value: object) -> bool:
    """Whether something is there: null, blanks, and empty lists and objects are nothing."""
    if isinstance(value, dict):
        return any(_filled(item) for item in value.values())
    return bool(value.strip()) if isinstance(value, str) else bool(value)
