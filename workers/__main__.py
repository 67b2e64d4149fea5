"""`python -m workers [--threads N] [--store NAME]`: take events from the store and send them to Gong until told to stop."""

import argparse
import sys

from relay.core.destination import MAIN
from relay.settings import Misconfigured
from workers.runtime import build


def main() -> int:
    """Run one worker. Exit status 0 after a clean stop, 1 when settings or configuration are wrong."""
    parser = argparse.ArgumentParser(prog="python -m workers", description="Sends queued events to Gong.")
    parser.add_argument(
        "--threads", type=int, default=None, help="calls in flight at once (RELAY_WORKER_THREADS)"
    )
    parser.add_argument("--store", default=MAIN, help="the store whose events it sends (main)")
    arguments = parser.parse_args()
    try:
        worker = build(arguments.threads, arguments.store)
    except Misconfigured as error:
        print(error, file=sys.stderr)  # noqa: T201 - before there is a log
        return 1
    worker.work(logging_level="WARNING")
    return 0


if __name__ == "__main__":
    sys.exit(main())
