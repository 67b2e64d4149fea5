"""The import contracts hold, and each of them detects a violation."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.truth.project import ROOT

LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> tuple[int, str]:
    done = subprocess.run([LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    for package in ("relay", "workers"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_every_import_contract_is_kept():
    status, output = lint(ROOT)

    assert status == 0, output


@pytest.mark.parametrize(
    ("module", "statement", "broken"),
    [
        ("relay/store/engine/keys.py", "import workers.gong_client", "Data flows one way"),
        ("relay/surplus.py", "import json", "Every module of relay has a layer"),
        (
            "relay/store/engine/keys.py",
            "import relay.store.engine.rq_jobs, relay.store.engine.scripts",
            "Siblings never form a circle",
        ),
        ("relay/core/ids.py", "import time", "The core is pure"),
        ("relay/web/api/events_ingest.py", "import requests", "Only workers speak HTTP outwards"),
        ("workers/gong_client.py", "import relay.web.endpoints", "Workers never load the web"),
        ("relay/ingest/parse_items.py", "import redis", "Redis is spoken in one place"),
        ("relay/actions/audit.py", "import flask", "Actions know no Flask"),
        ("relay/cli/formatting.py", "import relay.web.problems", "The command line acts without the web"),
    ],
)
def test_a_contract_detects_a_violation(copy: Path, module: str, statement: str, broken: str):
    path = copy / module
    before = path.read_text("utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{statement}\n", "utf-8")
    try:
        status, output = lint(copy)
    finally:
        path.unlink() if before is None else path.write_text(before, "utf-8")

    assert status == 1
    assert f"{broken} BROKEN" in output
