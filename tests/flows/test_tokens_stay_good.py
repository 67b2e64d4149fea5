"""Tokens go on working: renewed in time, by one, once; and when that is over, the customer is asked for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import requests
from redis import Redis

from relay.core.lifecycle import HoldCause
from relay.core.outcome import Blocked
from relay.core.vault import Vault
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.oauth_tokens import read_grant, read_hold_cause, reseal_all
from tests.flows.connecting import World
from workers.credentials import CredentialStore
from workers.gong_client import Credentials


def renewed(accesses: CredentialStore, world: World, stale: Credentials) -> Credentials | Blocked:
    destination = world.directory().find("globex")
    assert destination is not None
    return accesses.renew(destination, stale)


def expire(redis: Redis, name: str = "globex") -> None:
    """As if the access token's life were over, and its renewal due."""
    redis.hset(keys.TOKENS + name, "expires_at", 1)
    redis.zadd(keys.TOKEN_REFRESHES, {name: 0})


def forget_failure(redis: Redis) -> None:
    redis.hset(keys.TOKENS + "globex", "failed_at", 1)
    redis.zadd(keys.TOKEN_REFRESHES, {"globex": 0})


def test_tokens_that_are_due_are_renewed_before_they_end(world: World, redis: Redis):
    world.connect("globex")
    redis.zadd(keys.TOKEN_REFRESHES, {"globex": 0})

    world.oauth_task().step()

    assert world.refreshes() == 1
    assert world.credentials().version == 2
    assert world.call(world.credentials()) == 200


def test_eight_workers_at_expiry_renew_once(world: World):
    world.connect("globex")
    workers = [world.credential_store() for _ in range(8)]
    before = [world.credentials(worker) for worker in workers]
    world.arm(kind="token_expired_now", company="acme", count=1)
    assert world.call(before[0]) == 401
    world.arm(kind="delay", seconds=0.3, route="oauth-refresh")
    together = Barrier(8)

    def after(worker: CredentialStore) -> Credentials | Blocked:
        together.wait()
        return renewed(worker, world, before[0])

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(after, workers))

    assert world.refreshes() == 1
    assert {access.version for access in found if isinstance(access, Credentials)} == {2}
    assert len([access for access in found if isinstance(access, Credentials)]) == 8
    assert world.call(found[0]) == 200


def test_the_threads_of_one_worker_renew_once(world: World):
    world.connect("globex")
    worker = world.credential_store()
    stale = world.credentials(worker)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: renewed(worker, world, stale), range(8)))

    assert world.refreshes() == 1
    assert len({access.authorization for access in found if isinstance(access, Credentials)}) == 1


def test_a_worker_finds_what_another_has_renewed_without_asking_gong(world: World):
    world.connect("globex")
    one, other = world.credential_store(), world.credential_store()
    stale = world.credentials(other)
    renewed(one, world, world.credentials(one))

    found = renewed(other, world, stale)

    assert world.refreshes() == 1
    assert isinstance(found, Credentials)
    assert world.call(found) == 200


def test_an_access_token_that_has_run_out_is_renewed_before_a_call_is_spent_on_it(world: World, redis: Redis):
    world.connect("globex")
    expire(redis)

    assert world.call(world.credentials()) == 200
    assert (world.refreshes(), world.calls()) == (1, [200])


def test_a_withdrawn_consent_is_needs_reauth_and_gong_is_not_asked_again(world: World, redis: Redis):
    world.connect("globex")
    worker = world.credential_store()
    stale = world.credentials(worker)
    assert requests.post(f"{world.gong}/__sandbox/companies/acme/revoke", timeout=10).ok

    found = [renewed(worker, world, stale) for _ in range(5)]

    assert {each.cause for each in found if isinstance(each, Blocked)} == {HoldCause.REAUTHORIZATION_REQUIRED}
    asked = requests.get(f"{world.gong}/__sandbox/log", params={"company": "acme"}, timeout=10).json()["log"]
    assert [row["status"] for row in asked if row["route"] == "oauth-refresh"] == [400]
    world.oauth_task().step()
    assert read_hold_cause(redis, "globex") == "reauthorization_required"


def test_a_customer_who_comes_again_ends_the_hold(world: World, redis: Redis):
    world.connect("globex")
    expire(redis)
    redis.hset(keys.TOKENS + "globex", "lost", "Gong said no")
    world.oauth_task().step()
    assert read_hold_cause(redis, "globex") == "reauthorization_required"

    world.connect("globex", company="initech")

    assert int(redis.hget(keys.HOLD + "globex", "probe_at")) < 1e16
    assert world.call(world.credentials()) == 200


def test_an_answer_that_is_lost_is_asked_for_once_more_and_then_never(world: World, redis: Redis, capsys):
    """The first refresh rotates at Gong and its answer is lost: the second is refused, and that is the end."""
    world.connect("globex")
    worker = world.credential_store()
    world.arm(kind="refresh_lost", company="acme")
    redis.zadd(keys.TOKEN_REFRESHES, {"globex": 0})

    world.oauth_task().step()
    assert world.call(world.credentials(worker), "hub:2") == 200, "what is left goes on serving"
    for _ in range(3):
        forget_failure(redis)
        world.oauth_task().step()

    grant = read_grant(redis, "globex")
    assert grant is not None
    assert "invalid_grant" in grant.lost
    asked = requests.get(f"{world.gong}/__sandbox/log", params={"company": "acme"}, timeout=10).json()["log"]
    assert len([row for row in asked if row["route"] == "oauth-refresh"]) == 2
    assert world.call(world.credentials(worker), "hub:3") == 200
    assert read_hold_cause(redis, "globex") is None
    assert capsys.readouterr().out.count('"event":"oauth.reauthorization_required"') == 1


def test_when_the_last_access_token_of_a_lost_consent_ends_its_destination_rests(world: World, redis: Redis):
    world.connect("globex")
    redis.hset(keys.TOKENS + "globex", "lost", "Gong said no")
    expire(redis)

    world.oauth_task().step()
    world.oauth_task().step()

    assert read_hold_cause(redis, "globex") == "reauthorization_required"
    assert redis.hget(keys.HOLD + "globex", "detail") == b"Gong said no"
    assert world.calls() == []


def test_an_operators_pause_stays_a_pause(world: World, redis: Redis):
    world.connect("globex")
    redis.hset(keys.HOLD + "globex", mapping={"cause": "paused", "since": 1})
    redis.sadd(keys.HOLDS, "globex")
    redis.hset(keys.TOKENS + "globex", "lost", "Gong said no")
    expire(redis)

    world.oauth_task().step()

    assert read_hold_cause(redis, "globex") == "paused"


def test_while_gong_makes_no_tokens_it_is_asked_once_a_minute_and_nothing_is_lost(world: World, redis: Redis):
    world.connect("globex")
    expire(redis)
    world.arm(kind="status", status=503, route="oauth-refresh")
    destination = world.directory().find("globex")
    assert destination is not None

    told = [world.credential_store().get(destination) for _ in range(5)]

    assert {each.cause for each in told if isinstance(each, Blocked)} == {HoldCause.TOKEN_REFRESH_FAILED}
    asked = requests.get(f"{world.gong}/__sandbox/log", params={"company": "acme"}, timeout=10).json()["log"]
    assert len([row for row in asked if row["route"] == "oauth-refresh"]) == 1
    assert requests.delete(f"{world.gong}/__sandbox/faults", timeout=10).ok
    forget_failure(redis)
    world.oauth_task().step()
    assert world.call(world.credentials()) == 200


def test_workers_go_on_while_the_vault_gets_a_new_key(world: World, redis: Redis, scripts: Scripts):
    world.connect("globex")
    new = "another-key-that-seals-with-32-characters"
    both = Vault([new, world.settings.secret_keys[0]])

    assert reseal_all(scripts, redis, both).resealed == 1
    tokens = replace(world.tokens(), vault=Vault([new]))
    world.tokens = lambda: tokens  # type: ignore[method-assign]

    assert world.call(world.credentials()) == 200


def test_without_its_key_a_destination_needs_its_customer_and_says_why(world: World):
    world.connect("globex")
    destination = world.directory().find("globex")
    assert destination is not None
    tokens = replace(world.tokens(), vault=Vault(["a-key-that-never-sealed-anything-32-ch"]))
    world.tokens = lambda: tokens  # type: ignore[method-assign]

    told = world.credential_store().get(destination)

    assert isinstance(told, Blocked)
    assert told.cause is HoldCause.REAUTHORIZATION_REQUIRED
    assert "RELAY_SECRET_KEYS" in told.errors[0]


def test_no_secret_is_logged_on_the_whole_way(world: World, redis: Redis, capsys):
    world.connect("globex")
    worker = world.credential_store()
    access = world.credentials(worker)
    renewed(worker, world, access)
    world.arm(kind="refresh_lost", company="acme")
    redis.zadd(keys.TOKEN_REFRESHES, {"globex": 0})
    world.oauth_task().step()

    logged = capsys.readouterr().out
    assert '"event":"oauth.renewed"' in logged
    secrets = [access.authorization.split()[1], "refresh-", "access-", "code-", "sandbox-client-secret"]
    assert [secret for secret in secrets if secret in logged] == []
