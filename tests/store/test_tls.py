"""With rediss:// the relay uses TLS and connects only to a server whose certificate is valid."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from relay.core.errors import Unavailable
from relay.settings import Settings, SettingsError
from relay.settings_types import display_value
from relay.store.engine.connection import WORKER, open_redis
from relay.store.engine.scripts import Scripts
from tests.harness.processes import free_port
from tests.store.tls_proxy import Certificates, TlsProxy, make_certificates
from tests.store_world import accept_events, event, take_events
from tests.valkey import Valkey


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path / "certificates")


@pytest.fixture
def port(valkey: Valkey, redis: Redis, certificates: Certificates) -> Iterator[int]:
    del redis  # empties the server
    proxy = TlsProxy(certificates, valkey.folder / "s")
    yield proxy.port
    proxy.close()


def store_url(port: int, certificates: Certificates, *, ca: Path | None = None) -> str:
    options = f"ssl_ca_certs={ca or certificates.ca}&ssl_certfile={certificates.certificate}&ssl_keyfile={certificates.key}"
    return f"rediss://127.0.0.1:{port}/0?{options}"


def lease_through(url: str) -> int:
    """Accept an event and lease it through `url`; return how many were leased."""
    client = open_redis(url, WORKER)
    scripts = Scripts(client)
    accept_events(scripts, event("1"))
    count = len(take_events(scripts))
    client.close()
    return count


def test_events_are_accepted_and_leased_over_tls(port: int, certificates: Certificates):
    assert lease_through(store_url(port, certificates)) == 1


def test_a_server_whose_certificate_comes_from_another_authority_is_rejected(
    port: int, certificates: Certificates, tmp_path: Path
):
    stranger = make_certificates(tmp_path / "stranger")

    with pytest.raises(Unavailable):
        lease_through(store_url(port, certificates, ca=stranger.ca))


def test_a_server_whose_certificate_has_another_name_is_rejected(port: int, certificates: Certificates):
    with pytest.raises(Unavailable):
        lease_through(store_url(port, certificates).replace("127.0.0.1", "localhost"))


def test_a_server_that_requires_a_client_certificate_rejects_a_client_without_one(
    port: int, certificates: Certificates
):
    with pytest.raises(Unavailable):
        lease_through(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificates.ca}")


def test_a_missing_certificate_file_is_reported_at_start():
    url = "rediss://u:hidden@host/0?ssl_ca_certs=/not/there.pem"

    with pytest.raises(
        SettingsError, match=r"ssl_ca_certs names a file that cannot be read: /not/there"
    ) as raised:
        Settings.from_env({"RELAY_REDIS_URL": url})

    assert "hidden" not in str(raised.value)


def test_a_url_is_displayed_without_its_passwords():
    item = next(field for field in Settings.__dataclass_fields__.values() if field.name == "redis_url")
    url = "redis+sentinel://u:hidden1@one/main/0?sentinel_password=hidden2&sentinel_username=s"

    assert "hidden" not in display_value(item, url)
    assert display_value(item, url).endswith("sentinel_username=s")


def test_a_server_with_native_tls_accepts_events(certificates: Certificates):
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("no redis-server or valkey-server on PATH; the bundled Valkey has no TLS")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="rt") as folder:
        files = {
            "tls-cert-file": certificates.certificate,
            "tls-key-file": certificates.key,
            "tls-ca-cert-file": certificates.ca,
        }
        options = {"tls-port": str(port)} | {name: os.fspath(path) for name, path in files.items()}
        server = Valkey(Path(folder), options, program=program)
        server.start()
        try:
            assert lease_through(store_url(port, certificates)) == 1
        finally:
            server.stop()
