"""Tokens in the store: sealed, versioned, renewed by one at a time, and never twice with the same refresh token."""

from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from relay.core.destination import BasicCredentials, Destination
from relay.core.lifecycle import HoldCause
from relay.core.vault import Vault
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.holds import HoldRequest, hold_destination
from relay.store.oauth_tokens import (
    Grant,
    IssuedTokens,
    RefreshFailure,
    RefreshStart,
    TokenPair,
    TokenRefresh,
    expire_access_token,
    find_due_refreshes,
    read_grant,
    record_failed_refresh,
    reseal_all,
    save_tokens,
    schedule_refresh,
    start_refresh,
    unseal_tokens,
)

OLD, NEW = "the-old-key-of-at-least-32-characters", "the-new-key-of-at-least-32-characters"
VAULT = Vault([OLD])
BASE = "https://us-1.api.gong.io"
LONG = 60.0


def fresh(
    name: str = "acme", number: int = 1, *, lifetime: float = 3600.0, refresh_after: float = 1800.0
) -> IssuedTokens:
    return IssuedTokens(
        name, TokenPair(f"access-{number}", f"refresh-{number}"), BASE, "api:x", lifetime, refresh_after
    )


def grant_of(redis: Redis, name: str = "acme") -> Grant:
    grant = read_grant(redis, name)
    assert grant is not None
    return grant


@pytest.fixture
def grant(redis: Redis, scripts: Scripts) -> Grant:
    save_tokens(scripts, VAULT, fresh(), follows=None, consent="c1")
    return grant_of(redis)


def begin(scripts: Scripts, grant: Grant, owner: str = "one", seconds: float = LONG) -> RefreshStart:
    return start_refresh(scripts, TokenRefresh(grant, owner, seconds))


def end(scripts: Scripts, grant: Grant, how: RefreshFailure, owner: str = "one") -> bool:
    return record_failed_refresh(scripts, TokenRefresh(grant, owner, LONG), how, "what Gong said")


def let_a_minute_pass(redis: Redis, name: str = "acme") -> None:
    """As if the last failure were long ago."""
    redis.hset(keys.TOKENS + name, "failed_at", 1)


def test_a_pair_is_found_again_with_all_that_is_known_of_it(redis: Redis, grant: Grant):
    assert unseal_tokens(VAULT, grant) == TokenPair("access-1", "refresh-1")
    assert (grant.version, grant.base_url, grant.consent, grant.lost) == (1, BASE, "c1", "")
    assert grant.expires_at - grant.issued_at == timedelta(hours=1)
    assert not grant.expired(datetime.now(UTC))
    assert read_grant(redis, "globex") is None


def test_no_token_lies_in_the_store_as_it_is(redis: Redis, grant: Grant):
    stored = b" ".join(redis.hvals(keys.TOKENS + grant.destination))

    assert b"access-1" not in stored
    assert b"refresh-1" not in stored
    assert "access-1" not in repr(unseal_tokens(VAULT, grant))


def test_one_renewal_begins_and_all_others_wait(scripts: Scripts, grant: Grant):
    owners = [f"worker-{number}" for number in range(8)]

    assert [begin(scripts, grant, owner) for owner in owners] == [
        RefreshStart.STARTED,
        *[RefreshStart.BUSY] * 7,
    ]


def test_a_beginning_that_is_repeated_because_its_answer_was_lost_is_the_same(scripts: Scripts, grant: Grant):
    assert begin(scripts, grant) is RefreshStart.STARTED
    assert begin(scripts, grant) is RefreshStart.STARTED


def test_a_fresh_pair_ends_the_renewal_for_all(redis: Redis, scripts: Scripts, grant: Grant):
    begin(scripts, grant)

    assert save_tokens(scripts, VAULT, fresh(number=2), follows=grant.version) == 2
    assert begin(scripts, grant, "another") is RefreshStart.SUPERSEDED
    assert begin(scripts, grant_of(redis), "another") is RefreshStart.STARTED


@pytest.mark.usefixtures("grant")
def test_a_late_pair_does_not_replace_a_newer_one(redis: Redis, scripts: Scripts):
    save_tokens(scripts, VAULT, fresh(number=2), follows=1)

    assert save_tokens(scripts, VAULT, fresh(number=3), follows=1) == 0
    assert unseal_tokens(VAULT, grant_of(redis)).access == "access-2"


def test_a_consent_is_saved_once_however_often_it_is_told(redis: Redis, scripts: Scripts, grant: Grant):
    assert save_tokens(scripts, VAULT, fresh(number=9), follows=None, consent="c1") == grant.version
    assert unseal_tokens(VAULT, grant_of(redis)).access == "access-1"


def test_a_new_consent_replaces_whatever_there_was(redis: Redis, scripts: Scripts, grant: Grant):
    begin(scripts, grant)
    end(scripts, grant, RefreshFailure.LOST)

    save_tokens(scripts, VAULT, fresh(number=2), follows=None, consent="c2")

    assert (grant_of(redis).lost, unseal_tokens(VAULT, grant_of(redis)).access) == ("", "access-2")


def test_a_renewal_whose_worker_died_is_tried_once_more_and_then_lost(
    redis: Redis, scripts: Scripts, grant: Grant
):
    told = [begin(scripts, grant, owner, seconds=0.0) for owner in ("first", "second", "third", "fourth")]

    assert told == [RefreshStart.STARTED, RefreshStart.STARTED, RefreshStart.LOST, RefreshStart.LOST]
    assert "two token refreshes in a row got no response" in grant_of(redis).lost


def test_a_pair_that_arrives_after_all_is_kept(redis: Redis, scripts: Scripts, grant: Grant):
    """Its worker was only slow: others took over, and Gong told them that the refresh token is spent."""
    begin(scripts, grant, "slow", seconds=0.0)
    begin(scripts, grant, "quick")
    end(scripts, grant, RefreshFailure.LOST, "quick")

    assert save_tokens(scripts, VAULT, fresh(number=2), follows=grant.version) == 2
    assert grant_of(redis).lost == ""


def test_after_a_failure_a_minute_passes_before_the_next(redis: Redis, scripts: Scripts, grant: Grant):
    begin(scripts, grant)
    end(scripts, grant, RefreshFailure.NOT_NOW)

    assert begin(scripts, grant, "another") is RefreshStart.TOO_SOON
    let_a_minute_pass(redis)
    assert begin(scripts, grant, "another") is RefreshStart.STARTED


def test_gong_being_away_spends_no_try(redis: Redis, scripts: Scripts, grant: Grant):
    for number in range(5):
        assert begin(scripts, grant, f"w{number}") is RefreshStart.STARTED
        end(scripts, grant, RefreshFailure.NOT_NOW, f"w{number}")
        let_a_minute_pass(redis)


def test_two_renewals_without_an_answer_are_the_last(redis: Redis, scripts: Scripts, grant: Grant):
    for owner in ("first", "second"):
        assert begin(scripts, grant, owner) is RefreshStart.STARTED
        end(scripts, grant, RefreshFailure.IN_DOUBT, owner)
        let_a_minute_pass(redis)

    assert begin(scripts, grant, "third") is RefreshStart.LOST


def test_what_gong_refuses_is_not_asked_again(redis: Redis, scripts: Scripts, grant: Grant):
    begin(scripts, grant)
    end(scripts, grant, RefreshFailure.LOST)

    assert begin(scripts, grant, "another") is RefreshStart.LOST
    assert grant_of(redis).lost == "what Gong said"


def test_one_who_was_overtaken_decides_nothing(redis: Redis, scripts: Scripts, grant: Grant):
    begin(scripts, grant, "slow", seconds=0.0)
    begin(scripts, grant, "quick")

    assert end(scripts, grant, RefreshFailure.LOST, "slow") is False
    assert grant_of(redis).lost == ""
    assert begin(scripts, grant, "another") is RefreshStart.BUSY


def test_a_destination_without_tokens_has_none_to_renew(redis: Redis, scripts: Scripts, grant: Grant):
    redis.delete(keys.TOKENS + "acme")

    assert begin(scripts, grant) is RefreshStart.NO_TOKENS


def test_an_access_token_that_gong_refuses_is_expired_for_all(redis: Redis, scripts: Scripts, grant: Grant):
    expire_access_token(scripts, grant)

    assert grant_of(redis).expired(datetime.now(UTC))


def test_only_that_very_access_token_is(redis: Redis, scripts: Scripts, grant: Grant):
    save_tokens(scripts, VAULT, fresh(number=2), follows=1)
    expire_access_token(scripts, grant)

    assert not grant_of(redis).expired(datetime.now(UTC))


def test_tokens_are_due_when_their_time_has_come(redis: Redis, scripts: Scripts):
    save_tokens(scripts, VAULT, fresh("now", refresh_after=0.0), follows=None)
    save_tokens(scripts, VAULT, fresh("later"), follows=None)

    assert find_due_refreshes(redis, 10) == ["now"]
    schedule_refresh(redis, "now", None)
    schedule_refresh(redis, "later", datetime(2020, 1, 1, tzinfo=UTC))
    assert find_due_refreshes(redis, 10) == ["later"]


@pytest.mark.parametrize(
    ("cause", "probes"), [(HoldCause.REAUTHORIZATION_REQUIRED, 1), (HoldCause.PAUSED, 0)]
)
def test_a_fresh_pair_has_a_hold_tried_at_once_unless_an_operator_put_it(
    redis: Redis, scripts: Scripts, cause: HoldCause, probes: int
):
    destination = Destination("acme", "acme", BasicCredentials("k", "s"))
    hold_destination(scripts, destination, HoldRequest(cause, "", None))

    save_tokens(scripts, VAULT, fresh(), follows=None)

    assert redis.hexists(keys.HOLD + "acme", "probe_at") == probes


def test_everything_is_sealed_anew_and_then_nothing_is(redis: Redis, scripts: Scripts, grant: Grant):
    save_tokens(scripts, Vault([NEW]), fresh("globex"), follows=None)
    both = Vault([NEW, OLD])

    first, second = reseal_all(scripts, redis, both), reseal_all(scripts, redis, both)

    assert (first.resealed, first.already, first.unreadable) == (1, 1, ())
    assert (second.resealed, second.already) == (0, 2)
    assert unseal_tokens(Vault([NEW]), grant_of(redis, grant.destination)).access == "access-1"


@pytest.mark.usefixtures("grant")
def test_what_no_key_opens_is_named_and_left_as_it_is(redis: Redis, scripts: Scripts):
    before = redis.hgetall(keys.TOKENS + "acme")

    done = reseal_all(scripts, redis, Vault([NEW]))

    assert (done.resealed, done.unreadable) == (0, ("tokens:acme",))
    assert redis.hgetall(keys.TOKENS + "acme") == before


def test_sealing_anew_never_brings_back_an_older_pair(redis: Redis, scripts: Scripts, grant: Grant):
    save_tokens(scripts, VAULT, fresh(number=2), follows=1)

    replaced = scripts.run("replace_field", keys.TOKENS + "acme", "sealed", grant.sealed, "whatever")

    assert replaced == 0
    assert unseal_tokens(VAULT, grant_of(redis)).access == "access-2"
