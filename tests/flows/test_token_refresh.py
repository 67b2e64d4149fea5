"""Access tokens are refreshed in time, by one worker and once; a lost grant puts the destination on hold."""

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


def renew(store: CredentialStore, world: World, stale: Credentials) -> Credentials | Blocked:
    destination = world.directory().find("globex")
    assert destination is not None
    return store.renew(destination, stale)


def expire(redis: Redis, name: str = "globex") -> None:
    """Let the access token expire, and its refresh be due."""
    redis.hset(keys.TOKENS + name, "expires_at", 1)
    redis.zadd(keys.TOKEN_REFRESHES, {name: 0})


def forget_failure(redis: Redis) -> None:
    redis.hset(keys.TOKENS + "globex", "failed_at", 1)
    redis.zadd(keys.TOKEN_REFRESHES, {"globex": 0})


def test_tokens_are_refreshed_before_they_expire(world: World, redis: Redis):
    world.connect("globex")
    redis.zadd(keys.TOKEN_REFRESHES, {"globex": 0})

    world.oauth_task().step()

    assert world.refreshes() == 1
    assert world.credentials().version == 2
    assert world.call(world.credentials()) == 200


def test_eight_workers_refresh_an_expired_token_once(world: World):
    world.connect("globex")
    workers = [world.credential_store() for _ in range(8)]
    before = [world.credentials(worker) for worker in workers]
    world.arm(kind="token_expired_now", company="acme", count=1)
    assert world.call(before[0]) == 401
    world.arm(kind="delay", seconds=0.3, route="oauth-refresh")
    barrier = Barrier(8)

    def renew_together(worker: CredentialStore) -> Credentials | Blocked:
        barrier.wait()
        return renew(worker, world, before[0])

    with ThreadPoolExecutor(8) as pool:
        credentials = list(pool.map(renew_together, workers))

    assert world.refreshes() == 1
    assert {result.version for result in credentials if isinstance(result, Credentials)} == {2}
    assert len([result for result in credentials if isinstance(result, Credentials)]) == 8
    assert world.call(credentials[0]) == 200


def test_the_threads_of_a_worker_refresh_once(world: World):
    world.connect("globex")
    worker = world.credential_store()
    stale = world.credentials(worker)

    with ThreadPoolExecutor(8) as pool:
        credentials = list(pool.map(lambda _: renew(worker, world, stale), range(8)))

    assert world.refreshes() == 1
    assert len({result.authorization for result in credentials if isinstance(result, Credentials)}) == 1


def test_a_worker_uses_a_token_that_another_has_refreshed(world: World):
    world.connect("globex")
    first, other = world.credential_store(), world.credential_store()
    stale = world.credentials(other)
    renew(first, world, world.credentials(first))

    credentials = renew(other, world, stale)

    assert world.refreshes() == 1
    assert isinstance(credentials, Credentials)
    assert world.call(credentials) == 200


def test_an_expired_token_is_refreshed_before_a_call_is_made_with_it(world: World, redis: Redis):
    world.connect("globex")
    expire(redis)

    assert world.call(world.credentials()) == 200
    assert (world.refreshes(), world.calls()) == (1, [200])


def test_a_revoked_grant_requires_reauthorization_and_is_refreshed_no_more(world: World, redis: Redis):
    world.connect("globex")
    worker = world.credential_store()
    stale = world.credentials(worker)
    assert requests.post(f"{world.gong}/__sandbox/companies/acme/revoke", timeout=10).ok

    results = [renew(worker, world, stale) for _ in range(5)]

    assert {result.cause for result in results if isinstance(result, Blocked)} == {
        HoldCause.REAUTHORIZATION_REQUIRED
    }
    log = requests.get(f"{world.gong}/__sandbox/log", params={"company": "acme"}, timeout=10).json()["log"]
    assert [row["status"] for row in log if row["route"] == "oauth-refresh"] == [400]
    world.oauth_task().step()
    assert read_hold_cause(redis, "globex") == "reauthorization_required"


def test_a_customer_who_reconnects_ends_the_hold(world: World, redis: Redis):
    world.connect("globex")
    expire(redis)
    redis.hset(keys.TOKENS + "globex", "lost", "Gong said no")
    world.oauth_task().step()
    assert read_hold_cause(redis, "globex") == "reauthorization_required"

    world.connect("globex", company="initech")

    assert int(redis.hget(keys.HOLD + "globex", "probe_at")) < 1e16
    assert world.call(world.credentials()) == 200


def test_a_refresh_whose_response_is_lost_is_retried_once(world: World, redis: Redis, capsys):
    """Gong rotates the token, but its response is lost. The second refresh is rejected, and there is no third."""
    world.connect("globex")
    worker = world.credential_store()
    world.arm(kind="refresh_lost", company="acme")
    redis.zadd(keys.TOKEN_REFRESHES, {"globex": 0})

    world.oauth_task().step()
    assert world.call(world.credentials(worker), "hub:2") == 200, "the current access token stays in use"
    for _ in range(3):
        forget_failure(redis)
        world.oauth_task().step()

    grant = read_grant(redis, "globex")
    assert grant is not None
    assert "invalid_grant" in grant.lost
    log = requests.get(f"{world.gong}/__sandbox/log", params={"company": "acme"}, timeout=10).json()["log"]
    assert len([row for row in log if row["route"] == "oauth-refresh"]) == 2
    assert world.call(world.credentials(worker), "hub:3") == 200
    assert read_hold_cause(redis, "globex") is None
    assert capsys.readouterr().out.count('"event":"oauth.reauthorization_required"') == 1


def test_a_destination_is_put_on_hold_when_the_last_token_of_a_lost_grant_expires(world: World, redis: Redis):
    world.connect("globex")
    redis.hset(keys.TOKENS + "globex", "lost", "Gong said no")
    expire(redis)

    world.oauth_task().step()
    world.oauth_task().step()

    assert read_hold_cause(redis, "globex") == "reauthorization_required"
    assert redis.hget(keys.HOLD + "globex", "detail") == b"Gong said no"
    assert world.calls() == []


def test_an_operators_pause_is_not_replaced(world: World, redis: Redis):
    world.connect("globex")
    redis.hset(keys.HOLD + "globex", mapping={"cause": "paused", "since": 1})
    redis.sadd(keys.HOLDS, "globex")
    redis.hset(keys.TOKENS + "globex", "lost", "Gong said no")
    expire(redis)

    world.oauth_task().step()

    assert read_hold_cause(redis, "globex") == "paused"


def test_a_failing_refresh_is_retried_once_a_minute_and_the_grant_survives(world: World, redis: Redis):
    world.connect("globex")
    expire(redis)
    world.arm(kind="status", status=503, route="oauth-refresh")
    destination = world.directory().find("globex")
    assert destination is not None

    results = [world.credential_store().get(destination) for _ in range(5)]

    assert {result.cause for result in results if isinstance(result, Blocked)} == {
        HoldCause.TOKEN_REFRESH_FAILED
    }
    log = requests.get(f"{world.gong}/__sandbox/log", params={"company": "acme"}, timeout=10).json()["log"]
    assert len([row for row in log if row["route"] == "oauth-refresh"]) == 1
    assert requests.delete(f"{world.gong}/__sandbox/faults", timeout=10).ok
    forget_failure(redis)
    world.oauth_task().step()
    assert world.call(world.credentials()) == 200


def test_workers_continue_while_secrets_are_encrypted_again_with_a_new_key(
    world: World, redis: Redis, scripts: Scripts
):
    world.connect("globex")
    new = "another-key-that-seals-with-32-characters"
    both = Vault([new, world.settings.secret_keys[0]])

    assert reseal_all(scripts, redis, both).resealed == 1
    tokens = replace(world.tokens(), vault=Vault([new]))
    world.tokens = lambda: tokens  # type: ignore[method-assign]

    assert world.call(world.credentials()) == 200


def test_a_destination_whose_secret_key_is_missing_requires_reauthorization_and_says_why(world: World):
    world.connect("globex")
    destination = world.directory().find("globex")
    assert destination is not None
    tokens = replace(world.tokens(), vault=Vault(["a-key-that-never-sealed-anything-32-ch"]))
    world.tokens = lambda: tokens  # type: ignore[method-assign]

    result = world.credential_store().get(destination)

    assert isinstance(result, Blocked)
    assert result.cause is HoldCause.REAUTHORIZATION_REQUIRED
    assert "RELAY_SECRET_KEYS" in result.errors[0]


def test_no_secret_is_logged(world: World, redis: Redis, capsys):
    world.connect("globex")
    worker = world.credential_store()
    credentials = world.credentials(worker)
    renew(worker, world, credentials)
    world.arm(kind="refresh_lost", company="acme")
    redis.zadd(keys.TOKEN_REFRESHES, {"globex": 0})
    world.oauth_task().step()

    logged = capsys.readouterr().out
    assert '"event":"oauth.renewed"' in logged
    secrets = [credentials.authorization.split()[1], "refresh-", "access-", "code-", "sandbox-client-secret"]
    assert [secret for secret in secrets if secret in logged] == []
