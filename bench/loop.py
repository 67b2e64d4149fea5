"""The lower limit of a worker's cost: a thread pool that posts bodies through one `requests.Session`, and records nothing.

`python -m bench.loop URL FILE THREADS [PER_SECOND]`: creates FILE.ready, waits for FILE, posts each of its
lines, as fast as it can or PER_SECOND, and creates FILE.done.
"""

import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter

_TICK_SECONDS = 0.01


def paced_bodies(bodies: list[bytes], per_second: float) -> Iterator[bytes]:
    """Yield the bodies, a few per tick, so that waiting costs almost nothing."""
    began, position = time.monotonic(), 0
    while position < len(bodies):
        allowed = int((time.monotonic() - began) * per_second) + 1
        yield from bodies[position:allowed]
        position = max(position, allowed)
        time.sleep(_TICK_SECONDS)


def main() -> None:
    url, file, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    per_second = float(sys.argv[4]) if len(sys.argv) > 4 else None
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", HTTPAdapter(pool_connections=threads, pool_maxsize=threads))
    headers = {"Content-Type": "application/json"}

    def post(body: bytes) -> None:
        session.post(
            url, data=body, headers=headers, auth=("sandbox-key", "sandbox-secret"), timeout=20
        ).raise_for_status()

    file.with_suffix(".ready").touch()
    while not file.exists():
        time.sleep(0.05)
    bodies = file.read_bytes().splitlines()
    with ThreadPoolExecutor(threads) as pool:
        calls = [
            pool.submit(post, body) for body in (paced_bodies(bodies, per_second) if per_second else bodies)
        ]
    for call in calls:
        call.result()
    file.with_suffix(".done").touch()
    signal.pause()


if __name__ == "__main__":
    main()
