"""Rules across the values of one body. They are not in Gong's schemas but in its prose, or its timeline needs them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from relay.core.call import Operation
from relay.core.errors import Problem, join_path
from relay.core.gong import formats
from relay.core.gong.accessors import get_object, is_empty, is_integer, iter_objects
from relay.core.gong.problems import ErrorCode

Rule: TypeAlias = Callable[[Mapping[str, Any]], Iterator[Problem]]

_CUSTOM_FIELD_FORMATS: Mapping[str, formats.FormatCheck] = {
    "NUMBER": formats.check_number,
    "DATE": formats.check_date_or_timestamp,
    "URL": formats.check_url,
    "BOOLEAN": formats.check_boolean,
    "DURATION": formats.check_duration,
}
_PROPERTY_FORMATS: Mapping[str, formats.FormatCheck] = {
    "number": formats.check_number,
    "date": formats.check_date_or_timestamp,
    "url": formats.check_url,
}
# A company's NPS ranges from -100 to 100. An event contains one person's answer, which ranges from 0 to 10.
_RANGES = {"PERCENTAGE": (0, 100), "NPS": (0, 10)}


def _check_person_or_tracking_id(body: Mapping[str, Any]) -> Iterator[Problem]:
    return _check_either(body, "person")


def _check_viewer_or_tracking_id(body: Mapping[str, Any]) -> Iterator[Problem]:
    return _check_either(body, "viewer")


def _check_either(body: Mapping[str, Any], person_key: str) -> Iterator[Problem]:
    has_person, has_tracking_id = body.get(person_key) is not None, body.get("trackingId") is not None
    if has_person and has_tracking_id:
        yield Problem("trackingId", ErrorCode.RULE, f"cannot be combined with {person_key}: omit one of them")
    if not has_person and not has_tracking_id:
        yield Problem(person_key, ErrorCode.REQUIRED, "is required unless trackingId is set")


def _check_person(body: Mapping[str, Any]) -> Iterator[Problem]:
    """An anonymous person needs both an id and a company domain. A CRM id of the company does not replace the domain."""
    person = body.get("person")
    if not isinstance(person, dict):
        return
    if is_anonymous(person):
        message = (
            "is required: without name, email, phoneNumber and personBusinessContext the person is anonymous"
        )
        if is_empty(person.get("personId")):
            yield Problem("person.personId", ErrorCode.REQUIRED, message)
        if is_empty(get_object(person, "company").get("domain")):
            yield Problem("person.company.domain", ErrorCode.REQUIRED, message)
    elif isinstance(company := person.get("company"), dict) and not _can_be_matched(company):
        yield Problem(
            "person.company",
            ErrorCode.RULE,
            "needs domain or companyBusinessContexts; otherwise omit company",
        )


def is_anonymous(person: Mapping[str, Any]) -> bool:
    """True if the person has no name, email address, phone number or CRM record."""
    identifying_keys = ("name", "email", "phoneNumber", "personBusinessContext")
    return all(is_empty(person.get(key)) for key in identifying_keys)


def _can_be_matched(company: Mapping[str, Any]) -> bool:
    return not (is_empty(company.get("domain")) and is_empty(company.get("companyBusinessContexts")))


def _check_numeric_details(body: Mapping[str, Any]) -> Iterator[Problem]:
    path = "content.numericContentDetails"
    details = get_object(body, "content", "numericContentDetails")
    low, high, value = details.get("rangeFrom"), details.get("rangeTo"), details.get("value")
    if not (is_integer(low) and is_integer(high)):
        return
    numeric_type = details.get("numericType")
    minimum, maximum = (
        _RANGES.get(numeric_type, (low, high)) if isinstance(numeric_type, str) else (low, high)
    )
    if low >= high:
        yield Problem(f"{path}.rangeTo", ErrorCode.RANGE, "must be greater than rangeFrom")
    if low < minimum:
        yield Problem(f"{path}.rangeFrom", ErrorCode.RANGE, f"must be at least {minimum} for {numeric_type}")
    if high > maximum:
        yield Problem(
            f"{path}.rangeTo",
            ErrorCode.RANGE,
            f"must be at most {maximum} for {numeric_type}; OTHER has no limits",
        )
    if is_integer(value) and low < high and not low <= value <= high:
        yield Problem(f"{path}.value", ErrorCode.RANGE, "must be between rangeFrom and rangeTo")


def _check_steps(body: Mapping[str, Any]) -> Iterator[Problem]:
    path = "content.stepContentDetails"
    details = get_object(body, "content", "stepContentDetails")
    value, steps = details.get("value"), details.get("availableSteps")
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        return
    if len(set(steps)) < len(steps):
        yield Problem(f"{path}.availableSteps", ErrorCode.RULE, "must list each step only once")
    if isinstance(value, str) and steps and value not in steps:
        yield Problem(f"{path}.value", ErrorCode.RULE, "must be one of availableSteps; case matters")


def _data_type_rule(checks: Mapping[str, formats.FormatCheck], *path: str) -> Rule:
    """Build a rule for the list at `path`: every value is a string, in the format that its dataType names."""

    def rule(body: Mapping[str, Any]) -> Iterator[Problem]:
        for index, item in iter_objects(get_object(body, *path[:-1]).get(path[-1])):
            data_type, value = item.get("dataType"), item.get("value")
            check = checks.get(data_type) if isinstance(data_type, str) else None
            if check and isinstance(value, str) and (message := check(value)):
                value_path = join_path(".".join(path), f"[{index}].value")
                yield Problem(value_path, ErrorCode.FORMAT, f"{message} (its dataType is {data_type})")

    return rule


def _check_pages(body: Mapping[str, Any]) -> Iterator[Problem]:
    viewed, total = body.get("pagesViewed"), body.get("totalPages")
    if is_integer(viewed) and is_integer(total) and viewed > total:
        yield Problem("pagesViewed", ErrorCode.RANGE, "must be at most totalPages")


_PROPERTIES = (
    _data_type_rule(_PROPERTY_FORMATS, "contentProperties"),
    _data_type_rule(_PROPERTY_FORMATS, "eventProperties"),
)

RULES: Mapping[Operation, tuple[Rule, ...]] = {
    Operation.DIGITAL_INTERACTION: (
        _check_person_or_tracking_id,
        _check_person,
        _check_numeric_details,
        _check_steps,
        _data_type_rule(_CUSTOM_FIELD_FORMATS, "customFields"),
        _data_type_rule(_CUSTOM_FIELD_FORMATS, "content", "contentCustomFields"),
        _data_type_rule(_CUSTOM_FIELD_FORMATS, "person", "personCustomFields"),
    ),
    Operation.CONTENT_SHARED: _PROPERTIES,
    Operation.CONTENT_VIEWED: (_check_viewer_or_tracking_id, *_PROPERTIES),
    Operation.CUSTOM_ACTION: _PROPERTIES,
    Operation.CATALOG_INTERACTION: (),
    Operation.CATALOG_SHARE: (),
    Operation.CATALOG_VIEW: (_check_pages,),
    Operation.CATALOG_ACTION: (),
}
