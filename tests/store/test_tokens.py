"""OAuth tokens in the store are sealed, versioned and refreshed by one worker at a time, once per refresh token."""

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


def issue_tokens(
    name: str = "acme", number: int = 1, *, lifetime: float = 3600.0, refresh_after: float = 1800.0
) -> IssuedTokens:
    return IssuedTokens(
        destination=name,
        pair=TokenPair(f"access-{number}", f"refresh-{number}"),
        base_url=BASE,
        scope="api:x",
        lifetime=lifetime,
        refresh_after=refresh_after,
    )


def require_grant(redis: Redis, name: str = "acme") -> Grant:
    grant = read_grant(redis, name)
    assert grant is not None
    return grant


@pytest.fixture
def grant(redis: Redis, scripts: Scripts) -> Grant:
    save_tokens(scripts, VAULT, issue_tokens(), follows=None, consent="c1")
    return require_grant(redis)


def begin_refresh(scripts: Scripts, grant: Grant, owner: str = "one", seconds: float = LONG) -> RefreshStart:
    return start_refresh(scripts, TokenRefresh(grant, owner, seconds))


def fail_refresh(scripts: Scripts, grant: Grant, failure: RefreshFailure, owner: str = "one") -> bool:
    return record_failed_refresh(scripts, TokenRefresh(grant, owner, LONG), failure, "error from Gong")


def backdate_last_failure(redis: Redis, name: str = "acme") -> None:
    """Move the last failure into the distant past."""
    redis.hset(keys.TOKENS + name, "failed_at", 1)


def test_a_saved_token_pair_is_read_back_with_all_its_fields(redis: Redis, grant: Grant):
    assert unseal_tokens(VAULT, grant) == TokenPair("access-1", "refresh-1")
    assert (grant.version, grant.base_url, grant.consent, grant.lost) == (1, BASE, "c1", "")
    assert grant.expires_at - grant.issued_at == timedelta(hours=1)
    assert not grant.expired(datetime.now(UTC))
    assert read_grant(redis, "globex") is None


def test_no_token_is_stored_in_plain_text(redis: Redis, grant: Grant):
    stored = b" ".join(redis.hvals(keys.TOKENS + grant.destination))

    assert b"access-1" not in stored
    assert b"refresh-1" not in stored
    assert "access-1" not in repr(unseal_tokens(VAULT, grant))


def test_one_worker_starts_the_refresh_and_all_others_wait(scripts: Scripts, grant: Grant):
    owners = [f"worker-{number}" for number in range(8)]

    assert [begin_refresh(scripts, grant, owner) for owner in owners] == [
        RefreshStart.STARTED,
        *[RefreshStart.BUSY] * 7,
    ]


def test_a_refresh_start_that_is_repeated_after_a_lost_reply_succeeds_again(scripts: Scripts, grant: Grant):
    assert begin_refresh(scripts, grant) is RefreshStart.STARTED
    assert begin_refresh(scripts, grant) is RefreshStart.STARTED


def test_a_new_token_pair_ends_the_refresh_for_all_workers(redis: Redis, scripts: Scripts, grant: Grant):
    begin_refresh(scripts, grant)

    assert save_tokens(scripts, VAULT, issue_tokens(number=2), follows=grant.version) == 2
    assert begin_refresh(scripts, grant, "another") is RefreshStart.SUPERSEDED
    assert begin_refresh(scripts, require_grant(redis), "another") is RefreshStart.STARTED


@pytest.mark.usefixtures("grant")
def test_a_late_token_pair_does_not_replace_a_newer_one(redis: Redis, scripts: Scripts):
    save_tokens(scripts, VAULT, issue_tokens(number=2), follows=1)

    assert save_tokens(scripts, VAULT, issue_tokens(number=3), follows=1) == 0
    assert unseal_tokens(VAULT, require_grant(redis)).access == "access-2"


def test_a_consent_is_saved_once_even_if_it_is_submitted_again(redis: Redis, scripts: Scripts, grant: Grant):
    assert save_tokens(scripts, VAULT, issue_tokens(number=9), follows=None, consent="c1") == grant.version
    assert unseal_tokens(VAULT, require_grant(redis)).access == "access-1"


def test_a_new_consent_replaces_the_existing_tokens(redis: Redis, scripts: Scripts, grant: Grant):
    begin_refresh(scripts, grant)
    fail_refresh(scripts, grant, RefreshFailure.LOST)

    save_tokens(scripts, VAULT, issue_tokens(number=2), follows=None, consent="c2")

    assert (require_grant(redis).lost, unseal_tokens(VAULT, require_grant(redis)).access) == ("", "access-2")


def test_a_refresh_whose_worker_died_is_tried_once_more_and_then_lost(
    redis: Redis, scripts: Scripts, grant: Grant
):
    starts = [
        begin_refresh(scripts, grant, owner, seconds=0.0) for owner in ("first", "second", "third", "fourth")
    ]

    assert starts == [RefreshStart.STARTED, RefreshStart.STARTED, RefreshStart.LOST, RefreshStart.LOST]
    assert "two token refreshes in a row got no response" in require_grant(redis).lost


def test_a_token_pair_that_arrives_late_is_saved(redis: Redis, scripts: Scripts, grant: Grant):
    """The first worker was only slow. Another took over, and Gong rejected the spent refresh token."""
    begin_refresh(scripts, grant, "slow", seconds=0.0)
    begin_refresh(scripts, grant, "quick")
    fail_refresh(scripts, grant, RefreshFailure.LOST, "quick")

    assert save_tokens(scripts, VAULT, issue_tokens(number=2), follows=grant.version) == 2
    assert require_grant(redis).lost == ""


def test_the_next_refresh_waits_a_minute_after_a_failure(redis: Redis, scripts: Scripts, grant: Grant):
    begin_refresh(scripts, grant)
    fail_refresh(scripts, grant, RefreshFailure.NOT_NOW)

    assert begin_refresh(scripts, grant, "another") is RefreshStart.TOO_SOON
    backdate_last_failure(redis)
    assert begin_refresh(scripts, grant, "another") is RefreshStart.STARTED


def test_a_refresh_that_fails_because_gong_is_down_uses_up_no_try(
    redis: Redis, scripts: Scripts, grant: Grant
):
    for number in range(5):
        assert begin_refresh(scripts, grant, f"w{number}") is RefreshStart.STARTED
        fail_refresh(scripts, grant, RefreshFailure.NOT_NOW, f"w{number}")
        backdate_last_failure(redis)


def test_the_tokens_are_lost_after_two_refreshes_without_a_response(
    redis: Redis, scripts: Scripts, grant: Grant
):
    for owner in ("first", "second"):
        assert begin_refresh(scripts, grant, owner) is RefreshStart.STARTED
        fail_refresh(scripts, grant, RefreshFailure.IN_DOUBT, owner)
        backdate_last_failure(redis)

    assert begin_refresh(scripts, grant, "third") is RefreshStart.LOST


def test_a_refresh_that_gong_rejects_is_not_repeated(redis: Redis, scripts: Scripts, grant: Grant):
    begin_refresh(scripts, grant)
    fail_refresh(scripts, grant, RefreshFailure.LOST)

    assert begin_refresh(scripts, grant, "another") is RefreshStart.LOST
    assert require_grant(redis).lost == "error from Gong"


def test_the_failure_of_a_worker_that_another_has_replaced_is_ignored(
    redis: Redis, scripts: Scripts, grant: Grant
):
    begin_refresh(scripts, grant, "slow", seconds=0.0)
    begin_refresh(scripts, grant, "quick")

    assert fail_refresh(scripts, grant, RefreshFailure.LOST, "slow") is False
    assert require_grant(redis).lost == ""
    assert begin_refresh(scripts, grant, "another") is RefreshStart.BUSY


def test_a_destination_without_tokens_cannot_start_a_refresh(redis: Redis, scripts: Scripts, grant: Grant):
    redis.delete(keys.TOKENS + "acme")

    assert begin_refresh(scripts, grant) is RefreshStart.NO_TOKENS


def test_an_access_token_that_gong_rejects_expires_for_all_workers(
    redis: Redis, scripts: Scripts, grant: Grant
):
    expire_access_token(scripts, grant)

    assert require_grant(redis).expired(datetime.now(UTC))


def test_expiring_an_old_access_token_leaves_the_new_one_valid(redis: Redis, scripts: Scripts, grant: Grant):
    save_tokens(scripts, VAULT, issue_tokens(number=2), follows=1)
    expire_access_token(scripts, grant)

    assert not require_grant(redis).expired(datetime.now(UTC))


def test_a_refresh_is_due_at_its_scheduled_time(redis: Redis, scripts: Scripts):
    save_tokens(scripts, VAULT, issue_tokens("now", refresh_after=0.0), follows=None)
    save_tokens(scripts, VAULT, issue_tokens("later"), follows=None)

    assert find_due_refreshes(redis, 10) == ["now"]
    schedule_refresh(redis, "now", None)
    schedule_refresh(redis, "later", datetime(2020, 1, 1, tzinfo=UTC))
    assert find_due_refreshes(redis, 10) == ["later"]


@pytest.mark.parametrize(
    ("cause", "probes"), [(HoldCause.REAUTHORIZATION_REQUIRED, 1), (HoldCause.PAUSED, 0)]
)
def test_new_tokens_schedule_a_probe_of_a_held_destination_unless_an_operator_paused_it(
    redis: Redis, scripts: Scripts, cause: HoldCause, probes: int
):
    destination = Destination(name="acme", company="acme", credentials=BasicCredentials("k", "s"))
    hold_destination(scripts, destination, HoldRequest(cause, "", None))

    save_tokens(scripts, VAULT, issue_tokens(), follows=None)

    assert redis.hexists(keys.HOLD + "acme", "probe_at") == probes


def test_every_token_is_resealed_once(redis: Redis, scripts: Scripts, grant: Grant):
    save_tokens(scripts, Vault([NEW]), issue_tokens("globex"), follows=None)
    both = Vault([NEW, OLD])

    first, second = reseal_all(scripts, redis, both), reseal_all(scripts, redis, both)

    assert (first.resealed, first.already, first.unreadable) == (1, 1, ())
    assert (second.resealed, second.already) == (0, 2)
    assert unseal_tokens(Vault([NEW]), require_grant(redis, grant.destination)).access == "access-1"


@pytest.mark.usefixtures("grant")
def test_tokens_that_no_key_opens_are_reported_and_left_unchanged(redis: Redis, scripts: Scripts):
    before = redis.hgetall(keys.TOKENS + "acme")

    result = reseal_all(scripts, redis, Vault([NEW]))

    assert (result.resealed, result.unreadable) == (0, ("tokens:acme",))
    assert redis.hgetall(keys.TOKENS + "acme") == before


def test_resealing_never_restores_an_older_token_pair(redis: Redis, scripts: Scripts, grant: Grant):
    save_tokens(scripts, VAULT, issue_tokens(number=2), follows=1)

    replaced = scripts.run("replace_field", keys.TOKENS + "acme", "sealed", grant.sealed, "whatever")

    assert replaced == 0
    assert unseal_tokens(VAULT, require_grant(redis)).access == "access-2"
