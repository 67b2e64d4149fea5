"""The canonical event's keys, one schema for each object in it."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, missing
from marshmallow.fields import Field

from relay.core.event import fields
from relay.core.event.fields import Array, Choice, Integer, NestedObject, ScalarMap, Text, Timestamp, Title
from relay.core.event.model import (
    Company,
    Content,
    CrmRecord,
    EventType,
    Location,
    Person,
    Progress,
    Recipient,
    Search,
    Share,
    Sharer,
    Step,
)
from relay.core.gong.base_schema import closest_name
from relay.core.gong.limits import LABELS_MAX, MESSAGE_MAX, TITLE_MAX
from relay.core.gong.problems import ErrorCode, FieldError, field_error

MISPLACED_KEYS: Mapping[str, str] = {
    "company": "person.company",
    "contentTitle": "content.title",
    "contentUrl": "content.url",
    "domain": "person.company.domain",
    "email": "person.email",
    "eventId": "id",
    "eventType": "action",
    "labels": "content.labels",
    "name": "person.name",
    "phone": "person.phone",
    "progress": "content.progress",
    "recipients": "share.recipients",
    "sharer": "share.sharer",
    "subject": "share.subject",
    "time": "occurred_at",
    "timestamp": "occurred_at",
    "title": "content.title",
    "url": "content.url",
}
"""Where a key belongs that is often written elsewhere, or under Gong's name for it."""

ID_MAX = 10_000
"""Gong takes far shorter ids. A longer one becomes its SHA-256 on the way there."""

_GUESSES_MAX = 10
"""A guess costs some 100 microseconds, and a hostile event may hold thousands of unknown keys."""

_MISSING = FieldError(ErrorCode.REQUIRED, "is required")

_SCALES = {"percentage": (0, 100), "nps": (0, 10)}


class _Keys(Schema):
    """An object whose every key is known, read in one pass over the keys that are there.

    marshmallow's own `load` visits every key that could be there, and prepares for hooks and partial reading that
    nothing here has: that is a sixth of all the time that taking in an event costs.
    """

    def __init__(self) -> None:
        super().__init__()
        self._places = {field.data_key or name: (name, field) for name, field in self.fields.items()}
        self._required = [key for key, (_, field) in self._places.items() if field.required]

    def load(self, data: Any, **_options: Any) -> dict[str, Any]:
        """The values by their names. ValidationError holds every complaint, and what could be read all the same."""
        if not isinstance(data, dict):
            raise ValidationError(
                {"_schema": [FieldError(ErrorCode.TYPE, "must be an object, in curly brackets")]}
            )
        read: dict[str, Any] = {}
        wrong: dict[str, Any] = self._missing(data)
        unknown = []
        for key, value in data.items():
            if (place := self._places.get(key)) is None:
                unknown.append(key)
                continue
            name, field = place
            try:
                found = field.deserialize(value)
            except ValidationError as error:
                wrong[key] = error.messages
            else:
                if found is not missing:
                    read[name] = found
        if wrong or unknown:
            raise ValidationError(wrong | self._unknown(sorted(unknown)), valid_data=read)
        return read

    def _missing(self, data: Mapping[str, Any]) -> dict[str, list[FieldError]]:
        return {key: [_MISSING] for key in self._required if key not in data}

    def _unknown(self, keys: list[str]) -> dict[str, list[FieldError]]:
        names = tuple(self._places)
        return {
            key: [FieldError(ErrorCode.UNKNOWN, _remedy(key, names if place < _GUESSES_MAX else ()))]
            for place, key in enumerate(keys)
        }


def _remedy(key: str, names: tuple[str, ...]) -> str:
    instead = closest_name(key, names) or MISPLACED_KEYS.get(key)
    return (
        f"is no key of an event here; did you mean {instead}?"
        if instead
        else ("is no key of an event here; put what has no key of its own into properties")
    )


def _keys(**parts: Field[Any]) -> Schema:
    return _Keys.from_dict(dict(parts))()


def _named(field: Field[Any], key: str) -> Field[Any]:
    """For a key that is no Python name, or says less than ours."""
    field.data_key = key
    return field


def _progress(
    *, kind: str | None = None, low: int | None = None, high: int | None = None, value: int | None = None
) -> Progress:
    least, most = _SCALES.get(kind or "", (low, high))
    low = least if low is None else low
    high = most if high is None else high
    if low is None or high is None or least is None or most is None:
        raise field_error(
            ErrorCode.REQUIRED, "needs from and to: only the kinds percentage and nps have their own"
        )
    if not least <= low < high <= most:
        raise field_error(ErrorCode.RANGE, f"must have from less than to{_within(least, most, kind)}")
    if value is not None and not low <= value <= high:
        raise ValidationError({"value": [FieldError(ErrorCode.RANGE, "must lie between from and to")]})
    return Progress(low, high, value, kind)


def _within(least: int, most: int, kind: str | None) -> str:
    return (
        f", and both within {least} to {most} for {kind}; kind other has no bounds" if kind in _SCALES else ""
    )


def _step(*, value: str, steps: tuple[str, ...]) -> Step:
    if len(set(steps)) < len(steps):
        raise ValidationError({"all": [FieldError(ErrorCode.RULE, "must name each step once")]})
    if value not in steps:
        raise ValidationError(
            {"value": [FieldError(ErrorCode.RULE, "must be one of the steps in all, in the same case")]}
        )
    return Step(value, steps)


def _crm(*types: str) -> Schema:
    return _keys(type=Choice(*types, required=True), id=Text(required=True), system=Text())


PROGRESS = _keys(
    value=Integer(),
    low=_named(Integer(), "from"),
    high=_named(Integer(), "to"),
    kind=Choice("percentage", "nps", "rating", "other"),
)
STEP = _keys(value=Text(required=True), steps=_named(Array(Text(), required=True), "all"))
SEARCH = _keys(
    name=Text(required=True),
    kind=Choice("vendor", "product", "category", required=True),
    domain=fields.domain(required=True),
    id=Text(),
    url=fields.url(),
)
CONTENT = _keys(
    id=Text(),
    title=Title(TITLE_MAX, required=True),
    url=fields.url(),
    labels=Array(Text(), LABELS_MAX),
    info_url=fields.url(),
    progress=NestedObject(PROGRESS, _progress),
    step=NestedObject(STEP, _step),
    search=NestedObject(SEARCH, Search),
    properties=ScalarMap(),
)
COMPANY = _keys(
    id=Text(),
    name=Text(),
    domain=fields.domain(),
    crm=Array(NestedObject(_crm("account", "opportunity"), CrmRecord)),
)
PERSON = _keys(
    email=fields.email(),
    name=Text(),
    phone=Text(),
    id=Text(),
    title=Text(),
    crm=NestedObject(_crm("contact", "lead"), CrmRecord),
    location=NestedObject(_keys(country=Text(), state=Text(), region=Text(), city=Text()), Location),
    company=NestedObject(COMPANY, Company),
    properties=ScalarMap(),
)
SHARE = _keys(
    id=Text(),
    sharer=NestedObject(_keys(email=fields.email(), name=Text(), gong_user_id=Text()), Sharer),
    recipients=Array(NestedObject(_keys(email=fields.email(required=True), name=Text()), Recipient)),
    subject=Text(),
    message=Text(MESSAGE_MAX, keep_lines=True),
)
EVENT = _keys(
    id=Text(ID_MAX, required=True),
    type=Choice(*EventType, required=True),
    occurred_at=Timestamp(required=True),
    action=Text(TITLE_MAX),
    content=NestedObject(CONTENT, Content, required=True),
    person=NestedObject(PERSON, Person),
    tracking_id=Text(),
    session_id=Text(),
    device=Choice("pc", "mobile"),
    user_agent=Text(),
    share=NestedObject(SHARE, Share),
    workspace_id=Text(),
    properties=ScalarMap(),
)
