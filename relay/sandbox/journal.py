"""A file of accepted events, one JSON line each, from which a restarted sandbox restores them."""

import json
from pathlib import Path

from relay.sandbox.ledger import AcceptedEvent


def read_events(path: Path) -> list[AcceptedEvent]:
    """Read every event in the file, and create the file if there is none. Raises ValueError for a malformed line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    complete, newline, torn = path.read_bytes().rpartition(b"\n")
    # A crash can cut the last line short. Its caller got no response, so the event may be dropped.
    if torn:
        path.write_bytes(complete + newline)
    return [_parse_line(path, number, line) for number, line in enumerate(complete.splitlines(), 1)]


def append_event(path: Path, event: AcceptedEvent) -> None:
    """Write an event to the operating system: it survives a crash of this process, not a power failure."""
    # Opening the file for each event takes some 30 microseconds, and then nothing has to be closed.
    with path.open("ab") as journal:
        journal.write(json.dumps(event.as_dict()).encode() + b"\n")


def clear(path: Path) -> None:
    path.write_bytes(b"")


def _parse_line(path: Path, number: int, line: bytes) -> AcceptedEvent:
    try:
        fields = json.loads(line)
        return AcceptedEvent(raw=json.dumps(fields.pop("body")).encode(), **fields)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            f"{path}, line {number}: not an event that this sandbox wrote ({error}). "
            "Move the file away or set another journal."
        ) from error
