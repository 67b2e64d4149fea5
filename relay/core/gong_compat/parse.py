"""A body as a client of Gong sends it, made ready to be sent on: without nulls, without leaked keys, and checked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from relay.core.call import Operation
from relay.core.default_mapping.losses import dropped_warning
from relay.core.errors import Problem, ValidationFailed
from relay.core.gong import engagement_schema as engagement
from relay.core.gong.validate import validate_body

ENGAGEMENT_OPERATIONS = frozenset(
    {Operation.CONTENT_SHARED, Operation.CONTENT_VIEWED, Operation.CUSTOM_ACTION}
)
"""Gong's three engagement calls. Their eventId may be left out."""

CATALOG_OPERATIONS = frozenset(
    {
        Operation.CATALOG_INTERACTION,
        Operation.CATALOG_SHARE,
        Operation.CATALOG_VIEW,
        Operation.CATALOG_ACTION,
    }
)

_ID_KEYS = {
    Operation.DIGITAL_INTERACTION: "eventId",
    **dict.fromkeys(ENGAGEMENT_OPERATIONS, "eventId"),
    Operation.CATALOG_INTERACTION: "clientUniqueId",
}
# Keys that Gong's schemas list by accident. Clients generated from those schemas send them.
_LEAKED: Mapping[Operation, Mapping[str, str]] = {
    Operation.CONTENT_SHARED: engagement.CONTENT_SHARED.substitutes,
    Operation.CONTENT_VIEWED: engagement.CONTENT_VIEWED.substitutes,
    Operation.CUSTOM_ACTION: engagement.CUSTOM_ACTION.substitutes,
}


@dataclass(frozen=True, slots=True)
class ParsedBody:
    """A body that can be sent on. `sender_id` is the sender's id for it, `id` that or a hash of the body."""

    operation: Operation
    body: Mapping[str, Any]
    sender_id: str | None
    warnings: tuple[Problem, ...]

    @property
    def id(self) -> str:
        """The same for the same body, in whatever order its keys came."""
        return self.sender_id or sha256(orjson.dumps(self.body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def find_operation(path: str, body: object) -> Operation:
    """The operation that a body at this path is meant for: two share `/v2/customer-engagement/action`."""
    here = [operation for operation in Operation if operation.path == path]
    keys = body if isinstance(body, dict) else {}
    is_catalog = "actorEmailAddress" in keys and "reportingSystem" not in keys
    return here[-1] if is_catalog else here[0]


def parse_body(operation: Operation, value: object) -> ParsedBody:
    """The body of one call. Invalid holds everything for which Gong would refuse it."""
    told = _without_nulls(value)
    leaked = sorted(_LEAKED.get(operation, {}).keys() & told.keys()) if isinstance(told, dict) else []
    body = {key: item for key, item in told.items() if key not in leaked} if leaked else told
    if problems := validate_body(operation, body):
        raise ValidationFailed(problems)
    return ParsedBody(operation, body, _own_id(operation, body), tuple(_drops(operation, leaked)))


def _own_id(operation: Operation, body: Mapping[str, Any]) -> str | None:
    key = _ID_KEYS.get(operation)
    return body.get(key) if key else None


def _drops(operation: Operation, leaked: list[str]) -> Iterator[Problem]:
    for key in leaked:
        yield dropped_warning(key, f"Gong documents no such key; {_LEAKED[operation][key]}")


def _without_nulls(value: Any) -> Any:
    """To Gong's reader a null key is an absent one. A null in an array stays, and is refused."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
