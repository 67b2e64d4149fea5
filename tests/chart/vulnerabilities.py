"""`python -m tests.chart.vulnerabilities`: compare every lock with the database of known vulnerabilities (osv.dev).

pip-audit makes the comparison. If the database cannot be reached, pip-audit may skip every package and still report
success. This program therefore tests the database first, and counts what was compared.

Exit status: 0 if nothing is known, 1 if a package is vulnerable or was not compared, 3 if the database cannot be
reached and RELAY_REQUIRE_AUDIT is set.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests
from packaging.utils import canonicalize_name

from tests.chart.rehearsal import PROJECT
from tests.chart.sbom import read_lock

PIP_AUDIT = PROJECT / ".venv-audit" / "bin" / "pip-audit"
LOCKS = ("docker/runtime.lock", "docker/build.lock", "requirements.lock", "tests/chart/requirements.lock")
OSV_URL = "https://api.osv.dev/v1/query"
_VULNERABLE = {"package": {"name": "flask", "ecosystem": "PyPI"}, "version": "0.12.2"}
"""A package that is known to be vulnerable: a database that does not know it is not the database."""

Report = Mapping[str, Any]


def is_reachable(url: str) -> bool:
    """True if the database answers, and knows a vulnerability that it must know."""
    try:
        answer = requests.post(url, json=_VULNERABLE, timeout=10).json()
    except (requests.RequestException, ValueError):
        return False
    return isinstance(answer, dict) and bool(answer.get("vulns"))


def audit(lock: Path, url: str) -> Report:
    """Return pip-audit's report of one lock. Raises RuntimeError if it made none."""
    options = ("--disable-pip", "--vulnerability-service", "osv", "--osv-url", url, "--format", "json")
    command = [PIP_AUDIT, *options, "--progress-spinner", "off", "--requirement", lock]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return dict(json.loads(done.stdout))
    except ValueError:
        raise RuntimeError(f"pip-audit failed on {lock}: {done.stderr[-2000:]}") from None


def find_problems(report: Report, packages: Mapping[str, tuple[str, set[str]]]) -> Iterator[str]:
    """Yield each known vulnerability, and each package of the lock that was not compared."""
    compared = set()
    for entry in report["dependencies"]:
        if "skip_reason" in entry:
            continue
        compared.add((canonicalize_name(entry["name"]), entry["version"]))
        for vulnerability in entry["vulns"]:
            fixed = ", ".join(vulnerability["fix_versions"]) or "no version"
            yield f"{entry['name']} {entry['version']} has {vulnerability['id']}; fixed in: {fixed}"
    for name, (version, _) in sorted(packages.items()):
        if (name, version) not in compared:
            yield f"{name} {version} was NOT compared with the database"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare the locks with known vulnerabilities.")
    parser.add_argument("--osv-url", default=OSV_URL, help="address of the database (default: %(default)s)")
    url = parser.parse_args(arguments).osv_url
    if not is_reachable(url):
        say(f"NOT CHECKED: {url} cannot be reached, so no lock was compared with known vulnerabilities.")
        return 3 if os.environ.get("RELAY_REQUIRE_AUDIT") else 0
    return max(check_lock(name, url) for name in LOCKS)


def check_lock(name: str, url: str) -> int:
    packages = read_lock(PROJECT / name)
    problems = list(find_problems(audit(PROJECT / name, url), packages))
    for problem in problems:
        say(f"{name}: {problem}")
    if not problems:
        say(f"{name}: no known vulnerabilities in {len(packages)} packages")
    return bool(problems)


def say(text: str) -> None:
    print(text)  # noqa: T201 - a command of the Makefile


if __name__ == "__main__":
    sys.exit(main())
