"""rediss://: the store is spoken to over TLS, and to nobody who cannot prove to be it."""

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
from tests.store.secured import Papers, TlsDoor, papers
from tests.store_world import accept_events, event, take_events
from tests.valkey import Valkey


@pytest.fixture
def known(tmp_path: Path) -> Papers:
    return papers(tmp_path / "papers")


@pytest.fixture
def port(valkey: Valkey, redis: Redis, known: Papers) -> Iterator[int]:
    del redis  # empties the server
    endpoint = TlsDoor(known, valkey.folder / "s")
    yield endpoint.port
    endpoint.close()


def address(port: int, known: Papers, *, ca: Path | None = None) -> str:
    options = f"ssl_ca_certs={ca or known.ca}&ssl_certfile={known.certificate}&ssl_keyfile={known.key}"
    return f"rediss://127.0.0.1:{port}/0?{options}"


def taken_through(url: str) -> int:
    client = open_redis(url, WORKER)
    scripts = Scripts(client)
    accept_events(scripts, event("1"))
    count = len(take_events(scripts))
    client.close()
    return count


def test_events_are_taken_and_sent_through_tls(port: int, known: Papers):
    assert taken_through(address(port, known)) == 1


def test_a_server_that_another_authority_signed_for_is_not_spoken_to(
    port: int, known: Papers, tmp_path: Path
):
    stranger = papers(tmp_path / "stranger")

    with pytest.raises(Unavailable):
        taken_through(address(port, known, ca=stranger.ca))


def test_a_server_under_another_name_is_not_spoken_to(port: int, known: Papers):
    with pytest.raises(Unavailable):
        taken_through(address(port, known).replace("127.0.0.1", "localhost"))


def test_a_server_that_wants_a_certificate_takes_nobody_without(port: int, known: Papers):
    with pytest.raises(Unavailable):
        taken_through(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={known.ca}")


def test_a_file_that_is_not_there_is_told_at_start():
    url = "rediss://u:hidden@host/0?ssl_ca_certs=/not/there.pem"

    with pytest.raises(
        SettingsError, match=r"ssl_ca_certs names a file that cannot be read: /not/there"
    ) as told:
        Settings.from_env({"RELAY_REDIS_URL": url})

    assert "hidden" not in str(told.value)


def test_no_password_of_a_url_is_shown():
    item = next(one for one in Settings.__dataclass_fields__.values() if one.name == "redis_url")
    url = "redis+sentinel://u:hidden1@one/main/0?sentinel_password=hidden2&sentinel_username=s"

    assert "hidden" not in display_value(item, url)
    assert display_value(item, url).endswith("sentinel_username=s")


def test_a_server_with_tls_of_its_own_takes_events(known: Papers):
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("no redis-server or valkey-server on PATH; the bundled Valkey has no TLS")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="rt") as folder:
        files = {"tls-cert-file": known.certificate, "tls-key-file": known.key, "tls-ca-cert-file": known.ca}
        options = {"tls-port": str(port)} | {name: os.fspath(path) for name, path in files.items()}
        server = Valkey(Path(folder), options, program=program)
        server.start()
        try:
            assert taken_through(address(port, known)) == 1
        finally:
            server.stop()
