"""The key `aggregate` of a source and of a rule: which events are sent as one call for their session."""

# ruff: noqa: ARG002, RUF012 - marshmallow passes all of these to `_deserialize`, and reads messages from a class attribute

from collections.abc import Container, Iterator, Mapping
from typing import Any

from marshmallow import ValidationError, fields

from relay.config.fields import StrictSchema, Text
from relay.core.call import Dialect, SendAs
from relay.core.errors import Problem
from relay.core.event.model import EventType
from relay.core.mapping.problems import did_you_mean
from relay.core.mapping.visit_sessions import parse_aggregate
from relay.core.visit_session import AggregateOptions


class Duration(fields.Field[Any]):
    """A duration: `90s`, `15m`, `4h`, or a number of seconds. `parse_aggregate` rejects any other value."""


AggregateSchema = StrictSchema.from_dict(
    {
        "idle_timeout": Duration(
            metadata={"description": "A session ends after this time without an event."}
        ),
        "max_duration": Duration(metadata={"description": "A session ends at the latest after this time."}),
        "as": Text(metadata={"description": "The eventType of the one call, as Gong shows it."}),
    },
    name="AggregateSchema",
)

RuleAggregateSchema = AggregateSchema.from_dict(
    {
        "by": Text(
            metadata={
                "description": 'The value that events of a session share: "{{ JMESPath }}". Default: their sessionId.'
            }
        )
    },
    name="RuleAggregateSchema",
)


class AggregatesByType(fields.Dict):
    """Settings of sessions by type of event. Reports problems by key."""

    default_error_messages = {
        "null": "is empty: give it a value or remove the line",
        "invalid": "must be a mapping of event types, as in page_view: {{idle_timeout: 15m}}",
    }
    key_schema = {"enum": [*EventType]}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(values=fields.Nested(AggregateSchema), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        valid: dict[EventType, AggregateOptions] = {}
        errors: dict[str, Any] = {}
        for key, spec in value.items():
            if key not in tuple(EventType):
                errors[str(key)] = [f"there is no such event type{did_you_mean(str(key), [*EventType])}"]
                continue
            aggregate, problems = parse_aggregate(spec, path="")
            valid[EventType(key)] = aggregate
            if problems:
                errors[key] = {problem.path or "_schema": [problem.message] for problem in problems}
        if errors:
            raise ValidationError(errors)
        return valid


def aggregate_problems(
    sources: Mapping[str, Mapping[str, Any]], catalog: Container[str]
) -> Iterator[Problem]:
    """Yield the sources that aggregate calls of another kind. `catalog` contains the destinations of that dialect."""
    for name, source in sources.items():
        if not source["aggregate"]:
            continue
        if source["send_as"] is SendAs.ENGAGEMENT:
            reason = f"send_as: {SendAs.ENGAGEMENT} makes other calls"
        elif source["destination"] in catalog:
            reason = f"{source['destination']} has dialect {Dialect.CATALOG}"
        else:
            continue
        message = (
            f"works only for digital interactions, which can describe several events, but {reason}: remove it"
        )
        yield Problem(f"sources.{name}.aggregate", "conflict", message)
