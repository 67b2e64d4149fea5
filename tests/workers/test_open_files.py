"""The limit on open files is raised at start, and a worker's threads and connections fit into it."""

import subprocess
import sys

import pytest

from workers.open_files import limit_threads, size_pools

RAISE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
from relay.file_limit import raise_file_limit
print(raise_file_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "raised"),
    [(100, 300, "300 300 300"), (300, 300, "300 300 300"), (64, 9000, "9000 9000 9000")],
)
def test_the_limit_is_raised_to_what_the_system_allows(soft: int, hard: int, raised: str):
    command = [sys.executable, "-c", RAISE, str(soft), str(hard)]

    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == raised


@pytest.mark.parametrize("limit", [16, 100, 200, 256, 1024, 4096, 10_240, 65_536])
@pytest.mark.parametrize("hosts", [1, 3, 40, 300])
@pytest.mark.parametrize("wanted", [1, 64, 128, 2048])
def test_threads_and_connections_fit_into_the_limit(limit: int, hosts: int, wanted: int):
    threads = limit_threads(wanted, limit)
    pools, connections = size_pools(threads, hosts, limit)

    assert 1 <= threads <= wanted
    assert (pools >= 1, 1 <= connections <= threads) == (True, True)
    # In the smallest limits not even one call fits.
    assert 64 + 3 * threads + pools * connections <= max(limit, 68)


def test_an_ample_limit_changes_nothing():
    assert limit_threads(128, 65_536) == 128
    assert size_pools(128, 1, 65_536) == (128, 128)


def test_calls_to_one_host_keep_their_connections_under_a_common_limit():
    assert limit_threads(128, 1024) == 128
    pools, connections = size_pools(128, 1, 1024)

    assert (pools, connections) == (9, 64)
