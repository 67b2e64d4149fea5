"""The append-only file of the embedded server: its unwritten end, and how an operator repairs it."""

import os
import re
import shlex
from pathlib import Path

_FOLDER = "appendonlydir"
_INCREMENT = re.compile(r"^file (\S+) seq (\d+) type i", re.MULTILINE)
_BLOCK_BYTES = 65_536


def trim_zeros(folder: Path) -> tuple[Path, int] | None:
    """Cut zero bytes off the end of the newest file. Returns the file and their number, or None if there are none.

    The server must not run. A power failure may leave blocks of a file that were never written, which read as zeros. The
    server would call the file damaged, although every command ends in a line break and so none is lost.
    """
    file = _find_newest(folder)
    if file is None:
        return None
    with file.open("r+b") as data:
        size = data.seek(0, os.SEEK_END)
        end = _find_end(data.fileno(), size)
        if end == size:
            return None
        data.truncate(end)
        os.fsync(data.fileno())
    return file, size - end


def repair_steps(program: str, file: Path) -> str:
    """Return what an operator can do about a file that is damaged in the middle."""
    folder = file.parent
    tool = folder.parent / ("redis-check-aof" if "redis" in Path(program).name else "valkey-check-aof")
    copy, check, target, source = (shlex.quote(str(path)) for path in (f"{folder}.copy", tool, file, folder))
    return (
        f"The file {file} is damaged. Without a backup, it can be cut off where the damage begins; all later changes are "
        "lost. The server's program is also the tool for that, under another name. Copy the files first:\n\n"
        f"  cp -a {source} {copy}\n"
        f"  ln -sf {shlex.quote(program)} {check}\n"
        f"  {check} --fix {target}\n"
    )


def damaged_file(folder: Path, name: str) -> Path:
    """Return the path of a file that the server's log names."""
    return folder.resolve() / _FOLDER / name


def _find_newest(folder: Path) -> Path | None:
    manifests = sorted((folder / _FOLDER).glob("*.manifest"))
    if not manifests:
        return None
    increments = _INCREMENT.findall(manifests[0].read_text(encoding="utf-8", errors="replace"))
    # Only the newest file is written to, so only its end can be unwritten.
    name = max(increments, key=lambda increment: int(increment[1]), default=("", ""))[0]
    file = folder / _FOLDER / name
    return file if name and "/" not in name and file.is_file() else None


def _find_end(file_descriptor: int, size: int) -> int:
    """Return the position after the last byte that is not zero."""
    while size > 0:
        start = max(size - _BLOCK_BYTES, 0)
        length = len(os.pread(file_descriptor, size - start, start).rstrip(b"\0"))
        if length:
            return start + length
        size = start
    return 0
