"""Attacks on one web process: how long it is silent, how much memory it uses, and whether others are served.

`python -m bench.attacks [--only WORD …]`. Times are by the wall clock, so run it on a machine without other load.
"""

import argparse

from bench.machine import describe
from relay.file_limit import raise_file_limit
from tests.harness.attacks import (
    ATTACKER,
    ATTACKS,
    NEIGHBOR,
    SETTINGS,
    source_config,
)
from tests.harness.stack import Plan, running
from tests.harness.watch import Watch, watching


def _row(name: str, watch: Watch) -> str:
    others = "yes" if watch.posted and not watch.rejected else f"{watch.rejected} rejected"
    cells = [
        name,
        f"{watch.seconds * 1000:.0f}",
        f"{watch.own_seconds * 1000:.0f}",
        f"{watch.trivial_seconds * 1000:.0f}",
        f"{watch.peak_mb:.0f}",
        others,
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", default=[""], help="words in the names of attacks")
    words = parser.parse_args().only
    raise_file_limit()
    print(f"{describe()}\n")
    print(
        "| attack | longest silence ms | of it by the relay ms | trivial server ms | peak MB | others served |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    with running(Plan([ATTACKER, NEIGHBOR], SETTINGS, workers=0, config=source_config())) as stack:
        for attack in (attack for attack in ATTACKS if any(word in attack.name for word in words)):
            with watching(stack, NEIGHBOR) as results:
                attack.run(stack)
            print(_row(attack.name, results[0]), flush=True)


if __name__ == "__main__":
    main()
