"""What others have written, and we carry along, is what its manifest says: version, source, licence, and every byte."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.truth.project import ROOT

FOLDERS = [ROOT / "relay/dashboard/static/vendor", ROOT / "tests/browser/vendor"]
SAID = {"name", "version", "licence", "licence_file", "source", "files"}


def parts(folder: Path) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return told


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_each_file_is_the_one_that_the_manifest_tells_of(folder: Path):
    told = {name: file["sha256"] for part in parts(folder) for name, file in part["files"].items()}
    found = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in told}

    assert found == told


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_no_file_lies_there_without_a_word_of_it(folder: Path):
    told = {name for part in parts(folder) for name in (*part["files"], part["licence_file"])}

    assert {path.name for path in folder.iterdir()} == told | {"manifest.json"}


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_each_part_names_its_version_source_and_licence(folder: Path):
    for part in parts(folder):
        assert set(part) == SAID
        assert part["version"] in part["source"]
        assert (folder / part["licence_file"]).read_text("utf-8").strip()
