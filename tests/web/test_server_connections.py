"""Which connection is closed to make room, and how many bytes of bodies a process holds."""

from dataclasses import dataclass, field, replace

import pytest

from relay.core.errors import Unavailable
from relay.settings import Settings
from relay.web.server.connection import BodyPace
from relay.web.server.connection_table import ClientUsage, ConnectionTable, Phase
from relay.web.server.limits import (
    MIN_AGE_SECONDS,
    RESERVED_CONNECTIONS,
    SMALL_BODY_BYTES,
    ServerLimits,
    read_limits,
)

LIMITS = ServerLimits(
    connections=20,
    client_connections=5,
    receive_seconds=10.0,
    request_seconds=60.0,
    idle_seconds=65.0,
    bodies_bytes=1_000_000,
    body_bytes=100_000,
)


@dataclass(eq=False)
class Entry:
    """A connection without a socket."""

    phase: Phase = Phase.IDLE
    since: float = 0.0
    client: ClientUsage = field(default_factory=ClientUsage)
    body_bytes: int = 0
    waits_for_client: bool = False
    is_reserved: bool = False
    is_shut_down: bool = False

    def shut_down(self) -> None:
        self.is_shut_down = True


@dataclass
class Clock:
    """Advances by itself, so that each connection is older than those that are opened after it."""

    step: float = MIN_AGE_SECONDS
    seconds: float = 0.0

    def __call__(self) -> float:
        self.seconds += self.step
        return self.seconds


def new_table(limits: ServerLimits = LIMITS, step: float = MIN_AGE_SECONDS) -> ConnectionTable:
    return ConnectionTable(limits, Clock(step))


def opened(table: ConnectionTable, count: int, address: str = "a", phase: Phase = Phase.IDLE) -> list[Entry]:
    entries = [Entry() for _ in range(count)]
    for entry in entries:
        assert table.open(entry, address)
        table.move(entry, phase)
    return entries


def shut(entries: list[Entry]) -> list[int]:
    return [number for number, entry in enumerate(entries) if entry.is_shut_down]


def test_a_client_beyond_its_limit_loses_its_oldest_idle_connections():
    table = new_table()
    other = opened(table, 1, "b")

    assert shut(opened(table, 8)) == [0, 1, 2]
    assert not other[0].is_shut_down


def test_a_client_may_open_more_at_once_than_it_may_hold():
    table = new_table(step=MIN_AGE_SECONDS / 100)

    assert shut(opened(table, 15)) == []


def test_all_old_connections_beyond_the_limit_are_closed_at_the_next_one():
    clock = Clock(MIN_AGE_SECONDS / 100)
    table = ConnectionTable(LIMITS, clock)
    entries = opened(table, 15)
    clock.seconds += MIN_AGE_SECONDS

    assert shut(entries + opened(table, 1)) == list(range(11))


def test_a_full_process_closes_those_of_a_client_above_its_limit_first():
    table = new_table(step=MIN_AGE_SECONDS / 100)
    others = [entry for number in range(5) for entry in opened(table, 1, f"client{number}")]

    assert shut(opened(table, 20)) == [0, 1, 2, 3, 4]
    assert shut(others) == []


def test_idle_connections_are_closed_before_those_with_half_a_head():
    table = new_table()
    heads, idle = opened(table, 3, phase=Phase.HEAD), opened(table, 2)

    opened(table, 3, phase=Phase.HEAD)

    assert (shut(idle), shut(heads)) == ([0, 1], [0])


def test_a_request_in_progress_is_closed_only_if_it_waits_for_its_client():
    table = new_table()
    busy = opened(table, 5, phase=Phase.BUSY)
    busy[2].waits_for_client = busy[4].waits_for_client = True

    opened(table, 3, phase=Phase.BUSY)

    assert shut(busy) == [2, 4]


def test_a_connection_chosen_to_be_closed_no_longer_counts():
    table = new_table()
    entries = opened(table, 6)
    table.move(entries[0], Phase.BUSY)
    table.close(entries[0], "a")

    assert shut(entries + opened(table, 1)) == [0, 1]


def test_connections_without_an_address_are_those_of_a_proxy():
    assert shut(opened(new_table(), 8, "")) == []


def test_a_full_process_closes_idle_connections_of_any_client():
    table = new_table()
    entries = [entry for number in range(20) for entry in opened(table, 1, f"client{number}")]

    assert shut(entries + opened(table, 1, "new")) == [0]


def test_a_process_full_of_requests_has_room_for_health_checks_only():
    table = new_table(replace(LIMITS, client_connections=None))
    entries = opened(table, LIMITS.connections + RESERVED_CONNECTIONS, phase=Phase.BUSY)

    assert [entry.is_reserved for entry in entries].count(True) == RESERVED_CONNECTIONS
    assert not table.open(Entry(), "b")


def test_an_empty_table_has_forgotten_every_client():
    table = new_table()
    entries = opened(table, 8)
    for entry in entries:
        table.close(entry, "a")

    assert table.idle() == []
    assert shut(opened(table, 5)) == []


def test_the_limit_per_client_does_not_apply_behind_a_proxy():
    behind = read_limits(Settings(proxy_hops=1), connections=1000, idle_seconds=65)

    assert behind.client_connections is None
    assert read_limits(Settings(), connections=1000, idle_seconds=65).client_connections == 100


def test_large_bodies_are_rejected_when_the_memory_for_bodies_is_used_up_and_small_ones_are_not():
    table = new_table()
    for number in range(11):
        [entry] = opened(table, 1, f"client{number}", Phase.BUSY)
        if number < 10:
            table.hold_body(entry, 100_000)
    table.hold_body(entry, SMALL_BODY_BYTES)

    with pytest.raises(Unavailable) as caught:
        table.hold_body(entry, 1)
    assert caught.value.code == "server_busy"


def test_one_client_may_use_a_quarter_of_the_memory_for_bodies():
    table = new_table()
    entries = opened(table, 3, phase=Phase.BUSY)
    for entry in entries[:2]:
        table.hold_body(entry, 100_000)

    with pytest.raises(Unavailable):
        table.hold_body(entries[2], 100_000)
    [other] = opened(table, 1, "b", Phase.BUSY)
    table.hold_body(other, 100_000)


def test_the_memory_of_a_body_is_free_after_its_request():
    table = new_table()
    [entry] = opened(table, 1, phase=Phase.BUSY)
    for _ in range(100):
        table.hold_body(entry, 100_000)
        table.release_body(entry)


def test_one_body_of_the_maximum_size_always_fits():
    limits = read_limits(
        Settings(max_body_bytes=200_000_000, max_bodies_bytes=1_048_576), connections=1000, idle_seconds=65
    )

    assert limits.bodies_bytes >= limits.client_bodies_bytes >= 200_000_000


def test_a_body_must_progress_in_each_period():
    pace = BodyPace(LIMITS, 100.0)
    assert pace.seconds_left(100.0) == 10.0
    pace.add(10_239, 109.0)
    assert pace.seconds_left(109.0) == pytest.approx(1.0)
    pace.add(1, 109.0)
    assert pace.seconds_left(109.0) == pytest.approx(10.0)


def test_a_fast_start_does_not_excuse_a_stall():
    pace = BodyPace(LIMITS, 100.0)
    pace.add(1_000_000, 101.0)

    assert pace.seconds_left(111.5) < 0


def test_a_body_must_end_in_time_at_any_pace():
    pace = BodyPace(LIMITS, 100.0)
    for second in range(101, 160):
        pace.add(100_000, float(second))

    assert pace.seconds_left(159.0) == pytest.approx(1.0)
    assert pace.seconds_left(160.5) < 0
