"""Workers die by kill -9 while they renew tokens: the tokens left work, or the customer has to reconnect."""

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from multiprocessing.context import ForkServerContext
from random import Random
from threading import Event
from typing import Any

import pytest
import requests
from redis import Redis

from relay.core.lifecycle import HoldCause
from relay.core.oauth import OAuthApp
from relay.core.outcome import Blocked
from relay.sandbox.serve import serve_sandbox
from relay.sandbox.settings import SandboxSettings
from relay.store.engine import keys
from relay.store.engine.connection import WORKER, open_redis
from relay.store.oauth_tokens import find_due_refreshes, read_grant, read_hold_cause
from tests.flows.connecting import World, application
from tests.harness.deadly import deadly
from tests.harness.waiting import eventually
from tests.valkey import Valkey
from workers.gong_client import Credentials
from workers.oauth_client import RenewalResult, TokenService, create_token_service, renew_tokens

pytestmark = pytest.mark.slow

KILLS = 50
WORKERS = 8
WIDE = {"per_second": 10_000.0, "burst": 10_000}
MOST_SECONDS = 0.1
"""From the last byte of an answer: to read it, seal the pair and save it takes some 5 ms, and more on a busy machine."""


@dataclass(frozen=True)
class Place:
    """What a process needs to act as a worker. It can be passed to another process."""

    redis_url: str
    gong: str
    app: OAuthApp

    def world(self) -> World:
        return World(open_redis(self.redis_url, WORKER), self.gong, self.app)

    def tokens(self) -> TokenService:
        """A token service with short timeouts, so that renewals of dead workers are soon taken over."""
        world = self.world()
        tokens = create_token_service(world.settings, self.app, world.redis)
        assert tokens is not None
        return replace(tokens, max_request_seconds=1.0)


def renew_one(place: Place, name: str) -> None:
    """Renew due tokens as a worker does, until the process is killed."""
    tokens = place.tokens()
    grant = read_grant(tokens.redis, name)
    assert grant is not None
    assert renew_tokens(tokens, grant) is RenewalResult.DONE
    Event().wait(10)


def use_refused(place: Place, name: str, stale: Credentials, results: Any) -> None:
    """Do what a worker does when Gong rejects an access token."""
    world = place.world()
    destination = world.directory().find(name)
    assert destination is not None
    renewed = world.credential_store().renew(destination, stale)
    results.put(
        (renewed.version, world.call(renewed, "hub:2")) if isinstance(renewed, Credentials) else renewed.cause
    )


@pytest.fixture(scope="module")
def nursery() -> ForkServerContext:
    """A fork server with every import done, and no thread running."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.flows.connecting", "workers.oauth_client"])
    return context


@pytest.fixture(scope="module")
def gong() -> Iterator[str]:
    with serve_sandbox(SandboxSettings(**WIDE)) as url:
        yield url


@dataclass
class Ended:
    """The state after the kills, by destination: which tokens were saved in time, and the result of each."""

    saved: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    statuses: dict[str, list[int]] = field(default_factory=dict)
    access: dict[str, Credentials | Blocked] = field(default_factory=dict)
    holds: dict[str, str | None] = field(default_factory=dict)
    refreshes: dict[str, list[int]] = field(default_factory=dict)
    killed: int = 0


@pytest.fixture(scope="module")
def ended(valkey: Valkey, gong: str, nursery: ForkServerContext) -> Ended:
    redis = open_redis(valkey.url, WORKER)
    redis.flushall()
    ended = Ended()
    with deadly(gong, Random(7), most_seconds=MOST_SECONDS) as (way, doomed):
        place = Place(valkey.url, gong, application(way, authorize_url=f"{gong}/oauth2/authorize"))
        calm = replace(place, app=application(gong))
        for number in range(KILLS):
            name = f"c{number}"
            calm.world().connect(name, company=name)
            ended.killed += _killed(nursery, place, name, doomed)
    _look_at_what_is_left(redis, calm, ended)
    redis.close()
    return ended


def _killed(nursery: ForkServerContext, place: Place, name: str, doomed: list[int]) -> bool:
    worker = nursery.Process(target=renew_one, args=(place, name))
    worker.start()
    assert worker.pid is not None
    doomed.append(worker.pid)
    worker.join(30)
    doomed.clear()
    return worker.exitcode == -9


def _look_at_what_is_left(redis: Redis, place: Place, ended: Ended) -> None:
    """Let another worker continue: every old access token has expired, and every renewal is due."""
    world, task = place.world(), place.world().oauth_task()
    before = {f"c{number}": read_grant(redis, f"c{number}") for number in range(KILLS)}
    ended.saved = {name for name, grant in before.items() if grant and grant.version == 2}

    def none_is_open() -> bool:
        left = [name for name in before if not _decided(redis, name)]
        for name in left:
            redis.zadd(keys.TOKEN_REFRESHES, {name: 0})
        task.step()
        return not left

    eventually(none_is_open, within=60, what="every renewal decided")
    for name in before:
        _try_out(redis, world, ended, name)
    while find_due_refreshes(redis, 1):
        task.step()
    for name in before:
        ended.holds[name] = read_hold_cause(redis, name)


def _decided(redis: Redis, name: str) -> bool:
    grant = read_grant(redis, name)
    return grant is not None and bool(grant.lost or grant.version > 1)


def _try_out(redis: Redis, world: World, ended: Ended, name: str) -> None:
    """Make three calls as the deliverer does, with an access token that has expired unless it is a new one."""
    accesses, destination = world.credential_store(), world.directory().find(name)
    assert destination is not None
    grant = read_grant(redis, name)
    assert grant is not None
    if grant.lost:
        ended.lost.add(name)
        world.arm(kind="token_expired_now", company=name, count=1)
    for number in range(3):
        access = accesses.get(destination)
        if isinstance(access, Credentials) and world.call(access, f"hub:{number}") == 401:
            access = accesses.renew(destination, access)
        ended.access[name] = access
    ended.statuses[name] = world.calls(name)
    log = requests.get(f"{world.gong}/__sandbox/log", params={"company": name}, timeout=10).json()["log"]
    ended.refreshes[name] = [row["status"] for row in reversed(log) if row["route"] == "oauth-refresh"]


def test_fifty_workers_died_and_some_on_either_side_of_the_save(ended: Ended) -> None:
    print(f"{ended.killed} killed, {len(ended.saved)} had saved, {len(ended.lost)} consents lost")  # noqa: T201 - shown with pytest -s
    assert ended.killed == KILLS
    assert ended.saved
    assert ended.lost


def test_tokens_that_were_saved_in_time_work(ended: Ended) -> None:
    assert {tuple(ended.statuses[name]) for name in ended.saved} == {(200, 200, 200)}
    assert {tuple(ended.refreshes[name]) for name in ended.saved} == {(200,)}


def test_every_other_consent_is_lost_and_its_destination_is_on_hold(ended: Ended) -> None:
    causes = {name: access.cause for name, access in ended.access.items() if isinstance(access, Blocked)}

    assert set(causes) == ended.lost
    assert set(causes.values()) == {HoldCause.REAUTHORIZATION_REQUIRED}
    assert {name for name, cause in ended.holds.items() if cause == "reauthorization_required"} == ended.lost


def test_no_destination_was_rejected_more_than_once(ended: Ended) -> None:
    assert {name: statuses for name, statuses in ended.statuses.items() if statuses.count(401) > 1} == {}


def test_a_refresh_token_that_may_be_used_up_is_tried_once_more_and_then_never(ended: Ended) -> None:
    assert {tuple(ended.refreshes[name]) for name in ended.lost} == {(200, 400)}


def test_eight_processes_at_expiry_renew_once(valkey: Valkey, gong: str, nursery: ForkServerContext) -> None:
    place = Place(valkey.url, gong, application(gong))
    world = place.world()
    world.connect("together", company="together")
    destination = world.directory().find("together")
    assert destination is not None
    stale = world.credential_store().get(destination)
    assert isinstance(stale, Credentials)
    world.arm(kind="token_expired_now", company="together", count=1)
    assert world.call(stale) == 401
    world.arm(kind="delay", seconds=0.5, route="oauth-refresh", company="together")
    results = nursery.Queue()
    workers = [
        nursery.Process(target=use_refused, args=(place, "together", stale, results)) for _ in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    renewed = [results.get(timeout=30) for _ in workers]
    for worker in workers:
        worker.join(30)

    assert world.refreshes("together") == 1
    assert {version for version, _ in renewed} == {2}
    assert {status for _, status in renewed} <= {200, 409}
