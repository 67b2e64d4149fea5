"""The manifests of vendored files state each file's version, source, license and exact content."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.truth.project import ROOT

FOLDERS = [ROOT / "relay/dashboard/static/vendor", ROOT / "tests/browser/vendor"]
MANIFEST_KEYS = {"name", "version", "licence", "licence_file", "source", "files"}


def read_manifest(folder: Path) -> list[dict[str, Any]]:
    packages: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return packages


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_each_file_has_the_digest_in_the_manifest(folder: Path):
    digests = {
        name: file["sha256"] for package in read_manifest(folder) for name, file in package["files"].items()
    }

    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in digests} == digests


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_every_file_in_the_folder_is_in_the_manifest(folder: Path):
    listed = {
        name for package in read_manifest(folder) for name in (*package["files"], package["licence_file"])
    }

    assert {path.name for path in folder.iterdir()} == listed | {"manifest.json"}


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_each_package_states_its_version_source_and_licence(folder: Path):
    for package in read_manifest(folder):
        assert set(package) == MANIFEST_KEYS
        assert package["version"] in package["source"]
        assert (folder / package["licence_file"]).read_text("utf-8").strip()
