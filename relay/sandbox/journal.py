"""A file of accepted events, one JSON line each, so that a restarted sandbox still knows what it has."""

import json
from pathlib import Path

from relay.sandbox.ledger import Accepted


def recovered(path: Path) -> list[Accepted]:
    """Every event in the file. A last line that a crash cut short is dropped: its caller got no answer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    whole, newline, torn = path.read_bytes().rpartition(b"\n")
    if torn:
        path.write_bytes(whole + newline)
    return [_event(path, number, line) for number, line in enumerate(whole.splitlines(), 1)]


def append(path: Path, event: Accepted) -> None:
    """With the operating system before it returns: the event outlives this process, not the machine's power.

    Opened anew each time (some 30 microseconds), so that nothing has to be closed.
    """
    with path.open("ab") as journal:
        journal.write(json.dumps(event.as_dict()).encode() + b"\n")


def clear(path: Path) -> None:
    path.write_bytes(b"")


def _event(path: Path, number: int, line: bytes) -> Accepted:
    try:
        told = json.loads(line)
        return Accepted(raw=json.dumps(told.pop("body")).encode(), **told)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(
            f"{path}, line {number}: not an event of this sandbox ({error}); move the file away"
        ) from error
