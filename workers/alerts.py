"""The chores of alerts: one worker looks at its store once a minute; any worker sends what is to be told, until it arrives."""

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
from relay.core.version import VERSION
from relay.log import log_event
from relay.settings import Settings
from relay.store.alert_snapshot import look
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
_AT_ONCE = 2
_GIVEN_UP_SECONDS = 24 * 3600.0
_FIRST_SECONDS, _LONGEST_SECONDS = 5.0, 900.0
_GONE = 410


@dataclass(slots=True)
class AlertMonitor:
    """Looks at a store and decides what is told. `known` are the destinations that there are, by name."""

    store: Store
    known: Callable[[], Mapping[str, Destination]]
    rules: AlertConfig
    way_out: "ReceiverClient"
    heartbeat: str | None = None
    _next: float = field(default=float("-inf"), init=False)

    def step(self) -> None:
        """Look, if it is time and no other worker has. Raises Unavailable when the store is away."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self.rules.check_interval
        if acquire_alert_turn(self.store.redis, seconds=self.rules.check_interval * 0.9):
            self.look()
            if self.heartbeat is not None:
                self.way_out.send_heartbeat(self.heartbeat)

    def look(self) -> None:
        """One look: what has changed is kept together with the messages that tell it, or not at all."""
        redis, rules = self.store.redis, self.rules
        memory = read_alert_state(redis)
        facts = look(self.store, self.known(), memory, rules.thresholds)
        course = update_alerts(
            memory.open,
            find_conditions(facts, rules.thresholds, interval=rules.check_interval),
            rules,
            facts.now,
        )
        after = AlertState(memory.version, facts.now, facts.dead, facts.unproved, course.open)
        messages = build_messages(course, rules.receivers, store=self.store.name, now=facts.now)
        kept, left_out = save_alert_check(self.store.scripts, after, course, messages)
        if not kept:
            return
        if left_out:
            log_event("alert.left_out", level="warning", count=left_out)
        for verb, alerts in (("opened", course.opened), ("cleared", course.cleared)):
            for alert in alerts:
                _log(verb, alert)


def _log(verb: str, alert: Alert) -> None:
    log_event(f"alert.{verb}", level="warning", id=alert.id, reason=alert.kind, name=alert.subject)


@dataclass(frozen=True, slots=True)
class AlertSender:
    """Sends messages to receivers. What one of them does not take is sent again, ever later, for a day."""

    store: Store
    receivers: Mapping[str, Receiver]
    way_out: "ReceiverClient"
    now: Callable[[], datetime]

    def step(self) -> None:
        """Send what is due. Raises Unavailable when the store is away."""
        while taken := lease_messages(self.store.scripts, lease_seconds=_LEASE_SECONDS, most=_AT_ONCE):
            for one in taken:
                self._send(one)

    def _send(self, one: PendingMessage) -> None:
        receiver = self.receivers.get(one.message.receiver)
        outcome, status = ("not_configured", None) if receiver is None else self._posted(receiver, one)
        now = self.now()
        again = None if outcome == "arrived" else choose_retry_delay(one, status, now)
        before, _ = read_receiver_statuses(self.store.redis)
        known = before.get(one.message.receiver)
        failing = (known.failing_since if known else None) or now
        told = ReceiverStatus(one.message.id, now, outcome, status, None if outcome == "arrived" else failing)
        settle_message(self.store.redis, one, told, again_in=again if receiver else None)
        told_as = outcome if again or outcome == "arrived" else "given_up"
        log_event("alert.sent", name=one.message.receiver, id=one.message.id, outcome=told_as, status=status)

    def _posted(self, receiver: Receiver, one: PendingMessage) -> tuple[str, int | None]:
        """What came of it, in a word, and the status that was answered."""
        body = one.message.body
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        if receiver.secret is not None:
            headers |= sign_message(receiver.secret, one.message.id, body, self.now())
        return self.way_out.post(receiver.url, headers, body)


def choose_retry_delay(one: PendingMessage, status: int | None, now: datetime) -> float | None:
    """After how many seconds a message that did not arrive is sent again; None: it is given up.

    A receiver that answers 410 wants no more of them.
    """
    if status == _GONE or (now - one.created_at).total_seconds() >= _GIVEN_UP_SECONDS:
        return None
    longest: float = min(_FIRST_SECONDS * 2.0 ** min(one.tries, 10), _LONGEST_SECONDS)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter is no secret


class ReceiverClient:
    """The way to receivers: a total deadline, no redirects, certificates verified, answers read to 64 KiB."""

    def __init__(self, *, trust_env: bool) -> None:
        manners = HttpOptions(_CONNECT_SECONDS, _TOTAL_SECONDS, 4, trust_env)
        self._wire = GongClient(manners)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[str, int | None]:
        """`arrived`, `rejected` or a code of what went wrong on the way; and the status that was answered. Never raises."""
        return self._ask("POST", url, headers, body)

    def send_heartbeat(self, url: str) -> None:
        """Tell whoever waits for it that a worker has looked."""
        outcome, status = self._ask("GET", url, {}, None)
        if outcome != "arrived":
            log_event("alert.no_heartbeat", level="warning", outcome=outcome, status=status)

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[str, int | None]:
        request = PreparedRequest()
        request.method, request.url, request.body = method, url, body
        agent = {"User-Agent": f"gong-event-relay/{VERSION}", "Accept": "*/*"}
        request.headers = CaseInsensitiveDict(agent | dict(headers))
        answer = self._wire.fetch(request, turn=lambda: None)
        if not isinstance(answer, HttpResponse):
            return answer.code, None
        return "arrived" if 200 <= answer.status < 300 else "rejected", answer.status  # noqa: PLR2004 - as HTTP has it


def create_alert_tasks(
    settings: Settings,
    rules: AlertConfig,
    store: Store,
    *,
    known: Callable[[], Mapping[str, Destination]],
    now: Callable[[], datetime],
) -> list[Callable[[], None]]:
    """The chores as the configuration has them. Each store's workers see to it; those of the main one beat the heart."""
    way_out = ReceiverClient(trust_env=settings.trust_env)
    heartbeat = rules.heartbeat if store.name == MAIN_STORE else None
    receivers = {one.name: one for one in rules.receivers}
    return [
        AlertMonitor(store, known, rules, way_out, heartbeat).step,
        AlertSender(store, receivers, way_out, now).step,
    ]
