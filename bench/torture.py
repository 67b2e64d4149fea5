"""`python -m bench.torture`: kill -9 worker, web and store of a relay with default settings under load, and count losses.

The full form of `tests/system/test_kill_matrix.py`, with the default lease and timeouts. `--seed` repeats a run's plan.
"""

import argparse
import json
import secrets
import sys

from tests.harness.accounts import accounts
from tests.harness.kills import Torture, torture_relay
from tests.harness.report import PROMISES, Report
from tests.harness.stack import Plan, running


def main() -> int:
    """Exit status 0 if every promise was kept. Otherwise 1, and the ledger is kept with the logs."""
    options = _arguments()
    torture = Torture(
        seed=options.seed if options.seed is not None else secrets.randbelow(10**6),
        events=options.events,
        worker_kills=options.worker_kills,
        web_kills=options.web_kills,
        store_kills=options.store_kills,
        per_second=options.per_second,
        most_seconds_to_drain=180.0,
    )
    print(f"--seed {torture.seed}: {torture.events} events, {len(torture.victims)} kills")
    broken: list[str] = []
    plan = Plan(accounts(options.companies), gong={"LATENCY_SECONDS": "0.2"})
    with running(plan, went_well=lambda: not broken) as stack:
        report = torture_relay(stack, torture, say=lambda text: print(f"  {text}", flush=True))
        broken += check_promises(report)
        (stack.folder / "ledger.json").write_text(json.dumps(report.as_dict(), indent=1))
    print(report.text())
    return 1 if broken else 0


def check_promises(report: Report) -> list[str]:
    """Print every promise and whether it was kept. Returns the broken ones."""
    verdicts = {promise: holds(report) for promise, holds in PROMISES.items()}
    for promise, holds in verdicts.items():
        print(f"  {'kept  ' if holds else 'BROKEN'}  {promise}")
    return [promise for promise, holds in verdicts.items() if not holds]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.torture", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="repeat the plan of an earlier run")
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--worker-kills", type=int, default=5)
    parser.add_argument("--web-kills", type=int, default=3)
    parser.add_argument("--store-kills", type=int, default=2)
    parser.add_argument("--companies", type=int, default=40)
    parser.add_argument(
        "--per-second", type=float, default=80.0, help="events sent per second, over all companies"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
