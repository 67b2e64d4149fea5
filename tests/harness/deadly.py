"""A proxy for Gong's token endpoint that kills the requesting process just as the response arrives."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Thread

import requests


@contextmanager
def deadly(gong_url: str, random: Random, *, most_seconds: float) -> Iterator[tuple[str, list[int]]]:
    """Run the proxy. Yields its URL and the list of processes that the next response kills.

    Every process in the list dies by kill -9 within `most_seconds` of the last byte that is written to it, mostly
    much sooner.
    """
    doomed: list[int] = []

    class Way(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name: self.headers[name] for name in ("Authorization", "Content-Type")}
            answer = requests.post(gong_url + self.path, data=body, headers=headers, timeout=10)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)
            self.wfile.flush()
            if doomed:
                time.sleep(most_seconds * random.random() ** 3)
                with suppress(ProcessLookupError):
                    os.kill(doomed.pop(), signal.SIGKILL)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Way)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", doomed
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
