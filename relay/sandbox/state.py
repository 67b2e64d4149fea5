"""The state of one running sandbox, behind one lock."""

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any, NamedTuple

from relay.sandbox import companies, journal, ledger
from relay.sandbox.clock import Clock
from relay.sandbox.companies import Companies, Company
from relay.sandbox.faults import Faults
from relay.sandbox.grants import Grants, revoke_grants
from relay.sandbox.oauth_apps import OAuthApp, default_app
from relay.sandbox.settings import SandboxSettings


class LogEntry(NamedTuple):
    """One request to the API or the token endpoint, and its response."""

    at: float
    company: str | None
    method: str
    path: str
    route: str | None
    status: int
    event_id: str | None
    request_id: str
    authorization: str | None
    """The scheme of the Authorization header, without the credentials."""

    faults: tuple[str, ...]
    note: str | None

    def as_dict(self) -> dict[str, Any]:
        return self._asdict()


@dataclass(slots=True, kw_only=True)
class Sandbox:
    """Everything that a sandbox keeps between requests."""

    settings: SandboxSettings
    random: Random
    ledger: ledger.Ledger
    log: deque[LogEntry]
    oauth_apps: dict[str, OAuthApp]
    journal: Path | None = None
    clock: Clock = field(default_factory=Clock)
    companies: Companies = field(default_factory=Companies)
    faults: Faults = field(default_factory=Faults)
    grants: Grants = field(default_factory=Grants)
    # Held only briefly and never while sleeping, so that latency for one company does not delay another.
    lock: Lock = field(default_factory=Lock)


def open_sandbox(settings: SandboxSettings) -> Sandbox:
    """Create a sandbox and restore the events in its journal, if it has one."""
    sandbox = Sandbox(
        settings=settings,
        random=Random(settings.seed),
        ledger=ledger.Ledger(events=deque(maxlen=settings.keep_events), scope=settings.dedupe_scope),
        log=deque(maxlen=settings.keep_log),
        oauth_apps=initial_apps(settings),
    )
    if settings.journal:
        _restore_events(sandbox, Path(settings.journal))
    return sandbox


def initial_apps(settings: SandboxSettings) -> dict[str, OAuthApp]:
    """Return the OAuth apps that exist from the start."""
    app = default_app(settings)
    return {app.client_id: app}


def revoke_access(sandbox: Sandbox, company: Company) -> None:
    """Revoke a company's API keys until it is restored, and its OAuth grants permanently."""
    company.revoked = True
    revoke_grants(sandbox.grants, company.name)


def accept_event(sandbox: Sandbox, event: ledger.AcceptedEvent) -> None:
    # The journal comes first: an event that the API has acknowledged must survive a restart.
    if sandbox.journal is not None:
        journal.append_event(sandbox.journal, event)
    ledger.add_event(sandbox.ledger, event)


def reset_sandbox(sandbox: Sandbox) -> None:
    """Forget all events, requests, companies, apps, grants and faults. Settings and the clock stay."""
    with sandbox.lock:
        if sandbox.journal is not None:
            journal.clear(sandbox.journal)
        ledger.clear_ledger(sandbox.ledger)
        sandbox.log.clear()
        sandbox.companies = Companies()
        sandbox.faults = Faults()
        sandbox.grants = Grants()
        sandbox.oauth_apps = initial_apps(sandbox.settings)


def _restore_events(sandbox: Sandbox, path: Path) -> None:
    for event in journal.read_events(path):
        ledger.add_event(sandbox.ledger, event)
        companies.find_company(sandbox.companies, sandbox.settings, host="", prefix=event.company)
    # Set last: adding the restored events must not write them to the journal again.
    sandbox.journal = path
