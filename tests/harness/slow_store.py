"""A proxy in front of a store that passes each of its responses on after a delay."""

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path


class SlowStore:
    """Listens on a free port and forwards to a Unix socket. `delay` in seconds may be changed at any time."""

    def __init__(self, socket_path: Path) -> None:
        self.delay = 0.0
        self.responses = 0
        self._socket_path = socket_path
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._socket_path))
                for source, sink, slow in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._copy, args=(source, sink, slow), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket, slow: bool) -> None:  # noqa: FBT001 - a thread's argument
        with suppress(OSError):
            while data := source.recv(65536):
                if slow:
                    self.responses += 1
                    time.sleep(self.delay)
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
        source.close()
