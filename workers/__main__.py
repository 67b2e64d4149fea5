"""`python -m workers [--threads N]`: take events from the store and send them to Gong until told to stop."""

import argparse
import sys

from relay.config.load import ConfigError
from relay.settings import SettingsError
from workers.runtime import build


def main() -> int:
    """Run one worker. Exit status 0 after a clean stop, 1 when settings or configuration are wrong."""
    parser = argparse.ArgumentParser(prog="python -m workers", description="Sends queued events to Gong.")
    parser.add_argument(
        "--threads", type=int, default=None, help="calls in flight at once (RELAY_WORKER_THREADS)"
    )
    arguments = parser.parse_args()
    try:
        worker = build(arguments.threads)
    except (SettingsError, ConfigError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - before there is a log
        return 1
    worker.work(logging_level="WARNING")
    return 0


if __name__ == "__main__":
    sys.exit(main())
