"""The API of queues and destinations: what is queued where, pause, resume, probe, connect."""

from relay.web.openapi.operation import Answer, Body, Described
from relay.web.openapi.problems import CHANGING, JSON_SENT, KEPT, RANKED, STORED
from relay.web.openapi.queue_schemas import BUDGET, DOWN, HOLD, ROW, SHOWN, STORE, STORES, WORKER
from relay.web.openapi.schema_types import (
    Schema,
    component,
    exactly,
    flag,
    listed,
    moment,
    number,
    or_null,
    record,
    text,
    whole,
    word,
)
from relay.web.openapi.shared import COUNT, DESTINATION, at

GROUP = "Destinations"

_OTHERS = record({"spent_about": COUNT, "seen_at": moment()}, "What others have spent of the company's day.")
_PLACE: dict[str, Schema] = {
    "base_url": or_null(text()),
    "dialect": or_null(text()),
    "auth": or_null(word(("api_key", "oauth"))),
    "account": or_null(text("What payloads call its customer.")),
    "source_system_name": or_null(text()),
    "internal_domains": listed(text()),
    "connected": or_null(flag("Whether its customer has let it in; null where that is not how.")),
}
_GRANT = record({"connected": flag(), "lost": or_null(text()), "expires_at": or_null(moment())})
_PAST = record(
    {"cause": text(), "detail": text(), "remedy": text(), "since": moment(), "until": moment()}
    | {"seconds": number()}
)
COMPONENTS = {
    "Destination": record(ROW | _PLACE, "One Gong: where it is, what it may be sent, how its queue stands."),
    "DestinationPage": record(
        ROW
        | _PLACE
        | {
            "grant": or_null(_GRANT),
            "last_probe": or_null(component("Probe")),
            "holds": listed(_PAST, "Those that have ended."),
        },
        "One Gong in full.",
    ),
    "Budget": BUDGET,
    "Hold": HOLD,
    "Store": STORE,
    "Queues": record(
        {
            "destinations": listed(record(ROW)),
            "workers": listed(WORKER),
            "store": component("Store"),
            "stores": STORES,
            "down": listed(DOWN, "Where Gong does not answer."),
            "unverified": listed(text(), "Sources whose webhook takes anybody's requests."),
        },
        "What is queued where, what may be sent, who sends it.",
    ),
    "Probe": record(
        {
            "at": moment(),
            "outcome": text(examples=["passed"]),
            "status": or_null(whole()),
            "detail": text(),
            "remedy": or_null(text()),
        },
        "What came of a probe.",
    ),
}

_EXAMPLE = {
    "destinations": [SHOWN],
    "workers": [
        {"store": "main", "name": "relay-1-4711-a3f0c2", "hostname": "relay-1", "pid": "4711"}
        | {"started_at": at(9), "last_seen_at": at(10)}
    ],
    "store": {
        "durability": "full",
        "relaxed": [],
        "appendonly": "yes",
        "appendfsync": "always",
        "memory_used": 0.041,
    },
    "stores": [],
    "down": [],
    "unverified": [],
}

_PLACED = {
    "base_url": "https://api.gong.io",
    "dialect": "gong",
    "auth": "api_key",
    "account": None,
    "source_system_name": "Acme Hub",
    "internal_domains": ["acme.com"],
    "connected": None,
}

QUEUES = Described(
    *("GET", "/v1/queues", "showQueues", GROUP, "What is queued where"),
    role="viewer",
    answers=(Answer(200, "The queues.", component("Queues"), _EXAMPLE),),
    errors=(*RANKED, *STORED),
)

LIST = Described(
    *("GET", "/v1/destinations", "listDestinations", GROUP, "Every destination"),
    role="viewer",
    answers=(
        Answer(
            200,
            "By name.",
            record({"destinations": listed(component("Destination"))}),
            {"destinations": [SHOWN | _PLACED]},
        ),
    ),
    errors=(*RANKED, *STORED),
)

SHOW = Described(
    *("GET", "/v1/destinations/{name}", "showDestination", GROUP, "One destination"),
    role="viewer",
    parameters=(DESTINATION,),
    answers=(
        Answer(
            200,
            "With its customer's grant, its last probe, and the holds that have ended.",
            component("DestinationPage"),
            SHOWN | _PLACED | {"grant": None, "last_probe": None, "holds": []},
        ),
    ),
    errors=(*RANKED, "no_such_destination", *STORED),
)

_NAMED = (*CHANGING, "no_such_destination", *STORED)

PAUSE = Described(
    *("POST", "/v1/destinations/{name}/pause", "pauseDestination", GROUP, "Put a destination on hold"),
    role="operator",
    more="Its events wait; none is lost.",
    parameters=(DESTINATION,),
    answers=(
        Answer(
            200,
            "It is on hold.",
            record({"destination": text(), "on_hold": exactly(value=True), "changed": flag()}),
            {"destination": "acme", "on_hold": True, "changed": True},
        ),
    ),
    errors=_NAMED,
)

RESUME = Described(
    *("POST", "/v1/destinations/{name}/resume", "resumeDestination", GROUP, "End a destination's hold"),
    role="operator",
    parameters=(DESTINATION,),
    answers=(
        Answer(
            200,
            "It takes calls. `events` went back to the queue.",
            record(
                {"destination": text(), "on_hold": exactly(value=False), "changed": flag(), "events": COUNT}
            ),
            {"destination": "acme", "on_hold": False, "changed": True, "events": 12},
        ),
    ),
    errors=_NAMED,
)

PROBE = Described(
    *("POST", "/v1/destinations/{name}/probe", "probeDestination", GROUP, "Try a destination's credentials"),
    role="operator",
    more="A worker makes one call that creates nothing. Ask again to see what came of it.",
    parameters=(DESTINATION,),
    answers=(
        Answer(
            202,
            "The probe is queued. `previous` is the result of the probe before it.",
            record(
                {
                    "destination": text(),
                    "queued": exactly(value=True),
                    "previous": or_null(component("Probe")),
                }
            ),
            {"destination": "acme", "queued": True, "previous": None},
        ),
    ),
    errors=_NAMED,
)

CONNECT = Described(
    *("POST", "/v1/destinations/{name}/connect", "makeLink", GROUP, "Make a link that connects a customer"),
    role="admin",
    more="The customer's technical administrator opens it. It is good once, for half an hour.",
    parameters=(DESTINATION,),
    body=Body(
        "Who is to be connected. All of it may be left out.",
        {
            "application/json": record(
                {},
                optional={
                    **dict.fromkeys(("account", "company", "source_system_name"), text(maxLength=255)),
                    "internal_domains": listed(text()),
                },
            )
        },
        {"customer": {"account": "globex-7", "internal_domains": ["globex.com"]}},
        required=False,
    ),
    answers=(
        Answer(
            201,
            "The link.",
            record({"destination": text(), "url": text(), "expires_at": moment()}),
            {
                "destination": "globex",
                "url": "https://relay.example.com/connect/gong?destination=globex&ticket=q3JrTj0mXw2vY8sKcB1dZg",
                "expires_at": "2026-11-20T10:30:00Z",
            },
        ),
    ),
    errors=(
        *CHANGING,
        *(code for code in JSON_SENT if code not in {"empty_body", "length_required"}),
        *("invalid", "oauth_not_configured", "uses_api_key", "account_taken", "store_mismatch"),
        *KEPT,
    ),
)

OPERATIONS = (LIST, SHOW, QUEUES, PAUSE, RESUME, PROBE, CONNECT)
