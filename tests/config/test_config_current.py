"""Reloading the file: what counts as a change, and what stays in use while the file is invalid."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relay.config.load import ConfigError, read_config
from relay.config.reload import ConfigFile
from relay.config.server_state import SharedState, bind_addresses
from relay.core.config import Config

NOW = datetime(2026, 11, 21, tzinfo=UTC)
AUTH = "{auth: {basic: {access_key: k, access_key_secret: s}}}"
GOOD = f"destinations: {{acme: {AUTH}}}"
OTHER = f"destinations: {{globex: {AUTH}}}"
WRONG = "destinations: {acme: {auth: {}}}"
STORED = f"stores: {{far: {{url: 'redis://far:6379/0'}}}}\n{GOOD}"


def read(text: str) -> Config:
    return read_config(text, environ={}, allow_hosts=frozenset())


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "relay.yaml"
    path.write_text(GOOD)
    return path


Opener = Callable[..., ConfigFile]


@pytest.fixture
def opened(written: Path) -> Opener:
    def make(shared: SharedState | None = None, **environ: str) -> ConfigFile:
        return ConfigFile(written, read, environ=environ, now=lambda: NOW, shared=shared)

    return make


def names(config: Config | None) -> list[str] | None:
    return config and list(config.destinations)


def test_a_file_that_has_not_changed_is_not_read_again(opened: Opener):
    file = opened()

    assert (names(file.load()), file.reload()) == (["acme"], None)


def test_a_valid_change_is_returned_once(opened: Opener, written: Path):
    file = opened()
    file.load()
    written.write_text(OTHER)

    assert (names(file.reload()), file.reload()) == (["globex"], None)


def test_an_invalid_change_is_rejected_with_its_problems(opened: Opener, written: Path):
    file = opened()
    file.load()
    written.write_text(WRONG)

    assert file.reload() is None
    assert file.rejection is not None
    assert (file.rejection.since, [p.path for p in file.rejection.problems]) == (
        NOW,
        ["destinations.acme.auth.basic"],
    )


def test_a_missing_file_is_rejected_and_accepted_again_when_it_returns(opened: Opener, written: Path):
    file = opened()
    file.load()
    written.unlink()
    assert (file.reload(), file.rejection is None) == (None, False)
    written.write_text(OTHER)

    assert (names(file.reload()), file.rejection) == (["globex"], None)


def test_a_link_that_leads_elsewhere_is_a_change(tmp_path: Path):
    for name, text in (("one", GOOD), ("two", OTHER)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "relay.yaml").write_text(text)
    (tmp_path / "data").symlink_to("one")
    file = ConfigFile(tmp_path / "data" / "relay.yaml", read, environ={}, now=lambda: NOW)
    file.load()
    (tmp_path / "fresh").symlink_to("two")
    (tmp_path / "fresh").rename(tmp_path / "data")

    assert names(file.reload()) == ["globex"]


def test_a_secret_s_file_that_changes_is_a_change(opened: Opener, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("one")
    file = opened(ACME_KEY_FILE=str(secret))
    file.load()
    secret.write_text("another")

    assert names(file.reload()) == ["acme"]


def test_who_asks_for_it_gets_it_unchanged_too(opened: Opener):
    file = opened()
    file.load()

    assert names(file.reload(force=True)) == ["acme"]


def test_an_invalid_file_does_not_start(opened: Opener, written: Path):
    written.write_text(WRONG)

    with pytest.raises(ConfigError):
        opened(SharedState()).load()


def test_a_replacement_process_starts_with_the_last_valid_configuration(opened: Opener, written: Path):
    shared = SharedState()
    opened(shared).load()
    written.write_text(WRONG)
    late = opened(shared)

    assert names(late.load()) == ["acme"]
    assert late.rejection is not None


def test_the_stores_of_a_web_that_serves_stay(opened: Opener, written: Path):
    file = opened(SharedState())
    file.load()
    written.write_text(STORED)

    assert file.reload() is None
    assert file.rejection is not None
    assert [p.path for p in file.rejection.problems] == ["stores"]


def test_processes_share_inherited_memory():
    shared = SharedState()
    if (child := os.fork()) == 0:
        shared.save_config(GOOD)
        shared.mark_stopping()
        os._exit(0)
    os.waitpid(child, 0)

    assert (shared.saved_config(), shared.stopping) == (GOOD, True)


def test_a_text_that_is_too_large_is_not_kept():
    shared = SharedState()
    shared.save_config("x" * 5_000_000)

    assert shared.saved_config() is None


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        (None, ["127.0.0.1:8080"]),
        ("0", ["127.0.0.1:8080"]),
        ("9090", ["127.0.0.1:8080", "127.0.0.1:9090"]),
        ("tcp://10.0.0.7:9090", ["127.0.0.1:8080"]),
    ],
)
def test_operators_have_their_own_address_if_the_port_is_set(port: str | None, expected: list[str]):
    environ = {} if port is None else {"RELAY_OPERATIONS_PORT": port}

    assert bind_addresses("127.0.0.1", 8080, environ) == expected
