"""One deadline covers name lookup, connecting and the response, and lies within the lease."""

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from relay.core.call import Operation
from relay.core.destination import BasicCredentials
from relay.core.outcome import HttpResponse, NoResponse
from relay.sockets import Deadline, NameLookup
from tests.workers.test_gong_client import OK, Like, server
from workers.gong_client import GongClient, HttpOptions, credentials_from_api_key
from workers.http_adapter import NoTimeLeftError

OPTIONS = HttpOptions(connect=30.0, total=1.0, connections=4)
LONG = 25.0
"""Far longer than the deadlines here, and far shorter than what they replace. Seconds."""


def address(host: str, port: int) -> tuple[object, ...]:
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))


class Names:
    """A resolver that returns the same addresses for every name."""

    def __init__(self, *addresses: tuple[object, ...]) -> None:
        self.addresses, self.lookups = addresses, 0

    def __call__(self, *_: object, **__: object) -> tuple[tuple[object, ...], ...]:
        self.lookups += 1
        return self.addresses


def send(
    gong: GongClient, url: str = "http://api.example:80", **options: object
) -> HttpResponse | NoResponse:
    access = credentials_from_api_key(url, BasicCredentials("key", "secret"))
    arguments = {"before_write": lambda: None} | options
    return gong.send(access, Operation.DIGITAL_INTERACTION, b'{"eventId":"1"}', **arguments)


@contextmanager
def silent_addresses(count: int) -> Iterator[list[tuple[object, ...]]]:
    """Listeners whose backlog is full: Linux drops further connection requests, like a firewall."""
    with ExitStack() as stack:
        addresses = []
        for number in range(count):
            listener = stack.enter_context(socket.socket())
            listener.bind((f"127.0.0.{number + 2}", 0))
            listener.listen(0)
            for _ in range(4):
                filler = stack.enter_context(socket.socket())
                filler.settimeout(0)
                filler.connect_ex(listener.getsockname())
            addresses.append(address(*listener.getsockname()))
        yield addresses


def test_name_servers_that_never_answer_end_at_the_deadline():
    release = threading.Event()
    gong = GongClient(OPTIONS, NameLookup(lambda *_, **__: release.wait(60) and []))
    began = time.monotonic()
    response = send(gong)

    assert response == Like("no_connection", ambiguous=False)
    assert time.monotonic() - began < LONG
    release.set()


def test_nine_addresses_that_drop_connection_requests_end_at_the_deadline():
    with silent_addresses(9) as addresses:
        began = time.monotonic()
        response = send(GongClient(OPTIONS, NameLookup(Names(*addresses))))

    assert response == Like("no_connection", ambiguous=False)
    assert time.monotonic() - began < LONG


def test_an_address_that_answers_is_reached_behind_those_that_do_not():
    with silent_addresses(4) as addresses, server(lambda sock, _: sock.sendall(OK)) as (url, _):
        port = int(url.rpartition(":")[2])
        names = Names(*addresses, address("127.0.0.1", port))
        response = send(GongClient(replace(OPTIONS, total=20.0, connect=0.3), NameLookup(names)))

    assert isinstance(response, HttpResponse)


def test_many_calls_to_one_name_cost_one_lookup():
    release, lookups = threading.Event(), []

    def wait(*_: object, **__: object) -> list[tuple[object, ...]]:
        lookups.append(threading.current_thread())
        release.wait(60)
        return []

    gong = GongClient(OPTIONS, NameLookup(wait))
    calls = [threading.Thread(target=send, args=[gong]) for _ in range(20)]
    for call in calls:
        call.start()
    for call in calls:
        call.join(60)

    assert len(lookups) == 1
    release.set()


def test_a_failed_lookup_is_repeated_by_the_next_call():
    answers: list[object] = [socket.gaierror(-3, "Temporary failure"), [address("127.0.0.1", 1)]]

    def resolve(*_: object, **__: object) -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    gong = GongClient(OPTIONS, NameLookup(resolve))
    responses = [send(gong), send(gong)]

    assert responses == [Like("no_connection", ambiguous=False)] * 2
    assert "refused" in responses[1].detail
    assert answers == []


def test_a_tls_handshake_that_never_ends_is_cut_off():
    # A server that sends the first bytes of a record, one by one.
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            while not stop.wait(0.1):
                try:
                    connection.sendall(b"\x16")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    began = time.monotonic()
    response = send(GongClient(OPTIONS), f"https://127.0.0.1:{listener.getsockname()[1]}")

    assert response == Like("no_connection", ambiguous=False)
    assert time.monotonic() - began < LONG
    stop.set()
    thread.join(20)
    listener.close()


def test_the_wait_for_the_rate_gate_does_not_count():
    with server(lambda sock, _: sock.sendall(OK)) as (url, _):
        response = send(GongClient(replace(OPTIONS, total=0.5)), url, before_write=lambda: time.sleep(1.5))

    assert isinstance(response, HttpResponse)


def test_nothing_is_written_once_too_little_of_the_lease_is_left():
    with server(lambda sock, _: sock.sendall(OK)) as (url, requests_received):
        until = time.monotonic() + 0.2
        with pytest.raises(NoTimeLeftError):
            send(GongClient(OPTIONS), url, before_write=lambda: time.sleep(0.5), until=until)

    assert requests_received == [b""]


def test_a_call_ends_with_its_lease_whatever_its_own_deadline():
    release = threading.Event()
    with server(lambda *_: release.wait(60) and None) as (url, _):
        began = time.monotonic()
        # The watcher of deadlines checks twice a second at least.
        response = send(GongClient(replace(OPTIONS, total=60.0)), url, until=time.monotonic() + 0.5)
        lasted = time.monotonic() - began
        release.set()

    assert response == Like("timeout", ambiguous=True)
    assert lasted < LONG


def test_a_proxy_waits_for_the_rate_gate_too(monkeypatch: pytest.MonkeyPatch):
    waits = []
    with server(lambda sock, _: sock.sendall(OK)) as (proxy, requests_received):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "")
        gong = GongClient(replace(OPTIONS, trust_env=True))
        response = send(gong, "http://api.example:80", before_write=lambda: waits.append(1))

    assert isinstance(response, HttpResponse)
    assert requests_received[0].startswith(b"POST http://api.example")
    assert waits == [1]


def test_a_deadline_counts_down_to_zero():
    now = [5.0]
    deadline = Deadline(2.0, lambda: now[0])
    now[0] = 6.5
    assert deadline.remaining == 0.5
    now[0] = 9.0
    assert deadline.remaining == 0.0


IN_NAMESPACE = """
mount --bind "$1" /etc/resolv.conf
ip link set lo up
exec "$2" -c "$3"
"""
RESOLV_CONF = """\
search a.svc.cluster.local svc.cluster.local cluster.local example.com
nameserver 127.0.0.1
options ndots:5
"""
CALLS_WITHOUT_NAME_SERVER = """
import socket, time
from tests.workers.test_call_deadline import OPTIONS, send
from workers.gong_client import GongClient
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 53))
began = time.monotonic()
response = send(GongClient(OPTIONS), "http://api.gong.example")
print(response.code, response.ambiguous, round(time.monotonic() - began))
silent.settimeout(5)
print("queried" if silent.recv(512) else "silent")
"""


def test_a_real_name_server_that_never_answers_ends_at_the_deadline(tmp_path: Path):
    unshare = ["unshare", "--mount", "--net"]
    tools = shutil.which("unshare") and shutil.which("ip")
    if not tools or subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs Linux, and root for a network of its own")
    (tmp_path / "resolv.conf").write_text(RESOLV_CONF)
    command = [*unshare, "sh", "-e", "-c", IN_NAMESPACE, "sh", str(tmp_path / "resolv.conf"), sys.executable]
    result = subprocess.run(
        [*command, CALLS_WITHOUT_NAME_SERVER], capture_output=True, text=True, timeout=120, check=False
    )

    code, ambiguous, seconds, *rest = result.stdout.split()
    assert (code, ambiguous, " ".join(rest)) == ("no_connection", "False", "queried"), result.stderr
    assert int(seconds) < LONG
