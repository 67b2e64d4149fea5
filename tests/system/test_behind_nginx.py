"""The documented nginx configuration in front of a real relay: what it lets through, buffers and forwards."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.harness import raw
from tests.harness.accounts import ADMIN_KEY, Account
from tests.harness.clients import page_view
from tests.harness.processes import ROOT, Process, free_port
from tests.harness.stack import Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
ACCOUNT = Account("proxied")

MAIN = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-errors.log warn;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{site}
}}
"""


def site(port: int, relay: str) -> str:
    """Return the documented file, with a port without TLS and the address of a relay."""
    text = (ROOT / "examples/nginx.conf").read_text()
    changes = {
        r"listen 443 ssl;": f"listen 127.0.0.1:{port};",
        r"ssl_certificate(?:_key)? [^;]*;": "",
        r"server 127\.0\.0\.1:8080;": f"server {relay.removeprefix('http://')};",
    }
    for pattern, replacement in changes.items():
        text, count = re.subn(pattern, replacement, text)
        assert count, pattern
    return text


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    if NGINX is None:
        missing = "nginx is not installed"
        pytest.fail(missing) if os.environ.get("RELAY_REQUIRE_NGINX") else pytest.skip(missing)
    settings = {"RELAY_PROXY_HOPS": "1", "RELAY_MAX_CONNECTIONS_PER_CLIENT": "1"}
    with launch(Plan([ACCOUNT], settings, workers=0)) as stack:
        yield stack


def accepts_connections(url: str) -> bool:
    with suppress(OSError), raw.connect(url):
        return True
    return False


@pytest.fixture(scope="module")
def proxy(stack: Stack) -> Iterator[str]:
    port = free_port()
    config = stack.folder / "nginx.conf"
    config.write_text(MAIN.format(folder=stack.folder, site=site(port, stack.url)))
    environ = {"PATH": os.environ["PATH"]}
    server = Process(
        [str(NGINX), "-e", str(stack.folder / "nginx-start.log"), "-c", str(config)],
        environ,
        stack.folder / "nginx.log",
    )
    server.start()
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: accepts_connections(url), within=20, what="nginx")
        yield url
    finally:
        server.stop()


@pytest.fixture(autouse=True)
def _started(proxy: str) -> None:
    """Each test uses the proxy."""


def status(proxy: str, target: str) -> int:
    with raw.connect(proxy) as wire:
        wire.sendall(f"GET {target} HTTP/1.1\r\nHost: relay\r\nX-API-Key: {ADMIN_KEY}\r\n\r\n".encode())
        return raw.status(wire)


def test_nginx_accepts_the_documented_file_as_it_is(tmp_path: Path):
    text = (ROOT / "examples/nginx.conf").read_text()
    certificate, key = tmp_path / "relay.crt", tmp_path / "relay.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=relay", "-days", "2"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    text = text.replace("/etc/nginx/relay.example.com.crt", str(certificate))
    text = text.replace("/etc/nginx/relay.example.com.key", str(key))
    config = tmp_path / "nginx.conf"
    config.write_text(MAIN.format(folder=tmp_path, site=text))

    result = subprocess.run(
        [str(NGINX), "-t", "-e", "stderr", "-c", config], capture_output=True, check=False
    )

    assert result.returncode == 0, result.stderr.decode()


def test_events_and_their_status_pass(stack: Stack, proxy: str):
    headers = {"Authorization": f"Bearer {ACCOUNT.key}"}
    answer = requests.post(f"{proxy}/v1/events", json=page_view("one"), headers=headers, timeout=10)
    assert answer.status_code == 202
    assert status(proxy, f"/v1/events/{answer.json()['id']}") == 200
    assert stack.relay.events(event_id=f"{ACCOUNT.name}:one")


@pytest.mark.parametrize(
    "target",
    [
        "/v1/queues",
        "/ops/",
        "/metrics",
        "/openapi.json",
        "/",
        "/v1/webhooks/../queues",
        "/v1/webhooks/..%2Fqueues",
        "/v1/webhooks/%2e%2e/queues",
        "/v1/events/..%2F..%2Fmetrics",
        "/v1/events/../queues",
        "//v1/queues",
        "/v1/%71ueues",
        "/v1%2Fqueues",
        "/v2/..;/v1/queues",
    ],
)
def test_operators_paths_do_not_pass_in_any_form(proxy: str, target: str):
    assert status(proxy, target) == 404


def test_an_unfinished_body_does_not_reach_the_relay(stack: Stack, proxy: str):
    before = stack.web.log.read_text().count("request.answered")
    head = raw.head(ACCOUNT, b"Content-Length: 1000\r\n")
    with raw.connect(proxy) as wire:
        wire.sendall(head + b"{")
        assert status(proxy, "/v1/events/none") == 404
    lines = stack.web.log.read_text().count("request.answered")
    assert lines - before == 1


def test_a_body_beyond_the_limit_is_answered_413(proxy: str):
    head = raw.head(ACCOUNT, b"Content-Length: 2000000\r\n")
    with raw.connect(proxy) as wire:
        wire.sendall(head)
        assert raw.status(wire) == 413


def test_many_clients_share_the_address_of_the_proxy(proxy: str):
    """The relay's limit per client, here 1, does not apply behind a proxy."""
    wires: list[socket.socket] = []
    try:
        for number in range(10):
            wire = raw.connect(proxy)
            wires.append(wire)
            wire.sendall(f"GET /v1/events/{number} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert [raw.status(wire) for wire in wires] == [401] * 10
    finally:
        for wire in wires:
            wire.close()


def test_a_header_does_not_change_the_path(proxy: str):
    headers = {"SCRIPT_NAME": "/v1/events", "X-Original-URL": "/v1/events/x", "X-API-Key": ADMIN_KEY}
    assert requests.get(f"{proxy}/v1/queues", headers=headers, timeout=10).status_code == 404
