"""Periodic tasks of alerts: checks the store for conditions once per interval, and sends notifications to receivers."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from relay.core.alerts.conditions import find_conditions
from relay.core.alerts.lifecycle import Alert, update_alerts
from relay.core.alerts.notifications import build_messages, sign_message
from relay.core.alerts.thresholds import AlertConfig, Receiver
from relay.core.destination import MAIN_STORE, Destination
from relay.core.outcome import HttpResponse
from relay.core.secret import reveal
from relay.core.version import VERSION
from relay.log import log_event
from relay.settings import Settings
from relay.store.alert_snapshot import take_snapshot
from relay.store.alerts import (
    AlertState,
    PendingMessage,
    ReceiverStatus,
    acquire_alert_turn,
    lease_messages,
    read_alert_state,
    read_receiver_statuses,
    save_alert_check,
    settle_message,
)
from relay.store.stores import Store
from workers.gong_client import GongClient, HttpOptions

_CONNECT_SECONDS, _TOTAL_SECONDS = 5.0, 10.0
_LEASE_SECONDS = 30.0
_BATCH = 2
_GIVE_UP_SECONDS = 24 * 3600.0
_FIRST_DELAY_SECONDS, _MAX_DELAY_SECONDS = 5.0, 900.0
_GONE = 410


@dataclass(slots=True, kw_only=True)
class AlertMonitor:
    """Checks one store for conditions that need an alert. Of all workers, one does each check."""

    store: Store
    destinations: Callable[[], Mapping[str, Destination]]
    """Returns the configured destinations by name."""
    config: AlertConfig
    client: "ReceiverClient"
    heartbeat: str | None = None
    """URL that is requested after every check."""
    _due_at: float = field(default=float("-inf"), init=False)

    def step(self) -> None:
        """Check the store if it is time and no other worker has done so. Raises Unavailable."""
        if time.monotonic() < self._due_at:
            return
        interval = self.config.check_interval
        self._due_at = time.monotonic() + interval
        # The turn is a little shorter than the interval, so that a check that starts slightly early is not skipped.
        if acquire_alert_turn(self.store.scripts, seconds=interval * 0.9):
            self.check()
            if self.heartbeat is not None:
                self.client.send_heartbeat(self.heartbeat)

    def check(self) -> None:
        """Check once, and save the changed alerts and their messages in one step."""
        redis, config = self.store.redis, self.config
        state = read_alert_state(redis)
        snapshot = take_snapshot(self.store, self.destinations(), state, config.thresholds)
        conditions = find_conditions(snapshot, config.thresholds, interval=config.check_interval)
        changes = update_alerts(state.open, conditions, config, snapshot.now)
        new_state = AlertState(
            version=state.version,
            at=snapshot.now,
            dead=snapshot.dead,
            failed_verifications=snapshot.failed_verifications,
            open=changes.open,
        )
        messages = build_messages(changes, config.receivers, store=self.store.name, now=snapshot.now)
        saved, dropped = save_alert_check(self.store.scripts, new_state, changes, messages)
        # Another worker has checked meanwhile. Its result stands, and it has logged it.
        if not saved:
            return
        if dropped:
            log_event("alert.messages_dropped", level="warning", count=dropped)
        for alert in changes.opened:
            _log_change("alert.opened", alert)
        for alert in changes.resolved:
            _log_change("alert.resolved", alert)


def _log_change(event: str, alert: Alert) -> None:
    log_event(event, level="warning", id=alert.id, reason=alert.kind, name=alert.subject)


@dataclass(frozen=True, slots=True)
class AlertSender:
    """Sends queued messages to receivers. A failed one is retried for a day, with growing delays."""

    store: Store
    receivers: Mapping[str, Receiver]
    client: "ReceiverClient"
    now: Callable[[], datetime]

    def step(self) -> None:
        """Send what is due. Raises Unavailable if the store is unreachable."""
        while messages := lease_messages(self.store.scripts, lease_seconds=_LEASE_SECONDS, most=_BATCH):
            for message in messages:
                self._send(message)

    def _send(self, pending: PendingMessage) -> None:
        name, message = pending.message.receiver, pending.message
        receiver = self.receivers.get(name)
        # The receiver may have been removed from the configuration since the message was queued.
        outcome, status = ("not_configured", None) if receiver is None else self._post(receiver, pending)
        now = self.now()
        arrived = outcome == "arrived"
        delay = None if arrived or receiver is None else choose_retry_delay(pending, status, now)
        statuses, _ = read_receiver_statuses(self.store.redis)
        previous = statuses.get(name)
        failing_since = (previous.failing_since if previous else None) or now
        receiver_status = ReceiverStatus(
            message=message.id,
            at=now,
            outcome=outcome,
            status=status,
            failing_since=None if arrived else failing_since,
        )
        settle_message(self.store.redis, pending, receiver_status, retry_in=delay)
        logged_outcome = outcome if arrived or delay or receiver is None else "given_up"
        log_event("alert.sent", name=name, id=message.id, outcome=logged_outcome, status=status)

    def _post(self, receiver: Receiver, pending: PendingMessage) -> tuple[str, int | None]:
        body = pending.message.body
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        if receiver.secret is not None:
            headers |= sign_message(reveal(receiver.secret), pending.message.id, body, self.now())
        return self.client.post(reveal(receiver.url), headers, body)


def choose_retry_delay(pending: PendingMessage, status: int | None, now: datetime) -> float | None:
    """Return the seconds until a failed message is sent again; None to give up."""
    # 410 is a receiver's way to say that it wants no more messages.
    if status == _GONE or (now - pending.created_at).total_seconds() >= _GIVE_UP_SECONDS:
        return None
    longest: float = min(_FIRST_DELAY_SECONDS * 2.0 ** min(pending.tries, 10), _MAX_DELAY_SECONDS)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter needs no cryptographic randomness


class ReceiverClient:
    """HTTP client for receivers: total deadline, no redirects, verified certificates, responses of up to 64 KiB."""

    def __init__(self, *, trust_env: bool) -> None:
        options = HttpOptions(
            connect=_CONNECT_SECONDS, total=_TOTAL_SECONDS, connections=4, trust_env=trust_env
        )
        self._client = GongClient(options)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[str, int | None]:
        """Post a message. Returns `arrived`, `rejected` or the code of a failure, and the HTTP status. Never raises."""
        return self._request("POST", url, headers, body)

    def send_heartbeat(self, url: str) -> None:
        """Request the heartbeat URL, which shows an external monitor that checks are running."""
        outcome, status = self._request("GET", url, {}, None)
        if outcome != "arrived":
            log_event("alert.heartbeat_failed", level="warning", outcome=outcome, status=status)

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[str, int | None]:
        request = PreparedRequest()
        request.method, request.url, request.body = method, url, body
        defaults = {"User-Agent": f"gong-event-relay/{VERSION}", "Accept": "*/*"}
        request.headers = CaseInsensitiveDict(defaults | dict(headers))
        response = self._client.fetch(request, before_write=lambda: None)
        if not isinstance(response, HttpResponse):
            return response.code, None
        is_success = 200 <= response.status < 300  # noqa: PLR2004 - HTTP's range of successes
        return "arrived" if is_success else "rejected", response.status


def create_alert_tasks(
    settings: Settings,
    config: AlertConfig,
    store: Store,
    *,
    destinations: Callable[[], Mapping[str, Destination]],
    now: Callable[[], datetime],
) -> list[Callable[[], None]]:
    """Create the tasks of one store: its monitor and its sender."""
    client = ReceiverClient(trust_env=settings.trust_env)
    # One heartbeat for the installation, whatever the number of stores.
    heartbeat = reveal(config.heartbeat) if store.name == MAIN_STORE else None
    receivers = {receiver.name: receiver for receiver in config.receivers}
    monitor = AlertMonitor(
        store=store, destinations=destinations, config=config, client=client, heartbeat=heartbeat
    )
    return [monitor.step, AlertSender(store, receivers, client, now).step]
