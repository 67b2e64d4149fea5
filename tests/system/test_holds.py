"""A destination that Gong blocks is put on hold: its events wait, and all arrive once the cause is fixed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.harness.accounts import Account
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

EVENTS = 5


@dataclass(frozen=True, slots=True)
class Lockout:
    """A lasting fault, and the hold cause that operators see."""

    name: str
    fault: str
    cause: str
    with_: Mapping[str, Any] = field(default_factory=dict)

    @property
    def account(self) -> Account:
        return Account(self.name)


LOCKOUTS = (
    Lockout("revoked", "revoke", "invalid_credentials", {"count": 1}),
    Lockout("no-scope", "scope_removed", "missing_scope"),
    Lockout("ip-blocked", "ip_blocked", "forbidden"),
    Lockout("not-found", "status", "endpoint_not_found", {"status": 404}),
    Lockout("redirected", "redirect", "redirected"),
)
PROBED = Account("probed")
ON_REQUEST = Account("asked")


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    accounts = [*(lockout.account for lockout in LOCKOUTS), PROBED, ON_REQUEST]
    with launch(Plan(accounts, FAST)) as stack:
        for lockout in LOCKOUTS:
            stack.sandbox.arm(lockout.fault, company=lockout.name, **lockout.with_)
            post_all(stack, lockout.account)
        yield stack


def post_all(stack: Stack, account: Account) -> None:
    stack.relay.accept(account, [page_view(f"e{number}") for number in range(EVENTS)])


def held(stack: Stack, name: str) -> Callable[[], dict[str, Any]]:
    """Return a check that all events of a destination wait for its hold to end."""

    def look() -> dict[str, Any]:
        row = stack.relay.destinations()[name]
        assert row["hold"], row
        assert row["states"]["on_hold"] == EVENTS, row["states"]
        return row

    return look


def all_arrived(stack: Stack, name: str) -> Callable[[], bool]:
    return lambda: sorted(stack.sandbox.event_ids(name)) == [f"{name}:e{number}" for number in range(EVENTS)]


@pytest.fixture(scope="module")
def rows(stack: Stack) -> dict[str, dict[str, Any]]:
    """Every destination once it is on hold, with the number of its calls until then under `calls`."""
    return {
        lockout.name: eventually(held(stack, lockout.name), within=20, what=f"the hold of {lockout.name}")
        | {"calls": len(stack.sandbox.log(lockout.name))}
        for lockout in LOCKOUTS
    }


@pytest.fixture(scope="module")
def fixed(stack: Stack, rows: Mapping[str, Any]) -> None:
    """Fix every cause at Gong, and resume every destination."""
    stack.sandbox.disarm()
    for name in rows:
        stack.sandbox.post(f"companies/{name}/restore")
        stack.relay.act(f"/v1/destinations/{name}/resume")


EVERY = pytest.mark.parametrize("lockout", LOCKOUTS, ids=lambda lockout: lockout.name)


@EVERY
def test_a_blocked_destination_is_put_on_hold_with_its_cause(
    rows: Mapping[str, Any], lockout: Lockout
) -> None:
    assert rows[lockout.name]["hold"]["cause"] == lockout.cause, rows[lockout.name]["hold"]


@EVERY
def test_a_blocked_destination_gets_no_more_calls_than_were_in_flight(
    rows: Mapping[str, Any], lockout: Lockout
) -> None:
    assert 1 <= rows[lockout.name]["calls"] <= 3


def test_a_redirect_is_reported_and_not_followed(rows: Mapping[str, Any]) -> None:
    assert "elsewhere.api.gong.localhost" in rows["redirected"]["hold"]["detail"]


@EVERY
@pytest.mark.usefixtures("fixed")
def test_waiting_events_arrive_after_the_cause_is_fixed_and_the_hold_ended(
    stack: Stack, lockout: Lockout
) -> None:
    eventually(all_arrived(stack, lockout.name), within=20, what="the held events")


def test_a_new_worker_probes_the_credentials_and_ends_a_hold_whose_cause_is_fixed(stack: Stack) -> None:
    stack.sandbox.post(f"companies/{PROBED.name}/revoke")
    post_all(stack, PROBED)
    eventually(held(stack, PROBED.name), within=20, what="the hold")
    stack.sandbox.post(f"companies/{PROBED.name}/restore")
    stack.workers[0].kill()
    stack.workers[0].start()
    eventually(all_arrived(stack, PROBED.name), within=30, what="the held events")


def test_an_operators_probe_reports_the_cause_and_ends_the_hold_once_it_is_fixed(
    stack: Stack,
) -> None:
    def outcome() -> dict[str, Any]:
        return stack.relay.act(f"/v1/destinations/{ON_REQUEST.name}/probe")["previous"] or {}

    stack.sandbox.post(f"companies/{ON_REQUEST.name}/revoke")
    post_all(stack, ON_REQUEST)
    eventually(held(stack, ON_REQUEST.name), within=20, what="the hold")
    last = eventually(outcome, within=10, what="what came of the probe")
    assert (last["outcome"], last["status"]) == ("blocked", 401)
    assert "Create a new one in Gong" in last["remedy"]

    stack.sandbox.post(f"companies/{ON_REQUEST.name}/restore")
    eventually(lambda: outcome().get("outcome") == "passed", within=10, what="the probe that passes")
    eventually(all_arrived(stack, ON_REQUEST.name), within=20, what="the held events")
