"""Command line of a worker: `python -m workers [--threads N] [--store NAME]`."""

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
    """Run one worker until it is stopped. Exit status: 0 after a clean stop, 1 if the settings or the configuration are invalid."""
    parser = argparse.ArgumentParser(prog="python -m workers", description="Sends queued events to Gong.")
    parser.add_argument(
        "--threads", type=int, default=None, help="maximum calls in flight (default: $RELAY_WORKER_THREADS)"
    )
    parser.add_argument("--store", default=MAIN_STORE, help="store whose events to send (default: main)")
    arguments = parser.parse_args()
    try:
        worker, watcher = build_worker(arguments.threads, arguments.store)
    except StartupError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the log is not configured yet
        return 1
    watcher.handle_sighup()
    worker.work(logging_level="WARNING")
    if watcher.restart_needed and not worker.stopped_by_signal:
        _restart()
    if worker.gave_up:
        # Python's own exit would wait for the threads that were given up.
        sys.stdout.flush()
        os._exit(0)
    return 0


def _restart() -> NoReturn:
    """Replace this process with a new run of the same command. The process id stays, so no supervisor sees an exit."""
    log_event("worker.restarting")
    # An ignored signal stays ignored across exec, so a SIGHUP during start-up cannot end the new run.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.execv(sys.executable, [sys.executable, "-m", "workers", *sys.argv[1:]])  # noqa: S606 - our own command
