"""Schemas and parameters that several operations use."""

from relay.core.call import Operation as GongOperation
from relay.core.errors import Problem
from relay.core.lifecycle import State
from relay.core.priority import Priority
from relay.web.openapi.operation import Parameter, path, query
from relay.web.openapi.schema_types import (
    ID,
    array,
    choice,
    component,
    integer,
    map_of,
    number,
    record,
    string,
)

STATUS = choice(State, "The event's state.")
PRIORITY = choice(Priority)
EVENT_ID = string(
    "Gong's eventId: the source's name, a colon, and the sender's own id.", examples=["website:ev-123"]
)
RELAY_ID = string("The relay's id.", pattern="^[0-9A-Z]{26}$", examples=[ID])
METHOD = choice(("POST", "PUT"))
GONG_PATH = string("The path in Gong's API.", examples=[GongOperation.DIGITAL_INTERACTION.path])
GONG_BODY = {"type": "object", "description": "The JSON body sent to Gong."}
ASSOCIATION = choice(
    ("strong", "medium", "weak", "opaque"),
    "How reliably Gong can associate the event with a person, an account or a deal.",
)
COUNT = integer()
COUNTS = map_of(integer())

PROBLEM_DOCUMENT = record(
    {
        "type": string(),
        "title": string("A short name for the error, for people."),
        "status": integer(),
        "code": string("Identifies the error for programs. A code never changes its meaning."),
        "detail": string("An explanation for people. The wording may change."),
    },
    "An error, as defined by RFC 9457.",
    optional={"errors": array(component("ValidationProblem"), "The validation problems, at most 100.")},
)

VALIDATION_PROBLEM = record(
    {
        "path": string(
            "The field, such as `content.labels[0]`. Empty for the whole body.", examples=["person.email"]
        ),
        "code": string("The kind of problem.", examples=["required"]),
        "message": string("What is wrong, and how to fix it."),
    },
    "A validation problem, or a warning.",
)
VALIDATION_PROBLEMS = array(component("ValidationProblem"))

SESSION = record(
    {
        "key": array(string(), "The values that identify the session."),
        "idle_timeout_seconds": number(),
        "max_duration_seconds": number(),
        "as": string("The event type of the aggregate."),
    },
    "The session that the event is aggregated into.",
)

VALIDATION_PROBLEM_EXAMPLE = Problem("content.title", "required", "is required").as_dict()

DESTINATION = path("name", "The destination's name.", schema=string(examples=["acme"]), example="acme")
SOURCE = path("name", "The source's name.", schema=string(examples=["website"]), example="website")
EVENT = path("event_id", "The event's id in the relay.", schema=string(examples=[ID]), example=ID)
CURSOR = query("cursor", "The `cursor` of the previous page.")


def limit(maximum: int) -> Parameter:
    """The page size, 50 by default."""
    schema = integer(minimum=1, maximum=maximum, default=50)
    return query("limit", f"The page size, at most {maximum}.", schema, example=50)


def at(hour: int) -> str:
    """A timestamp for examples."""
    return f"2026-11-20T{hour:02}:00:00.000Z"
