"""The canonical event: one thing that a buyer did, validated and normalized so that every call made from it is valid."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from marshmallow import ValidationError

from relay.core.errors import PROBLEMS_MAX, Problem, ValidationFailed
from relay.core.event.model import Content, EventType, Person, Properties, Share
from relay.core.event.schema import EVENT
from relay.core.event.validation import check_rules
from relay.core.gong.problems import ErrorCode, flatten_errors

EVENT_BYTES_MAX = 48 * 1024
"""Smaller than the limit of a Gong body, because Gong's keys are longer than ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Who did what with which content, and when.

    Either `person` or `tracking_id` identifies the person. A share is identified by its recipients instead; there,
    `person` may add details of the recipient with the same email address.
    """

    id: str
    """The sender's own id."""
    type: EventType
    occurred_at: datetime
    content: Content
    action: str | None = None
    person: Person | None = None
    tracking_id: str | None = None
    session_id: str | None = None
    device: str | None = None
    user_agent: str | None = None
    share: Share | None = None
    workspace_id: str | None = None
    properties: Properties = field(default_factory=dict)


def read_event(data: object, *, now: datetime) -> Event:
    """Parse the event in a JSON value. Raises ValidationFailed with every problem, sorted by path."""
    if not isinstance(data, dict):
        raise ValidationFailed([Problem("", ErrorCode.TYPE, "must be a JSON object with one event")])
    _check_serializable(data)
    problems: list[Problem] = []
    fields: dict[str, Any]
    try:
        fields = EVENT.load(data)
    except ValidationError as error:
        # The rules below also check an event that has field errors, so that the sender sees all problems at once.
        fields = error.valid_data or {}  # type: ignore[assignment]  # a dict, because `data` is one
        problems = [
            Problem(path, field_error.code, field_error.message)
            for path, field_error in flatten_errors(error.messages)
        ]
    paths = {problem.path for problem in problems}
    problems += (problem for problem in check_rules(data, fields, now) if problem.path not in paths)
    if problems:
        raise ValidationFailed(sorted(problems, key=lambda problem: problem.path)[:PROBLEMS_MAX])
    return Event(**fields)


def _check_serializable(data: dict[Any, Any]) -> None:
    try:
        size = len(orjson.dumps(data))
    except orjson.JSONEncodeError:
        problem = Problem(
            "",
            ErrorCode.FORMAT,
            "cannot be written as JSON: it is nested too deeply or contains an unpaired surrogate",
        )
        raise ValidationFailed([problem]) from None
    if size > EVENT_BYTES_MAX:
        message = f"must be at most {EVENT_BYTES_MAX} bytes of JSON, but is {size}: send links instead of long texts"
        raise ValidationFailed([Problem("", ErrorCode.LENGTH, message)])
