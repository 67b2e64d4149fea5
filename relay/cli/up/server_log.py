"""Why the embedded server ended, read from its log, and what to do about it."""

import re
from pathlib import Path

from relay.cli.up.append_only_file import damaged_file, repair_steps

_START = " is starting oO0"
_DISK_FULL = re.compile(r"No space left on device|Short write while writing to the AOF file")
_DAMAGED = re.compile(r"(?:Bad file format|Unexpected end of file) reading the append only file ([\w.-]+)")


def explain_end(log: Path, folder: Path, program: str) -> str | None:
    """Return why the last run in the log ended, and the remedy; None if the log shows no cause that has one.

    `folder` is the server's folder, `program` its executable.
    """
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # What an earlier run reported may have been dealt with.
    run = text.rpartition(_START)[2]
    damage = _DAMAGED.search(run)
    if damage:
        return repair_steps(program, damaged_file(folder, damage[1]))
    if _DISK_FULL.search(run):
        return (
            f"The disk that holds {folder.resolve()} is full. Free some space on it: the server cannot write."
        )
    return None
