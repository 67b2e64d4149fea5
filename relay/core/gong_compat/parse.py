"""Parses a body that a Gong client sends: removes nulls and undocumented keys, and validates the rest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from relay.core.call import Operation
from relay.core.default_mapping.losses import dropped_warning
from relay.core.errors import Problem, ValidationFailed
from relay.core.gong import engagement_schema
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
# Undocumented keys that Gong's schemas list. Clients generated from those schemas send them.
_UNDOCUMENTED: Mapping[Operation, Mapping[str, str]] = {
    Operation.CONTENT_SHARED: engagement_schema.CONTENT_SHARED.substitutes,
    Operation.CONTENT_VIEWED: engagement_schema.CONTENT_VIEWED.substitutes,
    Operation.CUSTOM_ACTION: engagement_schema.CUSTOM_ACTION.substitutes,
}


@dataclass(frozen=True, slots=True)
class ParsedBody:
    """A valid body, ready to be forwarded."""

    operation: Operation
    body: Mapping[str, Any]
    sender_id: str | None
    """The id that the sender gave, if any."""
    warnings: tuple[Problem, ...]

    @property
    def id_key(self) -> str | None:
        """The key of the body that has the sender's id. None if the operation has no such key."""
        return _ID_KEYS.get(self.operation)

    @property
    def id(self) -> str:
        """The sender's id, or a hash of the body that does not depend on the order of its keys."""
        return self.sender_id or sha256(orjson.dumps(self.body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def find_operation(path: str, body: object) -> Operation:
    """Return the operation that a body at this path is meant for. Two operations share `/v2/customer-engagement/action`."""
    operations = [operation for operation in Operation if operation.path == path]
    keys = body if isinstance(body, dict) else {}
    is_catalog = "actorEmailAddress" in keys and "reportingSystem" not in keys
    return operations[-1] if is_catalog else operations[0]


def parse_body(operation: Operation, value: object) -> ParsedBody:
    """Parse the body of one call. Raises ValidationFailed with every reason for which Gong would reject it."""
    content = _drop_nulls(value)
    undocumented = (
        sorted(_UNDOCUMENTED.get(operation, {}).keys() & content.keys()) if isinstance(content, dict) else []
    )
    body = (
        {key: item for key, item in content.items() if key not in undocumented} if undocumented else content
    )
    if problems := validate_body(operation, body):
        raise ValidationFailed(problems)
    return ParsedBody(
        operation, body, _find_sender_id(operation, body), tuple(_warn_dropped(operation, undocumented))
    )


def _find_sender_id(operation: Operation, body: Mapping[str, Any]) -> str | None:
    key = _ID_KEYS.get(operation)
    return body.get(key) if key else None


def _warn_dropped(operation: Operation, undocumented: list[str]) -> Iterator[Problem]:
    for key in undocumented:
        yield dropped_warning(key, f"Gong does not document this key; {_UNDOCUMENTED[operation][key]}")


def _drop_nulls(value: Any) -> Any:
    """Remove every key with the value null, which Gong treats as absent."""
    # A null in an array stays, so that validation rejects it as Gong would.
    if isinstance(value, dict):
        return {key: _drop_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_drop_nulls(item) for item in value]
    return value
