"""The ledger of a run under faults: what was sent, what was acknowledged, and what arrived."""

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Ledger:
    """Written by the senders, from several threads. Events are identified by their eventId at Gong."""

    tried: set[str] = field(default_factory=set)
    acked: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    """How often each status, or kind of silence, was the answer."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def trying(self, names: Iterable[str]) -> None:
        with self.lock:
            self.tried.update(names)

    def ack(self, names: Iterable[str]) -> None:
        with self.lock:
            self.acked.update(names)

    def answered(self, how: str) -> None:
        with self.lock:
            self.answers[how] += 1


@dataclass(frozen=True, slots=True)
class Balance:
    """The ledger compared with what arrived. It is sound if the first three sets are empty."""

    lost: frozenset[str]
    unexpected: frozenset[str]
    doubled: frozenset[str]
    recovered: frozenset[str]
    """Came out although no promise was heard: the answer was lost, not the event."""

    @property
    def sound(self) -> bool:
        return not (self.lost or self.unexpected or self.doubled)


def balance(ledger: Ledger, *, gong: Iterable[str], dead: Iterable[str]) -> Balance:
    """Compare after a full drain: each acknowledged event must be in Gong or a dead letter, once, and no other event."""
    arrived = Counter(gong)
    out = set(arrived) | set(dead)
    return Balance(
        lost=frozenset(ledger.acked - out),
        unexpected=frozenset(out - ledger.tried),
        doubled=frozenset(name for name, times in arrived.items() if times > 1),
        recovered=frozenset((out & ledger.tried) - ledger.acked),
    )
