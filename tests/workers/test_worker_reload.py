"""When a worker begins anew: once the file is good and has changed, or somebody asks; and never over a wrong one."""

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
GOOD, OTHER, WRONG = (f"destinations: {told}" for told in (f"{{acme: {AUTH}}}", f"{{globex: {AUTH}}}", "7"))


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
        """Whether it is to begin anew, and how often it was stopped, once so much time has gone by."""
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


def test_a_good_change_is_found_at_the_next_look(world: World):
    world.path.write_text(OTHER)

    assert world.after(0.5) == (False, 0)
    assert world.after(2.0) == (True, 1)


def test_asked_whether_it_is_current_it_looks_at_once(world: World):
    assert world.reloading.is_current()
    world.path.write_text(OTHER)

    assert not world.reloading.is_current()
    assert world.stops == 1


def test_a_wrong_file_leaves_it_current(world: World):
    world.path.write_text(WRONG)

    assert world.reloading.is_current()


def test_it_is_told_to_stop_once(world: World):
    world.path.write_text(OTHER)
    world.after(3.0)
    world.path.write_text(GOOD)

    assert world.after(3.0) == (True, 1)


def test_a_wrong_change_stops_nobody(world: World):
    world.path.write_text(WRONG)

    assert world.after(3.0) == (False, 0)


def test_sighup_begins_anew_at_once_and_without_a_change(listening: World):
    os.kill(os.getpid(), signal.SIGHUP)

    assert listening.after(0.0) == (True, 1)


def test_sighup_over_a_wrong_file_stops_nobody(listening: World):
    listening.path.write_text(WRONG)
    os.kill(os.getpid(), signal.SIGHUP)

    assert listening.after(0.0) == (False, 0)
