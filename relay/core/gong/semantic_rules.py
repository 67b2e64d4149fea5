"""The rules between the values of one body, which no schema of Gong's says: its prose does, or its timeline needs them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from relay.core.call import Operation
from relay.core.errors import Problem, join_path
from relay.core.gong import formats as forms
from relay.core.gong.accessors import get_object, is_empty, is_integer, iter_objects
from relay.core.gong.problems import ErrorCode

Rule: TypeAlias = Callable[[Mapping[str, Any]], Iterator[Problem]]

_CUSTOM_FIELD_FORMS: Mapping[str, forms.FormatCheck] = {
    "NUMBER": forms.check_number,
    "DATE": forms.check_date_or_timestamp,
    "URL": forms.check_url,
    "BOOLEAN": forms.check_boolean,
    "DURATION": forms.check_duration,
}
_PROPERTY_FORMS: Mapping[str, forms.FormatCheck] = {
    "number": forms.check_number,
    "date": forms.check_date_or_timestamp,
    "url": forms.check_url,
}
# A company's NPS runs from -100 to 100; the answer of one person, which is what an event holds, from 0 to 10.
_SCALES = {"PERCENTAGE": (0, 100), "NPS": (0, 10)}


def _person_or_tracking_id(body: Mapping[str, Any]) -> Iterator[Problem]:
    return _one_of(body, "person")


def _viewer_or_tracking_id(body: Mapping[str, Any]) -> Iterator[Problem]:
    return _one_of(body, "viewer")


def _one_of(body: Mapping[str, Any], who: str) -> Iterator[Problem]:
    named, tracked = body.get(who) is not None, body.get("trackingId") is not None
    if named and tracked:
        yield Problem("trackingId", ErrorCode.RULE, f"excludes {who}: omit one of the two")
    if not named and not tracked:
        yield Problem(who, ErrorCode.REQUIRED, "is required, or trackingId in its place: someone did it")


def _person(body: Mapping[str, Any]) -> Iterator[Problem]:
    """Who has no name, e-mail, phone or CRM record is anonymous. Then both an id and a domain are needed: no
    CRM id of the company replaces the domain.
    """
    person = body.get("person")
    if not isinstance(person, dict):
        return
    if is_anonymous(person):
        why = (
            "is required: without name, email, phoneNumber and personBusinessContext the person is anonymous"
        )
        if is_empty(person.get("personId")):
            yield Problem("person.personId", ErrorCode.REQUIRED, why)
        if is_empty(get_object(person, "company").get("domain")):
            yield Problem("person.company.domain", ErrorCode.REQUIRED, why)
    elif isinstance(company := person.get("company"), dict) and not _is_linked(company):
        yield Problem(
            "person.company", ErrorCode.RULE, "needs domain or companyBusinessContexts; else omit company"
        )


def is_anonymous(person: Mapping[str, Any]) -> bool:
    known = ("name", "email", "phoneNumber", "personBusinessContext")
    return all(is_empty(person.get(key)) for key in known)


def _is_linked(company: Mapping[str, Any]) -> bool:
    return not (is_empty(company.get("domain")) and is_empty(company.get("companyBusinessContexts")))


def _numbers(body: Mapping[str, Any]) -> Iterator[Problem]:
    path = "content.numericContentDetails"
    details = get_object(body, "content", "numericContentDetails")
    low, high, value = details.get("rangeFrom"), details.get("rangeTo"), details.get("value")
    if not (is_integer(low) and is_integer(high)):
        return
    kind = details.get("numericType")
    least, most = _SCALES.get(kind, (low, high)) if isinstance(kind, str) else (low, high)
    if low >= high:
        yield Problem(f"{path}.rangeTo", ErrorCode.RANGE, "must be greater than rangeFrom")
    if low < least:
        yield Problem(f"{path}.rangeFrom", ErrorCode.RANGE, f"must be at least {least} for {kind}")
    if high > most:
        yield Problem(
            f"{path}.rangeTo", ErrorCode.RANGE, f"must be at most {most} for {kind}; OTHER has no bounds"
        )
    if is_integer(value) and low < high and not low <= value <= high:
        yield Problem(f"{path}.value", ErrorCode.RANGE, "must lie between rangeFrom and rangeTo")


def _steps(body: Mapping[str, Any]) -> Iterator[Problem]:
    path = "content.stepContentDetails"
    details = get_object(body, "content", "stepContentDetails")
    value, steps = details.get("value"), details.get("availableSteps")
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        return
    if len(set(steps)) < len(steps):
        yield Problem(f"{path}.availableSteps", ErrorCode.RULE, "must name each step once")
    if isinstance(value, str) and steps and value not in steps:
        yield Problem(f"{path}.value", ErrorCode.RULE, "must be one of availableSteps, in the same case")


def _typed(kinds: Mapping[str, forms.FormatCheck], *path: str) -> Rule:
    """Values are strings on the wire, written as their dataType says."""

    def rule(body: Mapping[str, Any]) -> Iterator[Problem]:
        for place, item in iter_objects(get_object(body, *path[:-1]).get(path[-1])):
            kind, value = item.get("dataType"), item.get("value")
            form = kinds.get(kind) if isinstance(kind, str) else None
            if form and isinstance(value, str) and (wrong := form(value)):
                where = join_path(".".join(path), f"[{place}].value")
                yield Problem(where, ErrorCode.FORMAT, f"{wrong} (its dataType is {kind})")

    return rule


def _pages(body: Mapping[str, Any]) -> Iterator[Problem]:
    viewed, total = body.get("pagesViewed"), body.get("totalPages")
    if is_integer(viewed) and is_integer(total) and viewed > total:
        yield Problem("pagesViewed", ErrorCode.RANGE, "must be at most totalPages")


_PROPERTIES = (_typed(_PROPERTY_FORMS, "contentProperties"), _typed(_PROPERTY_FORMS, "eventProperties"))

RULES: Mapping[Operation, tuple[Rule, ...]] = {
    Operation.DIGITAL_INTERACTION: (
        _person_or_tracking_id,
        _person,
        _numbers,
        _steps,
        _typed(_CUSTOM_FIELD_FORMS, "customFields"),
        _typed(_CUSTOM_FIELD_FORMS, "content", "contentCustomFields"),
        _typed(_CUSTOM_FIELD_FORMS, "person", "personCustomFields"),
    ),
    Operation.CONTENT_SHARED: _PROPERTIES,
    Operation.CONTENT_VIEWED: (_viewer_or_tracking_id, *_PROPERTIES),
    Operation.CUSTOM_ACTION: _PROPERTIES,
    Operation.CATALOG_INTERACTION: (),
    Operation.CATALOG_SHARE: (),
    Operation.CATALOG_VIEW: (_pages,),
    Operation.CATALOG_ACTION: (),
}
