"""Entry point of a worker: `python -m workers`."""

import signal
import sys

if __name__ == "__main__":
    # Python's default for SIGHUP ends the process, also while it loads modules. There is nothing to reload yet.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    from workers.command import main

    sys.exit(main())
