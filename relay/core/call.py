"""Calls: the request to Gong that delivers an event, and the eight operations of Gong's API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from relay.core.timestamps import parse_timestamp


class Dialect(StrEnum):
    """The version of Gong's API that a destination follows."""

    GONG = "gong"
    CATALOG = "catalog"


class SendAs(StrEnum):
    """Which of Gong's two APIs a source's canonical events go to."""

    DIGITAL_INTERACTION = "digital-interaction"
    ENGAGEMENT = "engagement"


class Operation(StrEnum):
    """One operation of Gong's API, or of a gateway in the catalog dialect. The value is its name everywhere."""

    DIGITAL_INTERACTION = "digital-interaction"
    CONTENT_SHARED = "content-shared"
    CONTENT_VIEWED = "content-viewed"
    CUSTOM_ACTION = "custom-action"
    CATALOG_INTERACTION = "catalog-interaction"
    CATALOG_SHARE = "catalog-share"
    CATALOG_VIEW = "catalog-view"
    CATALOG_ACTION = "catalog-action"

    @property
    def method(self) -> Literal["POST", "PUT"]:
        return _ROUTES[self][0]

    @property
    def path(self) -> str:
        """The path below a destination's base URL, with a leading slash."""
        return _ROUTES[self][1]


_ROUTES: Mapping[Operation, tuple[Literal["POST", "PUT"], str]] = {
    Operation.DIGITAL_INTERACTION: ("POST", "/v2/digital-interaction"),
    Operation.CONTENT_SHARED: ("PUT", "/v2/customer-engagement/content/shared"),
    Operation.CONTENT_VIEWED: ("PUT", "/v2/customer-engagement/content/viewed"),
    Operation.CUSTOM_ACTION: ("PUT", "/v2/customer-engagement/action"),
    Operation.CATALOG_INTERACTION: ("POST", "/v2/digital-interactions"),
    Operation.CATALOG_SHARE: ("PUT", "/v2/customer-engagement/share"),
    Operation.CATALOG_VIEW: ("PUT", "/v2/customer-engagement/view"),
    Operation.CATALOG_ACTION: ("PUT", "/v2/customer-engagement/action"),
}


@dataclass(frozen=True, slots=True)
class Call:
    """A complete request to Gong. `event_id` is the eventId by which Gong deduplicates, `body` the JSON object to send."""

    operation: Operation
    event_id: str
    body: Mapping[str, Any]

    @property
    def happened_at(self) -> datetime | None:
        """When the event happened; None if the body does not say."""
        for name in _TIMESTAMP_FIELDS:
            try:
                return parse_timestamp(self.body[name])
            except (KeyError, ValueError, TypeError):
                continue
        return None


_TIMESTAMP_FIELDS = ("timestamp", "eventTimestamp")
