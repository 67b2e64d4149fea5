"""The canonical event: one thing that happened, checked and normalised so that Gong takes whatever is made of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from marshmallow import ValidationError

from relay.core.errors import Problem, ValidationFailed
from relay.core.event.model import Content, EventType, Person, Properties, Share
from relay.core.event.schema import EVENT
from relay.core.event.validation import check_rules
from relay.core.gong.limits import PROBLEMS_MAX
from relay.core.gong.problems import ErrorCode, flatten_errors

EVENT_BYTES_MAX = 48 * 1024
"""Less than a Gong body may have, because its keys are longer than ours."""


@dataclass(frozen=True, slots=True)
class Event:
    """Who did what with which content, and when. `id` is the sender's own.

    Either `person` or `tracking_id` says who. A share is told by its recipients, and `person` may add what is
    known of them.
    """

    id: str
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
    """The event in a parsed JSON value. Invalid holds everything that is wrong with it, in the order of paths."""
    if not isinstance(data, dict):
        raise ValidationFailed(
            [Problem("", ErrorCode.TYPE, "must be an object, in curly brackets: one event")]
        )
    _refuse_unwritable(data)
    problems: list[Problem] = []
    read: dict[str, Any]
    try:
        read = EVENT.load(data)
    except ValidationError as error:
        read = error.valid_data or {}  # type: ignore[assignment]  # one object in, one out
        problems = [
            Problem(path, fault.code, fault.message) for path, fault in flatten_errors(error.messages)
        ]
    paths = {problem.path for problem in problems}
    problems += (problem for problem in check_rules(data, read, now) if problem.path not in paths)
    if problems:
        raise ValidationFailed(sorted(problems, key=lambda problem: problem.path)[:PROBLEMS_MAX])
    return Event(**read)


def _refuse_unwritable(data: dict[Any, Any]) -> None:
    try:
        size = len(orjson.dumps(data))
    except orjson.JSONEncodeError:
        problem = Problem(
            "", ErrorCode.FORMAT, "cannot be written as JSON: half a surrogate pair, or nested too deep"
        )
        raise ValidationFailed([problem]) from None
    if size > EVENT_BYTES_MAX:
        message = (
            f"must be at most {EVENT_BYTES_MAX} bytes of JSON, and is {size}: send links in place of texts"
        )
        raise ValidationFailed([Problem("", ErrorCode.LENGTH, message)])
