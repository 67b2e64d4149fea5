"""A neighbor of the web process: requests /livez on fresh connections and posts events of its own source, all the time.

`python -m tests.harness.probe URL PID KEY` writes one JSON line per probe until its standard input ends. It is a
process of its own, so that the threads of an attack do not delay it, and it measures besides the wall clock:

* the time that the web process and the probe itself waited for a CPU, which is the machine's doing;
* the time that a trivial server on this machine took in the same moment.
"""

import json
import os
import select
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

_INTERVAL_SECONDS = 0.05
_TIMEOUT_SECONDS = 60.0


def cpu_wait_seconds(*pids: int) -> float:
    """Return how long processes were ready to run, but had no CPU."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) for pid in pids) / 1e9


def request(address: tuple[str, int], raw: bytes) -> int:
    """Return the status of a response; 0 if there is none."""
    try:
        with socket.create_connection(address, timeout=_TIMEOUT_SECONDS) as wire:
            wire.sendall(raw)
            line = wire.makefile("rb").readline()
        return int(line.split()[1])
    except (OSError, IndexError):
        return 0


def serve_trivially() -> tuple[str, int]:
    """Start a process that answers every request at once, and return its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    if os.fork():
        listener.close()
        return address
    os.close(0)
    parent = os.getppid()
    while os.getppid() == parent:
        if select.select([listener], [], [], 1)[0]:
            with listener.accept()[0] as client:
                client.recv(1000)
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    os._exit(0)


def _clocked(work: Callable[[], int]) -> tuple[int, float]:
    start = time.monotonic()
    return work(), time.monotonic() - start


def _event(key: str, number: int) -> bytes:
    event = {
        "id": f"probe-{os.getpid()}-{number}",
        "type": "page_view",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {"title": "Pricing"},
        "person": {"email": "jane@buyer.example"},
    }
    body = json.dumps(event).encode()
    head = (
        "POST /v1/events HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def main() -> None:
    url, pid, key = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    relay = (str(urlsplit(url).hostname), int(urlsplit(url).port or 80))
    trivial = serve_trivially()
    livez = b"GET /livez HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n"
    number, start, waited = 0, 0.0, 0.0
    while not select.select([sys.stdin], [], [], _INTERVAL_SECONDS)[0]:
        number += 1
        # A probe without an answer is part of the silence that the next one ends.
        start = start or time.monotonic()
        waited = waited or cpu_wait_seconds(pid, os.getpid())
        is_answered = request(relay, livez) == 200
        line = {
            "seconds": time.monotonic() - start,
            "machine": cpu_wait_seconds(pid, os.getpid()) - waited,
            "trivial": _clocked(lambda: request(trivial, livez))[1],
            "posted": request(relay, _event(key, number)),
        }
        if is_answered:
            start = waited = 0.0
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
