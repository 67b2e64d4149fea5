"""SIGHUP reloads the configuration, and never ends a worker, however early it arrives."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_a_worker_that_gets_sighup_while_it_loads_its_modules_continues(tmp_path: Path):
    # With this option Python prints each module that it has loaded. `rq` is one of the last of a worker.
    command = [sys.executable, "-X", "importtime", "-m", "workers"]
    environ = {"RELAY_CONFIG": str(tmp_path / "missing.yaml")}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environ, text=True) as worker:
        assert worker.stderr is not None
        for line in worker.stderr:
            if line.split()[-1] in {"argparse", "yaml"}:
                worker.send_signal(signal.SIGHUP)
            if " rq." in line:
                break
        rest = worker.stderr.read()
        status = worker.wait(60)

    assert (status, "missing.yaml" in rest) == (1, True)
