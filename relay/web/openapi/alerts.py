"""The API of alerts: what needs somebody's attention, and a test for who is told of it."""

from relay.core.alerts.kinds import AlertKind, Severity
from relay.core.alerts.thresholds import ReceiverFormat
from relay.web.openapi.operation import Answer, Described, Parameter
from relay.web.openapi.problems import CHANGING, KEPT, RANKED, STORED
from relay.web.openapi.schema_types import (
    component,
    exactly,
    flag,
    listed,
    moment,
    or_null,
    record,
    text,
    whole,
    word,
)
from relay.web.openapi.shared import COUNT, at

GROUP = "Alerts"

_SUBJECTS = ("destination", "company", "store", "base_url", "source")
_LAST = record(
    {
        "message": text("Its id: what came as `webhook-id`."),
        "at": moment(),
        "outcome": text("`arrived`, `rejected`, or what went wrong on the way."),
        "status": or_null(whole("What the receiver answered.")),
        "failing_since": or_null(moment("Null while messages arrive.")),
    },
    "What came of the last message.",
)
_RECEIVER = record({"name": text(), "format": word(ReceiverFormat), "last": or_null(_LAST)})
_LOOK = record(
    {"store": text(), "at": or_null(moment("When a worker last looked; null: never."))},
    optional={"messages_waiting": COUNT, "away": text("By which code the store is away.")},
)

COMPONENTS = {
    "Alert": record(
        {
            "id": text("The same from the first message to the all-clear."),
            "kind": word(AlertKind),
            "severity": word(Severity),
            "store": text(),
            "about": word(_SUBJECTS, "What `name` is."),
            "name": text(examples=["acme"]),
            "text": text("What is the case."),
            "remedy": text("What to do."),
            "since": moment("When its cause began."),
            "opened_at": moment(),
            "seen_at": moment("When it was last found to be so."),
            "told_at": moment(),
            "told": whole("How often receivers were told."),
            "cleared_at": or_null(moment()),
        },
        "Something that needs somebody's attention.",
    ),
}

_ALERT = {
    "id": "6f1d0c9b52aa4e07",
    "kind": AlertKind.DAY_BUDGET,
    "severity": Severity.WARNING,
    "store": "main",
    "about": "company",
    "name": "acme",
    "text": "acme has spent 9,120 of the 10,000 calls that it may make in 24 hours.",
    "remedy": "Once it is spent, events wait for room in the rolling day.",
    "since": at(10),
    "opened_at": at(10),
    "seen_at": at(10),
    "told_at": at(10),
    "told": 1,
    "cleared_at": None,
}

LIST = Described(
    *("GET", "/v1/alerts", "listAlerts", GROUP, "What needs somebody's attention"),
    role="viewer",
    more="The gravest and newest first; then the last fifty that are over, and who is told.",
    answers=(
        Answer(
            200,
            "All of it.",
            record(
                {
                    "open": listed(component("Alert")),
                    "over": listed(component("Alert")),
                    "receivers": listed(_RECEIVER),
                    "looks": listed(_LOOK),
                    "heartbeat": flag("Whether a dead man's switch is told after each look."),
                }
            ),
            {
                "open": [_ALERT],
                "over": [],
                "receivers": [{"name": "ops", "format": "standard", "last": None}],
                "looks": [{"store": "main", "at": at(10), "messages_waiting": 1}],
                "heartbeat": True,
            },
        ),
    ),
    errors=(*RANKED, *STORED),
)

TEST = Described(
    *("POST", "/v1/alerts/receivers/{name}/test", "testReceiver", GROUP, "Send a receiver a test"),
    role="operator",
    more="A worker sends it; `GET /v1/alerts` tells what came of it.",
    parameters=(
        Parameter("name", "The receiver's name.", text(examples=["ops"]), place="path", example="ops"),
    ),
    answers=(
        Answer(
            202,
            "It waits for a worker.",
            record({"receiver": text(), "message": text("Its id."), "queued": exactly(value=True)}),
            {"receiver": "ops", "message": "alert-test-mfrggzdfmztwq2lk", "queued": True},
        ),
    ),
    errors=(*CHANGING, "no_such_receiver", *KEPT),
)

OPERATIONS = (LIST, TEST)
