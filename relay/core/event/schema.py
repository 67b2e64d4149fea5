"""Schemas of the canonical event, one for each object in it."""

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
"""Keys that senders often put in the wrong place or spell as Gong does, with the right path."""

ID_MAX = 10_000
"""Gong accepts much shorter ids. The relay replaces a longer one with its SHA-256."""

_SUGGESTIONS_MAX = 10
"""A suggestion takes about 100 microseconds to find, and a hostile event may have thousands of unknown keys."""

_MISSING = FieldError(ErrorCode.REQUIRED, "is required")

_RANGES = {"percentage": (0, 100), "nps": (0, 10)}


class _EventSchema(Schema):
    """An object that accepts only documented keys."""

    def __init__(self) -> None:
        super().__init__()
        self._fields_by_key = {field.data_key or name: (name, field) for name, field in self.fields.items()}
        self._required = [key for key, (_, field) in self._fields_by_key.items() if field.required]

    def load(self, data: Any, **_options: Any) -> dict[str, Any]:
        """Return the values by name.

        Raises ValidationError with every error. Its `valid_data` contains the values that were read.
        """
        # marshmallow's own load() visits every possible key, and prepares for hooks and partial loading, which this
        # package does not use. That would take a sixth of the time needed to accept an event.
        if not isinstance(data, dict):
            raise ValidationError(
                {"_schema": [FieldError(ErrorCode.TYPE, "must be an object in curly brackets")]}
            )
        values: dict[str, Any] = {}
        errors: dict[str, Any] = self._missing_keys(data)
        unknown = []
        for key, value in data.items():
            if (entry := self._fields_by_key.get(key)) is None:
                unknown.append(key)
                continue
            name, field = entry
            try:
                result = field.deserialize(value)
            except ValidationError as error:
                errors[key] = error.messages
            else:
                if result is not missing:
                    values[name] = result
        if errors or unknown:
            raise ValidationError(errors | self._unknown_keys(sorted(unknown)), valid_data=values)
        return values

    def _missing_keys(self, data: Mapping[str, Any]) -> dict[str, list[FieldError]]:
        return {key: [_MISSING] for key in self._required if key not in data}

    def _unknown_keys(self, keys: list[str]) -> dict[str, list[FieldError]]:
        names = tuple(self._fields_by_key)
        return {
            key: [
                FieldError(
                    ErrorCode.UNKNOWN, _describe_unknown_key(key, names if index < _SUGGESTIONS_MAX else ())
                )
            ]
            for index, key in enumerate(keys)
        }


def _describe_unknown_key(key: str, names: tuple[str, ...]) -> str:
    if suggestion := closest_name(key, names) or MISPLACED_KEYS.get(key):
        return f"is not a key of an event here; did you mean {suggestion}?"
    return "is not a key of an event here; put values without a key of their own into properties"


def _schema(**fields_by_name: Field[Any]) -> Schema:
    return _EventSchema.from_dict(dict(fields_by_name))()


def _with_key(field: Field[Any], key: str) -> Field[Any]:
    """Set the JSON key of a field whose Python name is different."""
    field.data_key = key
    return field


def _build_progress(
    *, kind: str | None = None, low: int | None = None, high: int | None = None, value: int | None = None
) -> Progress:
    minimum, maximum = _RANGES.get(kind or "", (low, high))
    low = minimum if low is None else low
    high = maximum if high is None else high
    if low is None or high is None or minimum is None or maximum is None:
        raise field_error(
            ErrorCode.REQUIRED, "needs from and to: only the kinds percentage and nps have default ranges"
        )
    if not minimum <= low < high <= maximum:
        raise field_error(
            ErrorCode.RANGE, f"must have a from that is less than to{_describe_range(minimum, maximum, kind)}"
        )
    if value is not None and not low <= value <= high:
        raise ValidationError({"value": [FieldError(ErrorCode.RANGE, "must be between from and to")]})
    return Progress(low, high, value, kind)


def _describe_range(minimum: int, maximum: int, kind: str | None) -> str:
    return (
        f", and both between {minimum} and {maximum} for {kind}; kind other has no limits"
        if kind in _RANGES
        else ""
    )


def _build_step(*, value: str, steps: tuple[str, ...]) -> Step:
    if len(set(steps)) < len(steps):
        raise ValidationError({"all": [FieldError(ErrorCode.RULE, "must list each step only once")]})
    if value not in steps:
        raise ValidationError(
            {"value": [FieldError(ErrorCode.RULE, "must be one of the steps in all; case matters")]}
        )
    return Step(value, steps)


def _crm_schema(*types: str) -> Schema:
    return _schema(type=Choice(*types, required=True), id=Text(required=True), system=Text())


PROGRESS = _schema(
    value=Integer(),
    low=_with_key(Integer(), "from"),
    high=_with_key(Integer(), "to"),
    kind=Choice("percentage", "nps", "rating", "other"),
)
STEP = _schema(value=Text(required=True), steps=_with_key(Array(Text(), required=True), "all"))
SEARCH = _schema(
    name=Text(required=True),
    kind=Choice("vendor", "product", "category", required=True),
    domain=fields.domain(required=True),
    id=Text(),
    url=fields.url(),
)
CONTENT = _schema(
    id=Text(),
    title=Title(TITLE_MAX, required=True),
    url=fields.url(),
    labels=Array(Text(), LABELS_MAX),
    info_url=fields.url(),
    progress=NestedObject(PROGRESS, _build_progress),
    step=NestedObject(STEP, _build_step),
    search=NestedObject(SEARCH, Search),
    properties=ScalarMap(),
)
COMPANY = _schema(
    id=Text(),
    name=Text(),
    domain=fields.domain(),
    crm=Array(NestedObject(_crm_schema("account", "opportunity"), CrmRecord)),
)
PERSON = _schema(
    email=fields.email(),
    name=Text(),
    phone=Text(),
    id=Text(),
    title=Text(),
    crm=NestedObject(_crm_schema("contact", "lead"), CrmRecord),
    location=NestedObject(_schema(country=Text(), state=Text(), region=Text(), city=Text()), Location),
    company=NestedObject(COMPANY, Company),
    properties=ScalarMap(),
)
SHARE = _schema(
    id=Text(),
    sharer=NestedObject(_schema(email=fields.email(), name=Text(), gong_user_id=Text()), Sharer),
    recipients=Array(NestedObject(_schema(email=fields.email(required=True), name=Text()), Recipient)),
    subject=Text(),
    message=Text(MESSAGE_MAX, keep_lines=True),
)
EVENT = _schema(
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
