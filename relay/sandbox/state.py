"""All that one running sandbox holds, behind one lock."""

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any, NamedTuple

from relay.sandbox import companies, journal, ledger
from relay.sandbox.apps import App, default_app
from relay.sandbox.clock import Clock
from relay.sandbox.companies import Companies, Company
from relay.sandbox.faults import Faults
from relay.sandbox.grants import Grants, end
from relay.sandbox.settings import SandboxSettings


class LogLine(NamedTuple):
    """One request of the API or the token endpoint and what came of it. Holds no secret: of the Authorization header only its scheme."""

    at: float
    company: str | None
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
        return self._asdict()


@dataclass(slots=True)
class Sandbox:
    settings: SandboxSettings
    random: Random
    ledger: ledger.Ledger
    log: deque[LogLine]
    apps: dict[str, App]
    journal: Path | None = None
    clock: Clock = field(default_factory=Clock)
    companies: Companies = field(default_factory=Companies)
    faults: Faults = field(default_factory=Faults)
    grants: Grants = field(default_factory=Grants)
    # Held for moments only and never while sleeping, so that one company's latency is not another's.
    lock: Lock = field(default_factory=Lock)


def opened(settings: SandboxSettings) -> Sandbox:
    """A sandbox that knows what its journal, if it has one, says was accepted before."""
    sandbox = Sandbox(
        settings,
        Random(settings.seed),
        ledger.Ledger(deque(maxlen=settings.keep_events), settings.dedupe_scope),
        deque(maxlen=settings.keep_log),
        registered(settings),
    )
    if settings.journal:
        _recover(sandbox, Path(settings.journal))
    return sandbox


def registered(settings: SandboxSettings) -> dict[str, App]:
    """The apps that are there from the start."""
    app = default_app(settings)
    return {app.client_id: app}


def revoke(sandbox: Sandbox, company: Company) -> None:
    """Take away a company's access: its API keys until it is restored, what it granted to apps for good."""
    company.revoked = True
    end(sandbox.grants, company.name)


def accept(sandbox: Sandbox, event: ledger.Accepted) -> None:
    """Keep an event, in the journal first."""
    if sandbox.journal is not None:
        journal.append(sandbox.journal, event)
    ledger.keep(sandbox.ledger, event)


def reset(sandbox: Sandbox) -> None:
    """Forget every event, request, company, grant and fault; settings and the clock stay."""
    with sandbox.lock:
        if sandbox.journal is not None:
            journal.clear(sandbox.journal)
        ledger.forget(sandbox.ledger)
        sandbox.log.clear()
        sandbox.companies = Companies()
        sandbox.faults = Faults()
        sandbox.grants = Grants()
        sandbox.apps = registered(sandbox.settings)


def _recover(sandbox: Sandbox, path: Path) -> None:
    for event in journal.recovered(path):
        ledger.keep(sandbox.ledger, event)
        companies.find(sandbox.companies, sandbox.settings, host="", prefix=event.company)
    sandbox.journal = path
