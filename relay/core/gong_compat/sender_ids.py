"""Keeps the eventIds of two sources apart. Gong has one set of them per company, and a call to Gong's own paths brings its own.

An id keeps the form that its sender chose, because that sender may have sent it to Gong before. Two ids do not: one that
begins with another source's prefix is rejected, and one that another source has sent before gets its source's prefix.
"""

import unicodedata
from dataclasses import replace

from relay.core.config import Config
from relay.core.destination import Destination
from relay.core.errors import Problem, ValidationFailed
from relay.core.gong.problems import ErrorCode, WarningCode
from relay.core.gong_compat.dispatch import MappedRequest
from relay.core.source import Source

_IN_USE = Problem(
    "",
    WarningCode.ID_IN_USE,
    "was sent by another source before: Gong gets this event under its source's prefix instead",
)


def check_sender_id(request: MappedRequest, source: Source, destination: Destination, config: Config) -> None:
    """Raise ValidationFailed if the id that Gong would get begins with the prefix of another source of the company."""
    if request.sender_id_path is None:
        return
    prefix, colon, _ = normalize_id(request.event_id).partition(":")
    if colon and prefix != source.name and config.can_reach(prefix, destination.company):
        message = (
            f"begins with '{prefix}:', which only the ids of the source {prefix} do. "
            "Send the id without this prefix, or with another one"
        )
        raise ValidationFailed([Problem(request.sender_id_path, ErrorCode.RESERVED, message)])


def add_source_prefix(request: MappedRequest) -> MappedRequest:
    """Return the request with the source's prefix before the sender's id, and a warning.

    For a request whose id another source of the company has sent before.
    """
    key, event_id = request.sender_id_path, request.dedupe_name
    if key is None or event_id is None:
        return request
    mapped = request.mapped
    calls = tuple(
        replace(call, event_id=event_id, body={**call.body, key: event_id}) for call in mapped.calls
    )
    warnings = (*mapped.warnings, replace(_IN_USE, path=key))
    return replace(request, event_id=event_id, mapped=replace(mapped, calls=calls, warnings=warnings))


def normalize_id(event_id: str) -> str:
    """Return the form in which two ids are compared."""
    # Gong does not document whether case counts, so ids that differ only in case count as equal.
    return unicodedata.normalize("NFKC", event_id).strip().casefold()
