"""The rules between the values of one body, which no schema of Gong's says: its prose does, or its timeline needs them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from relay.core.call import Operation
from relay.core.errors import Problem, join
from relay.core.gong import formats as forms
from relay.core.gong.accessors import is_empty, is_whole, items, part
from relay.core.gong.problems import Code

Rule: TypeAlias = Callable[[Mapping[str, Any]], Iterator[Problem]]

_CUSTOM_FIELD_FORMS: Mapping[str, forms.Form] = {
    "NUMBER": forms.number,
    "DATE": forms.day_or_timestamp,
    "URL": forms.url,
    "BOOLEAN": forms.boolean,
    "DURATION": forms.duration,
}
_PROPERTY_FORMS: Mapping[str, forms.Form] = {
    "number": forms.number,
    "date": forms.day_or_timestamp,
    "url": forms.url,
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
        yield Problem("trackingId", Code.RULE, f"excludes {who}: omit one of the two")
    if not named and not tracked:
        yield Problem(who, Code.REQUIRED, "is required, or trackingId in its place: someone did it")


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
            yield Problem("person.personId", Code.REQUIRED, why)
        if is_empty(part(person, "company").get("domain")):
            yield Problem("person.company.domain", Code.REQUIRED, why)
    elif isinstance(company := person.get("company"), dict) and not _is_linked(company):
        yield Problem(
            "person.company", Code.RULE, "needs domain or companyBusinessContexts; else omit company"
        )


def is_anonymous(person: Mapping[str, Any]) -> bool:
    known = ("name", "email", "phoneNumber", "personBusinessContext")
    return all(is_empty(person.get(key)) for key in known)


def _is_linked(company: Mapping[str, Any]) -> bool:
    return not (is_empty(company.get("domain")) and is_empty(company.get("companyBusinessContexts")))


def _numbers(body: Mapping[str, Any]) -> Iterator[Problem]:
    path = "content.numericContentDetails"
    details = part(body, "content", "numericContentDetails")
    low, high, value = details.get("rangeFrom"), details.get("rangeTo"), details.get("value")
    if not (is_whole(low) and is_whole(high)):
        return
    kind = details.get("numericType")
    least, most = _SCALES.get(kind, (low, high)) if isinstance(kind, str) else (low, high)
    if low >= high:
        yield Problem(f"{path}.rangeTo", Code.RANGE, "must be greater than rangeFrom")
    if low < least:
        yield Problem(f"{path}.rangeFrom", Code.RANGE, f"must be at least {least} for {kind}")
    if high > most:
        yield Problem(
            f"{path}.rangeTo", Code.RANGE, f"must be at most {most} for {kind}; OTHER has no bounds"
        )
    if is_whole(value) and low < high and not low <= value <= high:
        yield Problem(f"{path}.value", Code.RANGE, "must lie between rangeFrom and rangeTo")


def _steps(body: Mapping[str, Any]) -> Iterator[Problem]:
    path = "content.stepContentDetails"
    details = part(body, "content", "stepContentDetails")
    value, steps = details.get("value"), details.get("availableSteps")
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        return
    if len(set(steps)) < len(steps):
        yield Problem(f"{path}.availableSteps", Code.RULE, "must name each step once")
    if isinstance(value, str) and steps and value not in steps:
        yield Problem(f"{path}.value", Code.RULE, "must be one of availableSteps, in the same case")


def _typed(kinds: Mapping[str, forms.Form], *path: str) -> Rule:
    """Values are strings on the wire, written as their dataType says."""

    def rule(body: Mapping[str, Any]) -> Iterator[Problem]:
        for place, item in items(part(body, *path[:-1]).get(path[-1])):
            kind, value = item.get("dataType"), item.get("value")
            form = kinds.get(kind) if isinstance(kind, str) else None
            if form and isinstance(value, str) and (wrong := form(value)):
                where = join(".".join(path), f"[{place}].value")
                yield Problem(where, Code.FORMAT, f"{wrong} (its dataType is {kind})")

    return rule


def _pages(body: Mapping[str, Any]) -> Iterator[Problem]:
    viewed, total = body.get("pagesViewed"), body.get("totalPages")
    if is_whole(viewed) and is_whole(total) and viewed > total:
        yield Problem("pagesViewed", Code.RANGE, "must be at most totalPages")


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
