"""The API of webhooks: what partners post as it is."""

from dataclasses import replace

from relay.web.openapi.operation import Answer, Body, Described
from relay.web.openapi.problems import KEPT, SENT
from relay.web.openapi.schema_types import ID, anything, component, record, text
from relay.web.openapi.shared import COUNT, OUR_ID, SOURCE

GROUP = "Webhooks"

COMPONENTS = {
    "WebhookTaken": record(
        {"receipt": OUR_ID, **dict.fromkeys(("queued", "duplicates", "filtered", "dead"), COUNT)},
        "A request that is on disk, with every event that it became.",
    )
}

_ANY = "What the source says it answers with: its status, type and text are the configuration's."

TAKE = Described(
    *("POST", "/v1/webhooks/{name}", "takeWebhook", GROUP, "Take a partner's webhook"),
    role="",
    more="There is no API key: the request proves itself by its signature, over its raw bytes. What is proven is "
    "answered with `2xx`, mapped or not: partners drop, pause or block on `4xx`. Presets answer as their vendor expects.",
    parameters=(SOURCE,),
    body=Body(
        "The partner's own payload.",
        {
            "application/json": anything("Any JSON."),
            "application/x-ndjson": text("Lines of JSON."),
            "application/x-www-form-urlencoded": {"type": "object"},
            "multipart/form-data": {"type": "object"},
        },
        {"payload": {"event": "page_view", "page": "Pricing", "email": "jane@globex.com"}},
    ),
    answers=(
        Answer(
            202,
            "It is on disk.",
            component("WebhookTaken"),
            {"receipt": ID, "queued": 2, "duplicates": 0, "filtered": 1, "dead": 0},
        ),
        Answer(200, _ANY),
    ),
    errors=("verification_failed", "no_such_source", *SENT, *KEPT),
)

TAKE_PUT = replace(TAKE, method="PUT", name="takeWebhookByPut", told="The same, for partners that PUT")

HANDSHAKE = Described(
    *("GET", "/v1/webhooks/{name}", "answerHandshake", GROUP, "Answer a vendor's handshake"),
    role="",
    more="Only where the source's preset or `verify` names one. It makes no event.",
    parameters=(SOURCE,),
    answers=(
        Answer(
            200,
            "The vendor's challenge, answered as it asks for.",
            text(),
            "challenge-7f3a",
            kind="text/plain",
        ),
    ),
    errors=("verification_failed", "no_such_source", "not_found"),
)

HANDSHAKE_HEAD = replace(HANDSHAKE, method="HEAD", name="answerProbe", told="The same without a body")

OPERATIONS = (TAKE, TAKE_PUT, HANDSHAKE, HANDSHAKE_HEAD)
