"""The audit of the locks never reports success if nothing was compared."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.chart.vulnerabilities import PIP_AUDIT, find_problems, is_reachable, main
from tests.harness.processes import free_port

VULNERABILITY = {
    "id": "PYSEC-2026-1",
    "summary": "An invented vulnerability.",
    "published": "2026-01-01T00:00:00Z",
    "affected": [
        {
            "package": {"name": "flask", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}
PACKAGES: dict[str, tuple[str, set[str]]] = {"flask": ("3.1.3", set()), "redis": ("7.0.0", set())}


@contextmanager
def database(*, vulnerable: tuple[str, ...], status: int = 200) -> Iterator[str]:
    """A stand-in for osv.dev that knows one vulnerability, in these `name==version`. Yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            key = f"{query['package']['name']}=={query['version']}"
            body = json.dumps({"vulns": [VULNERABILITY]} if key in vulnerable else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        server.server_close()


def test_an_unreachable_database_is_reported_and_is_no_success(capsys, monkeypatch):
    url = f"http://127.0.0.1:{free_port()}/v1/query"

    assert not is_reachable(url)
    assert main(["--osv-url", url]) == 0
    output = capsys.readouterr().out
    assert (
        output
        == f"NOT CHECKED: {url} cannot be reached, so no lock was compared with known vulnerabilities.\n"
    )
    monkeypatch.setenv("RELAY_REQUIRE_AUDIT", "1")
    assert main(["--osv-url", url]) == 3


def test_a_server_that_knows_nothing_is_not_the_database():
    with database(vulnerable=()) as url:
        assert not is_reachable(url)
    with database(vulnerable=("flask==0.12.2",)) as url:
        assert is_reachable(url)


def test_a_skipped_or_missing_package_is_a_problem():
    report = {"dependencies": [{"name": "flask", "skip_reason": "Dependency not found on PyPI"}]}

    assert list(find_problems(report, PACKAGES)) == [
        "flask 3.1.3 was NOT compared with the database",
        "redis 7.0.0 was NOT compared with the database",
    ]


def test_a_known_vulnerability_is_reported_with_its_fix():
    flask = {"name": "flask", "version": "3.1.3", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["99.0"]}]}
    redis = {"name": "redis", "version": "7.0.0", "vulns": []}

    assert list(find_problems({"dependencies": [flask, redis]}, PACKAGES)) == [
        "flask 3.1.3 has PYSEC-2026-1; fixed in: 99.0"
    ]


needs_pip_audit = pytest.mark.skipif(not PIP_AUDIT.exists(), reason="make audit installs it")


@pytest.mark.slow
@needs_pip_audit
def test_pip_audit_compares_every_package_of_every_lock(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with database(vulnerable=("flask==0.12.2",)) as url:
        assert main(["--osv-url", url]) == 0

    assert capsys.readouterr().out.count("no known vulnerabilities in") == 4


@pytest.mark.slow
@needs_pip_audit
def test_pip_audit_finds_a_known_vulnerability(capsys, monkeypatch, tmp_path):
    from tests.chart.sbom import read_lock

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    version, _ = read_lock()["flask"]
    with database(vulnerable=("flask==0.12.2", f"flask=={version}")) as url:
        assert main(["--osv-url", url]) == 1

    assert f"docker/runtime.lock: flask {version} has PYSEC-2026-1; fixed in: 99.0" in capsys.readouterr().out
