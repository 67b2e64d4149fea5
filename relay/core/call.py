"""A call: the one request that an event becomes, and the eight operations there are to choose from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from relay.core.timestamps import parse_timestamp


class Dialect(StrEnum):
    """Which description of Gong's API a destination follows."""

    GONG = "gong"
    CATALOG = "catalog"


class SendAs(StrEnum):
    """Which of Gong's two APIs a source's canonical events go to."""

    DIGITAL_INTERACTION = "digital-interaction"
    ENGAGEMENT = "engagement"


class Operation(StrEnum):
    """One request that Gong (or a gateway of the catalogue dialect) takes. The value is its name everywhere."""

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
        """The path below a destination's base URL, with its leading slash."""
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
    """The ready request for Gong. `event_id` is the eventId that Gong deduplicates on, `body` the JSON object to send."""

    operation: Operation
    event_id: str
    body: Mapping[str, Any]

    @property
    def happened_at(self) -> datetime | None:
        """When that of which it tells happened; None where its body does not say."""
        for name in _MOMENTS:
            try:
                return parse_timestamp(self.body[name])
            except (KeyError, ValueError, TypeError):
                continue
        return None


_MOMENTS = ("timestamp", "eventTimestamp")
