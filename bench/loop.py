"""The floor under every worker: a thread pool that posts bodies through one `requests.Session`, and keeps nothing.

`python -m bench.loop URL FILE THREADS`: makes FILE.ready, waits until there is a FILE, posts each of its lines, and
makes FILE.done.
"""

import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter


def main() -> None:
    url, file, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", HTTPAdapter(pool_connections=threads, pool_maxsize=threads))
    headers = {"Content-Type": "application/json"}

    def post(body: bytes) -> None:
        session.post(url, data=body, headers=headers, auth=("bench", "bench"), timeout=20).raise_for_status()

    file.with_suffix(".ready").touch()
    while not file.exists():
        time.sleep(0.05)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(post, file.read_bytes().splitlines()))
    file.with_suffix(".done").touch()
    signal.pause()


if __name__ == "__main__":
    main()
