"""Values and parameters that several operations share."""

from relay.core.call import Operation
from relay.core.errors import Problem as Fault
from relay.core.lifecycle import State
from relay.core.priority import Priority
from relay.web.openapi.operation import Parameter
from relay.web.openapi.schema_types import ID, by_name, component, listed, number, record, text, whole, word

STATUS = word(State, "Where the event is.")
PRIORITY = word(Priority)
EVENT_ID = text("Gong's eventId: the source's name and the sender's own id.", examples=["website:ev-123"])
OUR_ID = text("The relay's name for it.", pattern="^[0-9A-Z]{26}$", examples=[ID])
METHOD = word(("POST", "PUT"))
PATH = text("The path at Gong.", examples=[Operation.DIGITAL_INTERACTION.path])
GONG_BODY = {"type": "object", "description": "The JSON that Gong gets."}
ASSOCIATION = word(("strong", "medium", "weak", "opaque"), "How surely Gong can tell whom it is about.")
COUNT = whole()
COUNTS = by_name(whole())

PROBLEM = record(
    {
        "type": text(),
        "title": text("The kind of error, in words."),
        "status": whole(),
        "code": text("What programs decide by. It never changes its meaning."),
        "detail": text("For people; may be reworded."),
    },
    "An error, as RFC 9457 has it.",
    optional={"errors": listed(component("Fault"), "Everything that is wrong, at once.")},
)

FAULT = record(
    {
        "path": text("Where: `content.labels[0]`; empty for the whole.", examples=["person.email"]),
        "code": text("What kind.", examples=["required"]),
        "message": text("What is wrong, and the remedy."),
    },
    "One thing that is wrong, or a warning.",
)
FAULTS = listed(component("Fault"))

SESSION = record(
    {
        "ties": listed(text(), "What keeps it apart from others."),
        "idle_timeout_seconds": number(),
        "max_duration_seconds": number(),
        "as": text("The type that stands for the whole."),
    },
    "The session that the event is aggregated into.",
)

A_FAULT = Fault("content.title", "required", "is required").as_dict()

DESTINATION = Parameter(
    "name", "The destination's name.", text(examples=["acme"]), place="path", example="acme"
)
SOURCE = Parameter("name", "The source's name.", text(examples=["website"]), place="path", example="website")
EVENT = Parameter("event_id", "The relay's id of it.", text(examples=[ID]), place="path", example=ID)
CURSOR = Parameter("cursor", "Goes on where the page before ended: its `cursor`.", text())


def limit(most: int) -> Parameter:
    schema = whole(least=1, maximum=most, default=50)
    return Parameter("limit", f"How many at most, up to {most}.", schema, example=50)


def at(hour: int) -> str:
    """A moment for examples."""
    return f"2026-11-20T{hour:02}:00:00.000Z"
