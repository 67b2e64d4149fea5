"""All that one running sandbox holds, behind one lock."""

from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

from relay.sandbox import journal, ledger
from relay.sandbox.clock import Clock
from relay.sandbox.companies import Companies, find
from relay.sandbox.faults import Faults
from relay.sandbox.settings import SandboxSettings


@dataclass(frozen=True, slots=True)
class LogLine:
    """One request of the API and what came of it. Holds no secret: of the Authorization header only its scheme."""

    at: float
    company: str
    method: str
    path: str
    route: str | None
    status: int
    event_id: str | None
    request_id: str
    authorization: str | None
    faults: tuple[str, ...]
    note: str | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Sandbox:
    settings: SandboxSettings
    random: Random
    ledger: ledger.Ledger
    log: deque[LogLine]
    journal: Path | None = None
    clock: Clock = field(default_factory=Clock)
    companies: Companies = field(default_factory=Companies)
    faults: Faults = field(default_factory=Faults)
    # Held for moments only and never while sleeping, so that one company's latency is not another's.
    lock: Lock = field(default_factory=Lock)


def opened(settings: SandboxSettings) -> Sandbox:
    """A sandbox that knows what its journal, if it has one, says was accepted before."""
    sandbox = Sandbox(
        settings,
        Random(settings.seed),
        ledger.Ledger(deque(maxlen=settings.keep_events), settings.dedupe_scope),
        deque(maxlen=settings.keep_log),
    )
    if settings.journal:
        _recover(sandbox, Path(settings.journal))
    return sandbox


def accept(sandbox: Sandbox, event: ledger.Accepted) -> None:
    """Keep an event, in the journal first."""
    if sandbox.journal is not None:
        journal.append(sandbox.journal, event)
    ledger.keep(sandbox.ledger, event)


def reset(sandbox: Sandbox) -> None:
    """Forget every event, request, company and fault; settings and the clock stay."""
    with sandbox.lock:
        if sandbox.journal is not None:
            journal.clear(sandbox.journal)
        ledger.forget(sandbox.ledger)
        sandbox.log.clear()
        sandbox.companies = Companies()
        sandbox.faults = Faults()


def _recover(sandbox: Sandbox, path: Path) -> None:
    for event in journal.recovered(path):
        ledger.keep(sandbox.ledger, event)
        find(sandbox.companies, sandbox.settings, host="", prefix=event.company)
    sandbox.journal = path
