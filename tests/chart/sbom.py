"""`python -m tests.chart.sbom`: write the wheel's bill of materials (CycloneDX) to dist, and compare it with the lock.

It is built by the commands of the Dockerfile, so it takes a minute and needs a package index.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from relay.core.version import VERSION
from tests.chart.rehearsal import PROJECT, build

LOCK = PROJECT / "docker" / "runtime.lock"
TARGET = PROJECT / "dist" / f"gong_event_relay-{VERSION}.cdx.json"

Document = dict[str, Any]


def read_lock(path: Path = LOCK) -> dict[str, tuple[str, set[str]]]:
    """Each package that the lock installs on this platform: its version and its hashes (SHA-256)."""
    text = path.read_text("utf-8").replace("\\\n", " ")
    packages: dict[str, tuple[str, set[str]]] = {}
    for line in re.findall(r"^[\w.-]+(?:\[.*?\])?==.*$", text, re.MULTILINE):
        requirement = Requirement(line.partition("--hash")[0].partition(" #")[0])
        if requirement.marker is None or requirement.marker.evaluate():
            [version] = [specifier.version for specifier in requirement.specifier]
            packages[canonicalize_name(requirement.name)] = (
                version,
                set(re.findall("sha256:([0-9a-f]{64})", line)),
            )
    return packages


def find_problems(document: Document, packages: dict[str, tuple[str, set[str]]]) -> Iterator[str]:
    """Yield each difference between the Python packages of a bill of materials and a lock."""
    root = document["metadata"].get("component", {})
    if (root.get("name"), root.get("version")) != ("gong-event-relay", VERSION):
        yield "the bill of materials does not describe gong-event-relay"
    listed = {
        canonicalize_name(item["name"]): item
        for item in document["components"]
        if item.get("purl", "").startswith("pkg:pypi/")
    }
    for name in packages.keys() ^ listed.keys():
        yield f"{name} is only in the {'lock' if name in packages else 'bill of materials'}"
    for name in packages.keys() & listed.keys():
        item, (version, hashes) = listed[name], packages[name]
        purl_name, _, purl_version = item["purl"].removeprefix("pkg:pypi/").partition("@")
        # A purl keeps the dots of a name such as zope.event.
        if item["version"] != version or (canonicalize_name(purl_name), purl_version) != (name, version):
            yield f"{name} has version {item['version']}, but the lock has {version}"
        if not {entry["content"] for entry in item.get("hashes", [])} & hashes:
            yield f"{name} has no hash that is in the lock"


def write_wheel_sbom(root: Path, target: Path) -> Document:
    """Write the bill of materials of what was built below `root`, without the base image."""
    tools = root / "tools"
    command = [
        tools / "bin" / "python",
        PROJECT / "docker" / "complete_sbom.py",
        "--report",
        tools / "report.json",
    ]
    target.parent.mkdir(exist_ok=True)
    subprocess.run([*command, tools / "packages.cdx.json", target], check=True)
    return dict(json.loads(target.read_text("utf-8")))


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        document = write_wheel_sbom(Path(folder), TARGET)
    problems = sorted(find_problems(document, read_lock()))
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201 - a command of the Makefile
    if not problems:
        print(f"{TARGET.relative_to(PROJECT)}: {len(document['components'])} packages")  # noqa: T201 - as above
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
