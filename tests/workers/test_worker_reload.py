"""A worker restarts after a valid change of the file or SIGHUP, and never with an invalid file."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relay.config.load import read_config
from relay.config.reload import ConfigFile
from relay.core.config import Config
from workers.config_reload import ConfigWatcher

AUTH = "{auth: {basic: {access_key: k, access_key_secret: s}}}"
GOOD, OTHER, WRONG = (
    f"destinations: {entries}" for entries in (f"{{acme: {AUTH}}}", f"{{globex: {AUTH}}}", "7")
)


def read(text: str) -> Config:
    return read_config(text, environ={}, allow_hosts=frozenset())


class World:
    """A worker that follows a file: how often it was stopped, and a clock that is moved by hand."""

    def __init__(self, path: Path) -> None:
        self.path, self.seconds, self.stops = path, 0.0, 0
        path.write_text(GOOD)
        file = ConfigFile(path, read, environ={}, now=lambda: datetime.now(UTC))
        file.load()
        self.reloading = ConfigWatcher(file, lambda: self.seconds)
        self.reloading.stop = self._stop

    def _stop(self) -> None:
        self.stops += 1

    def after(self, seconds: float) -> tuple[bool, int]:
        """Whether a restart is needed, and how often the worker was stopped, after some seconds."""
        self.seconds += seconds
        self.reloading.step()
        return self.reloading.restart_needed, self.stops


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "relay.yaml")


@pytest.fixture
def listening(world: World) -> Iterator[World]:
    before = signal.getsignal(signal.SIGHUP)
    world.reloading.handle_sighup()
    yield world
    signal.signal(signal.SIGHUP, before)


def test_a_valid_change_is_found_at_the_next_check(world: World):
    world.path.write_text(OTHER)

    assert world.after(0.5) == (False, 0)
    assert world.after(2.0) == (True, 1)


def test_is_current_checks_the_file_at_once(world: World):
    assert world.reloading.is_current()
    world.path.write_text(OTHER)

    assert not world.reloading.is_current()
    assert world.stops == 1


def test_an_invalid_file_leaves_the_configuration_current(world: World):
    world.path.write_text(WRONG)

    assert world.reloading.is_current()


def test_the_worker_is_stopped_once(world: World):
    world.path.write_text(OTHER)
    world.after(3.0)
    world.path.write_text(GOOD)

    assert world.after(3.0) == (True, 1)


def test_an_invalid_change_stops_no_worker(world: World):
    world.path.write_text(WRONG)

    assert world.after(3.0) == (False, 0)


def test_sighup_restarts_at_once_even_without_a_change(listening: World):
    os.kill(os.getpid(), signal.SIGHUP)

    assert listening.after(0.0) == (True, 1)


def test_sighup_with_an_invalid_file_stops_no_worker(listening: World):
    listening.path.write_text(WRONG)
    os.kill(os.getpid(), signal.SIGHUP)

    assert listening.after(0.0) == (False, 0)
