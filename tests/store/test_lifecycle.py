"""Property test: any order of operations makes only legal state changes and loses no event."""

from collections import Counter
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from redis import Redis

from relay.core.errors import Conflict
from relay.core.lifecycle import ENDED_STATES, TRANSITIONS, DeadLetterReason, HoldCause, State
from relay.core.priority import Priority
from relay.core.visit_session import VisitSession
from relay.store.delivery import (
    LeasedEvent,
    Pacing,
    Retry,
    Settlement,
    SweepOptions,
    dead_letter,
    end_event,
    finish,
    freeze_company,
    hold_event,
    lease_events,
    publish_shares,
    retry_later,
    return_unsent,
    sweep,
)
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.erasures import Erasure, erase_record, start_erasure
from relay.store.events import discard_event, replay_event
from relay.store.holds import resume_destination
from relay.store.queues import read_depths
from tests.store_world import NOW, accept_events, event, new_id

SETTLEMENTS: list[Settlement] = [
    end_event(State.DELIVERED, "r", record=b"{}", keep_seconds=600),
    end_event(State.DUPLICATE, None, record=b"{}", keep_seconds=600),
    retry_later(Retry(seconds=0.0, ambiguous=True), record=b"{}"),
    freeze_company(0.0, record=b"{}"),
    dead_letter(DeadLetterReason.REJECTED, "no", record=b"{}", keep_seconds=600),
    hold_event(HoldCause.FORBIDDEN, "no", record=b"{}", probe_seconds=600),
    return_unsent(),
]


class LifecycleMachine(RuleBasedStateMachine):
    """Senders, workers that may crash, and operators act in any order."""

    redis: Redis

    @initialize()
    def empty(self) -> None:
        self.redis.flushall()
        self.scripts = Scripts(self.redis)
        self.states: dict[str, State] = {}
        self.leased: list[LeasedEvent] = []

    def observe(self) -> None:
        """Check that every event exists and changed its state only through legal transitions."""
        for event_id, before in self.states.items():
            now = State(self.redis.hget(keys.EVENT + event_id, "state").decode())
            assert now == before or now in reachable(before), f"{before} → {now}"
            self.states[event_id] = now

    @rule(
        native=st.integers(0, 30),
        destination=st.sampled_from(["acme", "twin"]),
        filtered=st.booleans(),
        priority=st.sampled_from(Priority),
    )
    def accept(self, native: int, destination: str, *, filtered: bool, priority: Priority) -> None:
        new_event = event(str(native), destination=destination, filtered=filtered, priority=priority)
        [verdict] = accept_events(self.scripts, new_event).verdicts
        if not verdict.duplicate:
            self.states[verdict.id] = State(verdict.status)

    @rule(
        natives=st.lists(st.integers(31, 60), min_size=1, max_size=4),
        destination=st.sampled_from(["acme", "twin"]),
    )
    def accept_session(self, natives: list[int], destination: str) -> None:
        """Accept events of one session."""
        session = VisitSession(("web", "page_view", "visit", "jane"), NOW)
        new_events = [
            replace(event(str(native), destination=destination), session=session) for native in natives
        ]
        for verdict in accept_events(self.scripts, *new_events).verdicts:
            if not verdict.duplicate:
                self.states[verdict.id] = State(verdict.status)

    @rule()
    def end_sessions(self) -> None:
        for event_id in self.redis.zrange(keys.AGGREGATING, 0, -1):
            self.redis.zadd(keys.AGGREGATING, {event_id: 0})

    @rule(want=st.integers(1, 5), dies=st.booleans())
    def lease_events(self, want: int, *, dies: bool) -> None:
        _, leased = lease_events(self.scripts, worker="w", want=want, pacing=Pacing(0.0, 0.0, 0.0))
        self.leased += [] if dies else leased

    @rule(settlement=st.sampled_from(SETTLEMENTS), index=st.integers(0, 5))
    def settle(self, settlement: Settlement, index: int) -> None:
        if index < len(self.leased):
            finish(self.scripts, self.leased.pop(index), settlement)

    @rule()
    def sweep(self) -> None:
        self.redis.delete(keys.SWEEP_LOCK)
        sweep(self.scripts, SweepOptions(max_rescues=4), Pacing(window=0.0))

    @rule(destination=st.sampled_from(["acme", "twin"]))
    def resume(self, destination: str) -> None:
        resume_destination(self.scripts, destination)

    @rule(index=st.integers(0, 30), replays=st.booleans())
    def replay_or_discard(self, index: int, *, replays: bool) -> None:
        ids = list(self.states)
        if index >= len(ids):
            return
        try:
            if replays:
                replay_event(self.scripts, ids[index], now=NOW)
            else:
                discard_event(self.scripts, ids[index], keep_seconds=600)
        except Conflict:
            assert State(self.redis.hget(keys.EVENT + ids[index], "state").decode()) != State.DEAD

    @rule(index=st.integers(0, 30))
    def erase(self, index: int) -> None:
        """Run one step of an erasure on an event, as if it contained the person's data."""
        ids = list(self.states)
        if index < len(ids):
            erasing = Erasure(new_id(), b"8 bytes.", "email", "admin")
            start_erasure(self.scripts, erasing, dedupe_seconds=60, now=NOW)
            erase_record(self.scripts, erasing, ids[index], alias="", keep_seconds=600)

    @rule(share=st.sampled_from([0.0001, 0.0004, 1.0]))
    def change_share(self, share: float) -> None:
        """Let the source use one or four of its company's calls per day, or all of them."""
        publish_shares(self.scripts, {("acme", "web"): share} if share < 1 else {}, ["acme"])

    @invariant()
    def every_event_is_where_its_state_says(self) -> None:
        self.observe()
        depths = {depth.destination: depth.states for depth in read_depths(self.redis, ["acme", "twin"])}
        counted = Counter({state: sum(states[state] for states in depths.values()) for state in State})
        assert counted == Counter(self.states.values())
        queues = self.redis.smembers(keys.RQ_QUEUES)
        queued = {name.decode() for queue in queues for name in self.redis.lrange(queue, 0, -1)}
        held = {
            name.decode() for key in ("acme", "twin") for name in self.redis.lrange(keys.ON_HOLD + key, 0, -1)
        }
        waiting = {name.decode() for name in self.redis.zrange(keys.RETRIES, 0, -1)}
        leased = {name.decode().split("|")[1] for name in self.redis.zrange(keys.LEASES, 0, -1)}
        aggregating = {name.decode() for name in self.redis.zrange(keys.AGGREGATING, 0, -1)}
        places = {State.QUEUED: queued, State.ON_HOLD: held, State.RETRYING: waiting, State.SENDING: leased}
        places[State.AGGREGATING] = aggregating
        for event_id, state in self.states.items():
            assert state in ENDED_STATES or event_id in places[state], (
                f"{event_id} is {state} but not in the queue or set of that state"
            )

    @invariant()
    def every_queue_with_events_will_be_checked(self) -> None:
        queues = {name for name in self.redis.smembers(keys.RQ_QUEUES) if self.redis.exists(name)}
        turns = self.redis.zrange(keys.TURNS + "acme", 0, -1)
        paused = self.redis.zrange(keys.PAUSED_TURNS + "acme", 0, -1)
        assert queues <= {keys.RQ_QUEUE.encode() + name for name in (*turns, *paused)}
        assert not set(turns) & set(paused)
        assert not queues or self.redis.zscore(keys.DUE, "acme") is not None


def reachable(state: State) -> set[State]:
    """Return every state that legal transitions lead to from `state`."""
    reached: set[State] = set()
    edge = {state}
    while edge:
        edge = {move for source in edge for move in TRANSITIONS[source]} - reached
        reached |= edge
    return reached


def test_any_order_of_operations_is_legal_and_loses_no_event(redis: Redis):
    class Run(LifecycleMachine):
        pass

    Run.redis = redis
    checks = [HealthCheck.too_slow]
    run_state_machine_as_test(
        Run,
        settings=settings(
            max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=checks
        ),
    )
