"""How sessions become one call: what a rule, and a source for each type of event, may say of it."""

# ruff: noqa: ARG002, RUF012 marshmallow hands all of these to `_deserialize`, and reads messages from a class attribute

from collections.abc import Container, Iterator, Mapping
from typing import Any

from marshmallow import ValidationError, fields

from relay.config.base_schema import StrictSchema
from relay.config.fields import Text
from relay.core.call import Dialect, SendAs
from relay.core.errors import Problem
from relay.core.event.model import EventType
from relay.core.mapping.visit_sessions import parse_aggregate
from relay.core.visit_session import AggregateOptions
from relay.settings import did_you_mean


class Duration(fields.Field[Any]):
    """A time: `90s`, `15m`, `4h`, or a number of seconds. Who reads it refuses any other."""


AggregateSchema = StrictSchema.from_dict(
    {
        "idle_timeout": Duration(
            metadata={"description": "A session is over when it has been quiet for so long."}
        ),
        "max_duration": Duration(metadata={"description": "Or when it has lasted for so long."}),
        "as": Text(metadata={"description": "What Gong calls it: the eventType of the one call."}),
    },
    name="AggregateSchema",
)

RuleAggregateSchema = AggregateSchema.from_dict(
    {"by": Text(metadata={"description": 'What ties the events: "{{ JMESPath }}". Else their sessionId.'})},
    name="RuleAggregateSchema",
)


class AggregatesByType(fields.Dict):
    """Sessions by the type of their events. What is wrong is told by its key."""

    default_error_messages = {
        "null": "is empty: give it a value or remove the line",
        "invalid": "must be a mapping of types of event, as in page_view: {{idle_timeout: 15m}}",
    }
    key_schema = {"enum": [*EventType]}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(values=fields.Nested(AggregateSchema), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        right: dict[EventType, AggregateOptions] = {}
        wrong: dict[str, Any] = {}
        for key, spec in value.items():
            if key not in tuple(EventType):
                wrong[str(key)] = [f"there is no such type of event{did_you_mean(str(key), [*EventType])}"]
                continue
            aggregate, problems = parse_aggregate(spec, path="")
            right[EventType(key)] = aggregate
            if problems:
                wrong[key] = {problem.path or "_schema": [problem.message] for problem in problems}
        if wrong:
            raise ValidationError(wrong)
        return right


def aggregate_problems(
    sources: Mapping[str, Mapping[str, Any]], catalog: Container[str]
) -> Iterator[Problem]:
    """Sources that aggregate calls which cannot tell of many events. `catalog` are the destinations of that dialect."""
    for name, source in sources.items():
        if not source["aggregate"]:
            continue
        if source["send_as"] is SendAs.ENGAGEMENT:
            why = f"send_as: {SendAs.ENGAGEMENT} makes other calls"
        elif source["destination"] in catalog:
            why = f"{source['destination']} speaks dialect {Dialect.CATALOG}"
        else:
            continue
        message = f"is for digital interactions, which alone can tell of many events, and {why}: take it out"
        yield Problem(f"sources.{name}.aggregate", "conflict", message)
