"""Links, states and consents in the store: each is good once, in time, and for the browser that asked."""

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
GLOBEX = Invitation("globex", account="17", internal_domains=("globex.example",))


@pytest.fixture
def asking(redis: Redis) -> ConsentRequest:
    save_ticket(redis, "ticket", GLOBEX)
    asking = ConsentRequest("state", "browser", "ticket")
    save_consent_request(redis, asking, GLOBEX)
    return asking


def take(
    scripts: Scripts, consent_id: str = "one", *, state="state", browser="browser", code="code"
) -> CallbackResult:
    return claim_consent(scripts, VAULT, consent_id, ConsentCallback(state, browser, code))


def test_a_ticket_says_whom_it_invites_as_often_as_its_link_is_looked_at(redis: Redis):
    """Mail scanners and chats open links before people do."""
    save_ticket(redis, "ticket", GLOBEX)

    assert [read_ticket(redis, "ticket") for _ in range(2)] == [GLOBEX, GLOBEX]
    assert read_ticket(redis, "another") is None


@pytest.mark.usefixtures("asking")
def test_tickets_and_states_expire(redis: Redis):
    [ticket] = redis.keys(keys.CONNECT_TICKET + "*")
    [state] = redis.keys(keys.CONSENT_REQUEST + "*")

    assert 0 < redis.ttl(ticket) <= 1800
    assert 0 < redis.ttl(state) <= 600


@pytest.mark.usefixtures("asking")
def test_neither_ticket_nor_state_nor_code_lies_in_the_store_as_it_is(redis: Redis, scripts: Scripts):
    save_consent_request(redis, ConsentRequest("a-second-state", "a-second-browser", "ticket"), GLOBEX)
    take(scripts, code="the-code-itself")

    names = redis.keys("*")
    held = b" ".join(names) + repr([redis.hgetall(n) for n in names if redis.type(n) == b"hash"]).encode()
    assert not [one for one in (b"a-second-state", b"a-second-browser", b"the-code-itself") if one in held]


@pytest.mark.usefixtures("asking")
def test_a_consent_waits_with_its_code(redis: Redis, scripts: Scripts):
    assert take(scripts) is CallbackResult.ACCEPTED

    consent = lease_consent(scripts, redis)
    assert consent is not None
    assert (consent.id, consent.invitation, consent.progress) == ("one", GLOBEX, ConsentStatus.WAITING)
    assert unseal_code(VAULT, consent) == "code"


@pytest.mark.usefixtures("asking")
def test_a_state_is_good_once(scripts: Scripts):
    assert take(scripts, "one") is CallbackResult.ACCEPTED
    assert take(scripts, "two") is CallbackResult.UNKNOWN_STATE


@pytest.mark.usefixtures("asking")
def test_the_same_request_told_twice_is_taken_once(redis: Redis, scripts: Scripts):
    assert (take(scripts), take(scripts)) == (CallbackResult.ACCEPTED, CallbackResult.ACCEPTED)
    assert redis.zcard(keys.CONSENTS) == 1


@pytest.mark.usefixtures("asking")
def test_another_browser_cannot_bring_it_and_spoils_it(scripts: Scripts):
    assert take(scripts, browser="another") is CallbackResult.OTHER_BROWSER
    assert take(scripts, "two") is CallbackResult.UNKNOWN_STATE


def test_an_unknown_state_is_refused(scripts: Scripts):
    assert take(scripts, state="made-up") is CallbackResult.UNKNOWN_STATE


def test_one_link_connects_once_however_many_tabs_it_was_opened_in(
    redis: Redis, scripts: Scripts, asking: ConsentRequest
):
    save_consent_request(redis, ConsentRequest("second", "browser", asking.ticket), GLOBEX)

    assert take(scripts, "one") is CallbackResult.ACCEPTED
    assert take(scripts, "two", state="second") is CallbackResult.LINK_USED
    assert read_ticket(redis, "ticket") is None


@pytest.mark.usefixtures("asking")
def test_a_refusal_keeps_nothing_and_leaves_the_link_good(redis: Redis, scripts: Scripts):
    assert take(scripts, code="") is CallbackResult.ACCEPTED

    assert read_ticket(redis, "ticket") == GLOBEX
    assert lease_consent(scripts, redis) is None
    assert take(scripts, "two") is CallbackResult.UNKNOWN_STATE


@pytest.mark.usefixtures("asking")
def test_one_worker_exchanges_a_consent_at_a_time(redis: Redis, scripts: Scripts):
    take(scripts)

    assert [lease_consent(scripts, redis) is None for _ in range(3)] == [False, True, True]


@pytest.mark.usefixtures("asking")
def test_a_consent_that_was_put_off_comes_again(redis: Redis, scripts: Scripts):
    take(scripts)
    consent = lease_consent(scripts, redis)
    assert consent is not None

    postpone_consent(redis, consent, 0.0)

    assert lease_consent(scripts, redis) == consent


@pytest.mark.usefixtures("asking")
def test_a_settled_consent_tells_how_it_ended_and_has_no_code(redis: Redis, scripts: Scripts):
    take(scripts)
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


@pytest.mark.usefixtures("asking")
def test_a_waiting_code_is_sealed_anew_with_the_rest(redis: Redis, scripts: Scripts):
    take(scripts)
    new = "the-new-key-of-at-least-32-characters"

    assert reseal_all(scripts, redis, Vault([new, "the-old-key-of-at-least-32-characters"])).resealed == 1

    consent = read_consent(redis, "one")
    assert consent is not None
    assert unseal_code(Vault([new]), consent) == "code"
