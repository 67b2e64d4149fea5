"""Checks of the servers that `up` starts: a free port before the start, a response after it."""

import http.client
import socket


def is_free(host: str, port: int) -> bool:
    """True if nothing listens on the port."""
    with socket.socket() as probe:
        # Servers set this too: a connection that is closing does not block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def responds(host: str, port: int, path: str) -> bool:
    """True if the server answers a GET request with 200."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
