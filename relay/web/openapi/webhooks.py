"""Schemas of webhook responses."""

from relay.web.openapi.schema_types import Schema, record
from relay.web.openapi.shared import COUNT, RELAY_ID

COMPONENTS: dict[str, Schema] = {
    "WebhookAccepted": record(
        {"receipt": RELAY_ID, **dict.fromkeys(("queued", "duplicates", "filtered", "dead"), COUNT)},
        "An accepted request, with counts of its events.",
    )
}
