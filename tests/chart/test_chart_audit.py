"""What an auditor's tool says of the chart and of the Dockerfile, every one of its policies applied but those argued here.

checkov brings 150 packages along, and lives in an environment of its own: `make audit` and CI make it.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.rehearsal import PROJECT
from tests.chart.rendering import CASES, objects, values_of

CHECKOV = PROJECT / ".venv-checkov" / "bin" / "checkov"
SKIPPED = {
    "CKV_K8S_11": "A limit on CPU slows a pod down while the node is idle, just when there is most to send.",
}
PINNED = {"digest": "sha256:" + "0" * 64, "pullPolicy": "Always"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("RELAY_REQUIRE_CHECKOV"), reason="make audit runs it"),
]


def write_releases(folder: Path) -> None:
    """What stays in the cluster of each value file, its images pinned, as whoever is audited would do."""
    for name in CASES:
        values = values_of(name)
        values["image"] = {**values["image"], **PINNED}
        values["valkey"] = values.get("valkey", {}) | {"image": PINNED}
        kept = [
            each for each in objects(values) if "helm.sh/hook" not in each["metadata"].get("annotations", {})
        ]
        (folder / f"{name}.yaml").write_text(yaml.safe_dump_all(kept))


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("audited")
    write_releases(folder)
    (folder / "Dockerfile").write_bytes((PROJECT / "Dockerfile").read_bytes())
    options = (
        "--framework",
        "kubernetes",
        "dockerfile",
        "--skip-download",
        "--quiet",
        "--compact",
        "--output",
        "json",
    )
    command = [CHECKOV, "--directory", folder, *options, "--skip-check", ",".join(SKIPPED)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return list(json.loads(done.stdout))


def test_nothing_is_found_in_what_helm_makes_nor_in_the_dockerfile(reports: list[dict[str, Any]]):
    found = [
        f"{each['check_id']} {each['check_name']}: {each['resource']} in {each['file_path']}"
        for report in reports
        for each in report["results"]["failed_checks"]
    ]

    assert found == []


def test_both_were_looked_at_closely(reports: list[dict[str, Any]]):
    passed = {report["check_type"]: report["summary"]["passed"] for report in reports}

    assert passed["kubernetes"] > 1000
    assert passed["dockerfile"] > 50
    assert len(SKIPPED) <= 2
