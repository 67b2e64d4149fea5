"""`python -m bench.torture`: the relay as it is shipped, under kill -9 of worker, web and store, and its books after it.

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
    """Exit status 0 when every promise was kept; else 1, and the books are kept beside the logs."""
    told = _arguments()
    torture = Torture(
        seed=told.seed if told.seed is not None else secrets.randbelow(10**6),
        events=told.events,
        worker_kills=told.worker_kills,
        web_kills=told.web_kills,
        store_kills=told.store_kills,
        per_second=told.per_second,
        most_seconds_to_drain=180.0,
    )
    print(f"--seed {torture.seed}: {torture.events} events, {len(torture.victims)} kills")
    broken: list[str] = []
    plan = Plan(accounts(told.companies), gong={"LATENCY_SECONDS": "0.2"})
    with running(plan, went_well=lambda: not broken) as stack:
        report = torture_relay(stack, torture, say=lambda text: print(f"  {text}", flush=True))
        broken += judged(report)
        (stack.folder / "ledger.json").write_text(json.dumps(report.as_dict(), indent=1))
    print(report.text())
    return 1 if broken else 0


def judged(report: Report) -> list[str]:
    """Print every promise and whether it was kept; return those that were not."""
    verdicts = {promise: kept(report) for promise, kept in PROMISES.items()}
    for promise, kept in verdicts.items():
        print(f"  {'kept  ' if kept else 'BROKEN'}  {promise}")
    return [promise for promise, kept in verdicts.items() if not kept]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.torture", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="repeats the plan of an earlier run")
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--worker-kills", type=int, default=5)
    parser.add_argument("--web-kills", type=int, default=3)
    parser.add_argument("--store-kills", type=int, default=2)
    parser.add_argument("--companies", type=int, default=40)
    parser.add_argument(
        "--per-second", type=float, default=80.0, help="events sent a second, over all companies"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
