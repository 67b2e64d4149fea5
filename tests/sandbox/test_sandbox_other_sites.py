"""A web page of another site can neither read nor change the sandbox through a browser; programs can."""

import json
import socket
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from relay.sandbox.browser_requests import is_allowed_host
from relay.sandbox.settings import SandboxSettings
from tests.chart.rendering import case, named
from tests.sandbox import bodies, client
from tests.sandbox.client import Gong

CHANGES = (("POST", "/__sandbox/reset"), ("DELETE", "/__sandbox/faults"), ("POST", "/__sandbox/settings"))
READS = ("/", "/newer", "/__sandbox/events", "/oauth2/authorize", "/static/timeline.js", "/v2/users")
CROSS_SITE: tuple[dict[str, str], ...] = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:1"},
    {"Origin": ""},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:3000"},
    {"Sec-Fetch-Site": ""},
)


def ask(gong: Gong, method: str, path: str, headers: dict[str, str], body: Any = None) -> int:
    """The status of a request with exactly these headers."""
    parts = urlsplit(gong.url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Content-Type": "application/json"} | headers)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8090", "127.0.0.1.evil.example", "localhost.evil.example", ""]
)
def test_a_name_that_the_sandbox_does_not_know_reads_nothing(gong: Gong, path: str, host: str):
    assert ask(gong, "GET", path, {"Host": host}) == 403


@pytest.mark.parametrize("headers", CROSS_SITE)
@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_another_sites_page_changes_nothing(gong: Gong, method: str, path: str, headers: dict[str, str]):
    gong.send(bodies.interaction())

    assert ask(gong, method, path, headers, {}) == 403
    assert len(gong.event_ids()) == 1


@pytest.mark.parametrize("headers", CROSS_SITE)
def test_another_sites_page_sends_no_event(gong: Gong, headers: dict[str, str]):
    assert gong.send(bodies.interaction(), headers=headers).status_code == 403
    assert gong.event_ids() == []


def test_a_program_and_the_sandboxs_own_page_pass(gong: Gong):
    host = urlsplit(gong.url).netloc

    for headers in (
        {},
        {"Origin": f"http://{host}"},
        {"Origin": f"http://{host.upper()}", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ):
        assert ask(gong, "POST", "/__sandbox/reset", headers) == 200
        assert ask(gong, "GET", "/", headers) == 200


def test_a_link_from_another_site_opens_the_page(gong: Gong):
    """Customers come to the consent page from the relay, which is another origin."""
    query = "/oauth2/authorize?client_id=sandbox-client&redirect_uri=http://localhost/x&response_type=code&scope=api:digital-interactions:write"

    assert ask(gong, "GET", query, {"Sec-Fetch-Site": "cross-site"}) == 200


def test_a_configured_name_is_known():
    with client.run_gong(allow_hosts="sandbox, Gong.Test") as gong:
        for host in ("sandbox:8090", "gong.test", "GONG.TEST:80"):
            assert ask(gong, "GET", "/", {"Host": host}) == 200
        assert (
            ask(gong, "POST", "/__sandbox/reset", {"Host": "sandbox:8090", "Origin": "http://sandbox:8090"})
            == 200
        )
        assert (
            ask(gong, "POST", "/__sandbox/reset", {"Host": "sandbox:8090", "Origin": "http://gong.test"})
            == 403
        )
        assert ask(gong, "GET", "/", {"Host": "sandbox.evil.example"}) == 403
        assert gong.inspect("settings")["allow_hosts"] == "sandbox,gong.test"


def test_the_name_of_a_company_is_known(gong: Gong):
    assert ask(gong, "GET", "/v2/users", {"Host": "gong.acme.test"}) == 403
    gong.control("companies/acme", {"host": "gong.acme.test"})
    assert ask(gong, "GET", "/v2/users", {"Host": "gong.acme.test:80"}) != 403


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8090",
        "localhost.",
        "acme.api.gong.localhost",
        "127.0.0.1",
        "10.1.2.3:8090",
        "[::1]:8090",
        "[::1]",
    ],
)
def test_local_names_and_addresses_are_allowed(host: str):
    assert is_allowed_host(host, "")


@pytest.mark.parametrize(
    "host",
    [
        "notlocalhost",
        "localhost.com",
        "127.0.0.1.nip.io",
        "user@127.0.0.1",
        "[::1",
        "::1",
        "a b",
        "127.0.0.1:x",
        "0x7f000001",
        "sandbox",
        ",",
        "x,y",
    ],
)
def test_other_names_are_not_allowed(host: str):
    assert not is_allowed_host(host, "x,y.test")


def test_a_request_without_a_host_is_a_programs(gong: Gong):
    parts = urlsplit(gong.url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=10) as connection:
        connection.sendall(b"GET /__sandbox/metrics HTTP/1.0\r\n\r\n")
        assert b" 200 " in connection.recv(100)


def test_a_port_in_the_setting_is_rejected():
    with pytest.raises(ValueError, match="SANDBOX_ALLOW_HOSTS: must be host names without a port"):
        SandboxSettings.from_env({"SANDBOX_ALLOW_HOSTS": "sandbox:8090"})


def test_the_chart_allows_the_names_of_the_sandboxs_service():
    [container] = named(case("sandbox"), "Deployment", "relay-sandbox")["spec"]["template"]["spec"][
        "containers"
    ]
    [variable] = [item["value"] for item in container["env"] if item["name"] == "SANDBOX_ALLOW_HOSTS"]

    for host in (
        "relay-sandbox:8090",
        "relay-sandbox.events.svc:8090",
        "relay-sandbox.events.svc.cluster.local",
    ):
        assert is_allowed_host(host, variable)
