"""`python -m bench.rolling`: replace web and worker in turn every ten seconds for five minutes, under load, and count losses.

The full form of `tests/system/test_rolling_restart.py`.
"""

import argparse
import sys

from tests.harness.accounts import accounts
from tests.harness.rolling import PROMISES, Rolling, roll
from tests.harness.stack import Plan, running


def main() -> int:
    """Exit status 0 if every promise was kept."""
    options = _arguments()
    plan = Rolling(seconds=options.seconds, pause=options.pause, per_second=options.per_second, senders=8)
    broken: list[str] = []
    companies = accounts(options.companies)
    with running(
        Plan(companies, gong={"LATENCY_SECONDS": "0.2"}, workers=0), went_well=lambda: not broken
    ) as stack:
        report = roll(stack, plan, say=lambda text: print(f"  {text}", flush=True))
        for promise, holds in PROMISES.items():
            print(f"  {'kept  ' if holds(report) else 'BROKEN'}  {promise}")
        broken += [promise for promise, holds in PROMISES.items() if not holds(report)]
    print(report.text())
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.rolling", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--pause", type=float, default=8.0, help="seconds between two restarts")
    parser.add_argument("--per-second", type=float, default=60.0, help="events sent per second")
    parser.add_argument("--companies", type=int, default=40)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
