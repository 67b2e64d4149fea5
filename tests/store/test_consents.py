"""Connection links, OAuth states and consents in the store: each works once, until it expires, and in one browser."""

import pytest
from redis import Redis

from relay.core.vault import Vault
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.oauth_consents import (
    CallbackResult,
    ConsentCallback,
    ConsentRequest,
    ConsentStatus,
    Invitation,
    claim_consent,
    lease_consent,
    postpone_consent,
    read_consent,
    read_ticket,
    save_consent_request,
    save_ticket,
    settle_consent,
    unseal_code,
)
from relay.store.oauth_tokens import reseal_all

VAULT = Vault(["the-old-key-of-at-least-32-characters"])
GLOBEX = Invitation(destination="globex", account="17", internal_domains=("globex.example",))


@pytest.fixture
def consent_request(redis: Redis) -> ConsentRequest:
    save_ticket(redis, "ticket", GLOBEX)
    consent_request = ConsentRequest("state", "browser", "ticket")
    save_consent_request(redis, consent_request, GLOBEX)
    return consent_request


def claim(
    scripts: Scripts, consent_id: str = "one", *, state="state", browser="browser", code="code"
) -> CallbackResult:
    return claim_consent(scripts, VAULT, consent_id, ConsentCallback(state, browser, code))


def test_a_ticket_can_be_read_each_time_its_link_is_opened(redis: Redis):
    """Mail scanners and chat previews open links before people do."""
    save_ticket(redis, "ticket", GLOBEX)

    assert [read_ticket(redis, "ticket") for _ in range(2)] == [GLOBEX, GLOBEX]
    assert read_ticket(redis, "another") is None


@pytest.mark.usefixtures("consent_request")
def test_tickets_and_states_expire(redis: Redis):
    [ticket] = redis.keys(keys.CONNECT_TICKET + "*")
    [state] = redis.keys(keys.CONSENT_REQUEST + "*")

    assert 0 < redis.ttl(ticket) <= 1800
    assert 0 < redis.ttl(state) <= 600


@pytest.mark.usefixtures("consent_request")
def test_no_ticket_state_or_code_is_stored_in_plain_text(redis: Redis, scripts: Scripts):
    save_consent_request(redis, ConsentRequest("a-second-state", "a-second-browser", "ticket"), GLOBEX)
    claim(scripts, code="the-code-itself")

    names = redis.keys("*")
    hashes = [redis.hgetall(name) for name in names if redis.type(name) == b"hash"]
    content = b" ".join(names) + repr(hashes).encode()
    secrets = (b"a-second-state", b"a-second-browser", b"the-code-itself")
    assert not [secret for secret in secrets if secret in content]


@pytest.mark.usefixtures("consent_request")
def test_a_consent_waits_with_its_code(redis: Redis, scripts: Scripts):
    assert claim(scripts) is CallbackResult.ACCEPTED

    consent = lease_consent(scripts, redis)
    assert consent is not None
    assert (consent.id, consent.invitation, consent.progress) == ("one", GLOBEX, ConsentStatus.WAITING)
    assert unseal_code(VAULT, consent) == "code"


@pytest.mark.usefixtures("consent_request")
def test_a_state_works_once(scripts: Scripts):
    assert claim(scripts, "one") is CallbackResult.ACCEPTED
    assert claim(scripts, "two") is CallbackResult.UNKNOWN_STATE


@pytest.mark.usefixtures("consent_request")
def test_a_repeated_callback_is_accepted_once(redis: Redis, scripts: Scripts):
    assert (claim(scripts), claim(scripts)) == (CallbackResult.ACCEPTED, CallbackResult.ACCEPTED)
    assert redis.zcard(keys.CONSENTS) == 1


@pytest.mark.usefixtures("consent_request")
def test_a_callback_in_another_browser_is_refused_and_invalidates_the_state(scripts: Scripts):
    assert claim(scripts, browser="another") is CallbackResult.OTHER_BROWSER
    assert claim(scripts, "two") is CallbackResult.UNKNOWN_STATE


def test_an_unknown_state_is_refused(scripts: Scripts):
    assert claim(scripts, state="made-up") is CallbackResult.UNKNOWN_STATE


def test_a_link_that_is_open_in_several_tabs_connects_once(
    redis: Redis, scripts: Scripts, consent_request: ConsentRequest
):
    save_consent_request(redis, ConsentRequest("second", "browser", consent_request.ticket), GLOBEX)

    assert claim(scripts, "one") is CallbackResult.ACCEPTED
    assert claim(scripts, "two", state="second") is CallbackResult.LINK_USED
    assert read_ticket(redis, "ticket") is None


@pytest.mark.usefixtures("consent_request")
def test_a_denied_consent_stores_nothing_and_leaves_the_link_valid(redis: Redis, scripts: Scripts):
    assert claim(scripts, code="") is CallbackResult.ACCEPTED

    assert read_ticket(redis, "ticket") == GLOBEX
    assert lease_consent(scripts, redis) is None
    assert claim(scripts, "two") is CallbackResult.UNKNOWN_STATE


@pytest.mark.usefixtures("consent_request")
def test_a_consent_is_leased_to_one_worker_at_a_time(redis: Redis, scripts: Scripts):
    claim(scripts)

    assert [lease_consent(scripts, redis) is None for _ in range(3)] == [False, True, True]


@pytest.mark.usefixtures("consent_request")
def test_a_postponed_consent_is_leased_again(redis: Redis, scripts: Scripts):
    claim(scripts)
    consent = lease_consent(scripts, redis)
    assert consent is not None

    postpone_consent(redis, consent, 0.0)

    assert lease_consent(scripts, redis) == consent


@pytest.mark.usefixtures("consent_request")
def test_a_settled_consent_shows_its_result_and_has_no_code(redis: Redis, scripts: Scripts):
    claim(scripts)
    consent = lease_consent(scripts, redis)
    assert consent is not None

    settle_consent(redis, consent, ConsentStatus.FAILED, "Gong said no.")
    postpone_consent(redis, consent, 0.0)

    settled = read_consent(redis, "one")
    assert settled is not None
    assert (settled.progress, settled.detail, settled.sealed_code) == (
        ConsentStatus.FAILED,
        "Gong said no.",
        "",
    )
    assert lease_consent(scripts, redis) is None


@pytest.mark.usefixtures("consent_request")
def test_a_waiting_code_is_resealed_with_the_tokens(redis: Redis, scripts: Scripts):
    claim(scripts)
    new = "the-new-key-of-at-least-32-characters"

    assert reseal_all(scripts, redis, Vault([new, "the-old-key-of-at-least-32-characters"])).resealed == 1

    consent = read_consent(redis, "one")
    assert consent is not None
    assert unseal_code(Vault([new]), consent) == "code"
