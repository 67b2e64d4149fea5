"""What needs no key: whether the relay lives and takes events, its version, this document, and the pages for customers."""

from relay.web.openapi.operation import Answer, Described, Parameter
from relay.web.openapi.problems import STORED
from relay.web.openapi.queue_schemas import STORES
from relay.web.openapi.schema_types import (
    Schema,
    component,
    exactly,
    moment,
    or_null,
    record,
    text,
    whole,
    word,
)

PROBES, PAGES = "Probes", "Pages for customers"
HTML = "text/html; charset=utf-8"

COMPONENTS: dict[str, Schema] = {}

_STORE = {"durability": "full", "relaxed": [], "appendonly": "yes", "appendfsync": "always"}

_CONFIGURATION = record(
    {
        "status": word(("current", "rejected")),
        "since": or_null(moment()),
        "faults": whole("How many; the overview tells which."),
    },
    "Whether the file is the one that serves, or an older one because it is wrong.",
)

LIVE = Described(
    *("GET", "/livez", "isAlive", PROBES, "Whether this process answers"),
    role="",
    answers=(Answer(200, "It does.", record({"status": exactly("ok")}), {"status": "ok"}),),
)

READY = Described(
    *("GET", "/readyz", "isReady", PROBES, "Whether events can be taken"),
    role="",
    more="The main store answers, and has room. Load balancers ask this.",
    answers=(
        Answer(
            200,
            "They can.",
            record(
                {"status": exactly("ok"), "configuration": _CONFIGURATION, "store": component("Store")},
                optional={"stores": STORES},
            ),
            {
                "status": "ok",
                "configuration": {"status": "current", "since": None, "faults": 0},
                "store": _STORE | {"memory_used": 0.041},
            },
        ),
    ),
    errors=("shutting_down", *STORED, "store_nearly_full"),
)

VERSION = Described(
    *("GET", "/version", "showVersion", PROBES, "The version"),
    role="",
    answers=(Answer(200, "It.", record({"version": text()}), {"version": "0.1.0"}),),
)

DOCUMENT = Described(
    *("GET", "/openapi.json", "showDocument", PROBES, "This document"),
    role="",
    answers=(
        Answer(
            200,
            "OpenAPI 3.1.",
            {"type": "object", "required": ["openapi", "paths"]},
            headers={"ETag": "Send it back as `If-None-Match`."},
        ),
        Answer(304, "It has not changed."),
    ),
)

_PAGE = text("A page for people.")
_CONSENT = (
    Parameter("state", "As it was sent to Gong.", text()),
    Parameter("code", "Gong's code, where it was allowed.", text()),
    Parameter("error", "Gong's word, where it was not.", text()),
)
_NOT_CONNECTED = tuple(
    Answer(status, told, _PAGE, kind=HTML)
    for status, told in (
        (400, "The answer of Gong's was used, or is too old."),
        (401, "The link was used, is too old, or was cut short."),
        (403, "The answer of Gong's belongs to another browser, or the key is no operator's."),
        (404, "There is nothing to tell any more."),
        (409, "It cannot be connected; the page says why."),
        (422, "The destination has no possible name."),
        (503, "The store is away."),
    )
)

START = Described(
    *("GET", "/connect/gong", "startConsent", PAGES, "To Gong's consent page"),
    role="",
    more="Opened in a browser by the technical administrator of a customer's Gong. The link's ticket lets them in, or an "
    "operator's key.",
    parameters=(
        Parameter("destination", "Which one is to be connected.", text(), example="globex"),
        Parameter("ticket", "The link's, good once.", text()),
    ),
    answers=(Answer(302, "On to Gong.", headers={"Location": "Gong's consent page."}), *_NOT_CONNECTED),
)

BACK = Described(
    *("GET", "/connect/gong/callback", "finishConsent", PAGES, "Back from Gong"),
    role="",
    parameters=_CONSENT,
    answers=(
        Answer(200, "Gong was not allowed to be connected.", _PAGE, kind=HTML),
        Answer(303, "A worker goes on with it.", headers={"Location": "The page that tells how far it is."}),
        *_NOT_CONNECTED,
    ),
)

DONE = Described(
    *("GET", "/connect/gong/done", "showConsent", PAGES, "How far the connection is"),
    role="",
    parameters=(Parameter("id", "The consent's.", text()),),
    answers=(Answer(200, "How far it is.", _PAGE, kind=HTML), *_NOT_CONNECTED),
)

OPERATIONS = (LIVE, READY, VERSION, DOCUMENT, START, BACK, DONE)
