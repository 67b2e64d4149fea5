"""Guard of an `up`: a process that stops the children of `up`, in order, if `up` is killed.

Every operating system closes the pipe of a process that ends, however it ends. So the guard notices at once.
"""

import signal
import subprocess
import sys
from pathlib import Path

from relay.cli.up.children import read_record, stop_in_order


def start_guard(record: Path, inherited: tuple[int, ...]) -> "subprocess.Popen[bytes]":
    """Start a guard. It acts when its standard input is closed, and then stops the children in the record."""
    return subprocess.Popen(  # noqa: S603 - our own command, without a shell
        [sys.executable, "-m", "relay.cli.up.guard", str(record)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=inherited,
    )


def main(record: Path) -> None:
    """Wait until `up` has ended, and stop the children that it left running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    # After an orderly end there is no record.
    stop_in_order(read_record(record), is_hurried=lambda: False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
