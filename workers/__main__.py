"""`python -m workers [--threads N] [--store NAME]`: take events from the store and send them to Gong until told to stop."""

import argparse
import os
import signal
import sys
from typing import NoReturn

from relay.core.destination import MAIN_STORE
from relay.log import log_event
from relay.settings import StartupError
from workers.bootstrap import build_worker


def main() -> int:
    """Run one worker. Exit status 0 after a clean stop, 1 when settings or configuration are wrong."""
    parser = argparse.ArgumentParser(prog="python -m workers", description="Sends queued events to Gong.")
    parser.add_argument(
        "--threads", type=int, default=None, help="calls in flight at once (RELAY_WORKER_THREADS)"
    )
    parser.add_argument("--store", default=MAIN_STORE, help="the store whose events it sends (main)")
    arguments = parser.parse_args()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until `reloading` listens: the file is just being read
    try:
        worker, reloading = build_worker(arguments.threads, arguments.store)
    except StartupError as error:
        print(error, file=sys.stderr)  # noqa: T201 - before there is a log
        return 1
    reloading.handle_sighup()
    worker.work(logging_level="WARNING")
    if reloading.restart_needed and not worker.stopped_by_signal:
        _begin_anew()
    return 0


def _begin_anew() -> NoReturn:
    """Become this program again, as the same process: no supervisor sees an end, and it ignores SIGHUP from the start."""
    log_event("worker.begins_anew")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.execv(sys.executable, [sys.executable, "-m", "workers", *sys.argv[1:]])  # noqa: S606 - our own command


if __name__ == "__main__":
    sys.exit(main())
