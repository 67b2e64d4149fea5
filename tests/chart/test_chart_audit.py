"""checkov on the chart and the Dockerfile, with every policy except those argued here.

checkov brings 150 packages and has its own environment, which `make audit` and CI create.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.digests import dockerfile_images
from tests.chart.rehearsal import PROJECT
from tests.chart.rendering import CASES, objects, values_of

CHECKOV = PROJECT / ".venv-checkov" / "bin" / "checkov"
SKIPPED = {
    "CKV_K8S_11": "A CPU limit throttles a pod even while the node is idle, at the very time when it has the most to send.",
}
PINNED = {"digest": "sha256:" + "0" * 64, "pullPolicy": "Always"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("RELAY_REQUIRE_CHECKOV"), reason="make audit runs it"),
]


def write_releases(folder: Path) -> None:
    """Write each value file's objects, with images pinned as an audited cluster would have them."""
    for name in CASES:
        values = values_of(name)
        values["image"] = {**values["image"], **PINNED}
        values["valkey"] = values.get("valkey", {}) | {"image": PINNED}
        release = [
            item for item in objects(values) if "helm.sh/hook" not in item["metadata"].get("annotations", {})
        ]
        (folder / f"{name}.yaml").write_text(yaml.safe_dump_all(release))


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("audited")
    write_releases(folder)
    # checkov does not fill in arguments, and would take the base image for one without a tag.
    text = (PROJECT / "Dockerfile").read_text("utf-8")
    base_image = dict(dockerfile_images(text))["Dockerfile"]
    (folder / "Dockerfile").write_text(text.replace("${PYTHON_IMAGE}", base_image))
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


def test_checkov_finds_nothing_in_the_rendered_chart_or_the_dockerfile(reports: list[dict[str, Any]]):
    failures = [
        f"{check['check_id']} {check['check_name']}: {check['resource']} in {check['file_path']}"
        for report in reports
        for check in report["results"]["failed_checks"]
    ]

    assert failures == []


def test_checkov_ran_enough_checks_on_both(reports: list[dict[str, Any]]):
    passed = {report["check_type"]: report["summary"]["passed"] for report in reports}

    assert passed["kubernetes"] > 1000
    assert passed["dockerfile"] > 50
    assert len(SKIPPED) <= 2
