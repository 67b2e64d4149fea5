"""Tokens: what they open, how long, and how one pair follows another."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.sandbox import world
from tests.sandbox.consenting import (
    CLIENT,
    HOME,
    WRITE,
    Bearer,
    authorize,
    connected,
    exchange,
    refresh,
    register,
    token,
    told,
)
from tests.sandbox.world import Gong


def test_an_access_token_opens_both_apis(gong: Gong):
    auth = Bearer(connected(gong)["access_token"])

    assert gong.send(world.interaction(), auth=auth).status_code == 200
    assert gong.put("action", world.action(), auth=auth).status_code == 200
    assert gong.look("events")["events"][0]["credential"] == "sandbox-client"


def test_a_code_and_a_refresh_token_are_of_use_to_their_own_app_alone(gong: Gong):
    register(gong)
    code, kept = told(authorize(gong))["code"], connected(gong)["refresh_token"]
    other = ("app", "new")

    assert exchange(gong, code, auth=other).status_code == 400
    assert refresh(gong, kept, auth=other).status_code == 400
    assert refresh(gong, kept).status_code == 200


def test_a_refresh_gives_a_new_pair_and_ends_the_old_refresh_token(gong: Gong):
    first = connected(gong)
    second = refresh(gong, first["refresh_token"]).json()
    again = refresh(gong, first["refresh_token"])

    assert (again.status_code, again.json()) == (
        400,
        {"error": "invalid_grant", "error_description": "Token has been expired or revoked."},
    )
    assert refresh(gong, second["refresh_token"]).status_code == 200
    assert gong.send({}, auth=Bearer(first["access_token"])).status_code == 400


def test_of_many_that_refresh_at_once_one_gets_a_pair(gong: Gong):
    kept = connected(gong)["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refresh(gong, kept).status_code, range(8)))

    assert sorted(answers) == [200] + [400] * 7
    assert gong.look("metrics")["companies"]["acme"]["refreshes"] == 1


@pytest.mark.parametrize(
    ("settings", "form", "lasts"),
    [
        ({}, {}, 86_400),
        ({"token_seconds": 60}, {}, 60),
        ({"token_seconds": 60}, {"validity_duration": "7200"}, 7200),
    ],
)
def test_an_access_token_lasts_as_long_as_it_says(settings: dict[str, int], form: dict[str, str], lasts: int):
    with world.gong(**settings) as gong:
        gong.turn("clock", {"frozen": True})
        pair = exchange(gong, told(authorize(gong))["code"], **form).json()
        auth = Bearer(pair["access_token"])
        gong.turn("clock", {"advance_seconds": lasts - 1})
        before = gong.send({}, auth=auth).status_code
        gong.turn("clock", {"advance_seconds": 1})
        after = gong.send({}, auth=auth)

    assert pair["expires_in"] == lasts
    assert (before, after.status_code, after.json()["errors"]) == (400, 401, ["Access denied"])


def test_parameters_may_stand_in_the_query(gong: Gong):
    params = {"grant_type": "authorization_code", "code": told(authorize(gong))["code"], "redirect_uri": HOME}
    answer = requests.post(
        f"{gong.url}/oauth2/generate-customer-token", params=params, auth=CLIENT, timeout=10
    )

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("auth", "form", "status", "error"),
    [
        (("sandbox-client", "wrong"), {}, 401, "invalid_client"),
        (("nobody", "sandbox-client-secret"), {}, 401, "invalid_client"),
        (CLIENT, {"client_id": "somebody-else"}, 401, "invalid_client"),
        (CLIENT, {"grant_type": "password"}, 400, "unsupported_grant_type"),
        (CLIENT, {}, 400, "invalid_request"),
        (CLIENT, {"grant_type": "refresh_token"}, 400, "invalid_grant"),
        (CLIENT, {"grant_type": "refresh_token", "validity_duration": "1 h"}, 400, "invalid_request"),
    ],
)
def test_a_wrong_request_for_tokens_says_what_is_wrong(
    gong: Gong, auth: tuple[str, str], form: dict[str, str], status: int, error: str
):
    answer = token(gong, auth=auth, **form)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_an_app_may_have_two_secrets_while_one_replaces_the_other(gong: Gong):
    register(gong)
    asked = {"client_id": "app", "scope": WRITE}

    statuses = [
        exchange(gong, told(authorize(gong, **asked))["code"], auth=("app", secret)).status_code
        for secret in ("old", "new", "other")
    ]
    assert statuses == [200, 200, 401]


def test_a_token_at_another_companys_address_reads_as_revoked(gong: Gong):
    answer = gong.send(world.interaction(), company="globex", auth=Bearer(connected(gong)["access_token"]))

    assert (answer.status_code, answer.json()["errors"]) == (401, ["access token has been revoked"])


def test_a_scope_that_was_not_granted_is_named(gong: Gong):
    answer = gong.put("action", world.action(), auth=Bearer(connected(gong, scope=WRITE)["access_token"]))

    assert answer.status_code == 401
    assert answer.json()["errors"] == [
        "You don't have permission to use 'api:engagement-data:write' in your app."
    ]


@pytest.mark.parametrize("given", ["nonsense", "", "sandbox-key"])
def test_a_token_that_was_never_given_is_denied(gong: Gong, given: str):
    assert gong.send(world.interaction(), auth=Bearer(given)).json()["errors"] == ["Access denied"]


def test_revoking_a_company_ends_its_grants_for_good_and_a_new_consent_works(gong: Gong):
    pair = connected(gong)
    gong.turn("companies/acme/revoke")
    revoked = gong.send({}, auth=Bearer(pair["access_token"]))
    gong.turn("companies/acme/restore")

    assert (revoked.status_code, revoked.json()["errors"]) == (401, ["access token has been revoked"])
    assert refresh(gong, pair["refresh_token"]).json()["error"] == "invalid_grant"
    assert gong.send({}, auth=Bearer(connected(gong)["access_token"])).status_code == 400


def test_an_app_calls_and_refreshes_from_its_trusted_addresses_alone(gong: Gong):
    auth, asked = ("app", "new"), {"client_id": "app", "scope": WRITE}
    register(gong, trusted_ips=["10.0.0.0/8"], refresh_trusted_ips=["10.0.0.1"])
    pair = exchange(gong, told(authorize(gong, **asked))["code"], auth=auth).json()

    assert gong.send({}, auth=Bearer(pair["access_token"])).status_code == 403
    assert refresh(gong, pair["refresh_token"], auth=auth).status_code == 403


def test_a_lost_refresh_has_rotated_the_token_all_the_same(gong: Gong):
    kept = connected(gong)["refresh_token"]
    gong.fault("refresh_lost", count=1)

    with pytest.raises(requests.ConnectionError):
        refresh(gong, kept)
    assert refresh(gong, kept).status_code == 400
    assert gong.look("grants")["grants"][0]["refreshes"] == 1


def test_a_refresh_that_is_reset_before_it_was_heard_can_be_tried_again(gong: Gong):
    kept = connected(gong)["refresh_token"]
    gong.fault("reset_before", route="oauth-refresh", count=1)

    with pytest.raises(requests.ConnectionError):
        refresh(gong, kept)
    assert refresh(gong, kept).status_code == 200


@pytest.mark.parametrize(
    ("route", "statuses"),
    [
        (None, [200, 200, 503]),
        ("oauth", [503, 503, 400]),
        ("oauth-exchange", [503, 200, 400]),
        ("oauth-refresh", [200, 503, 400]),
    ],
)
def test_a_fault_strikes_the_token_endpoint_only_where_its_route_says_so(
    gong: Gong, route: str | None, statuses: list[int]
):
    kept, code = connected(gong)["refresh_token"], told(authorize(gong))["code"]
    gong.fault("status", status=503, company="acme", **({"route": route} if route else {}))

    answers = exchange(gong, code), refresh(gong, kept), gong.send({})
    assert [answer.status_code for answer in answers] == statuses


def test_a_token_can_be_made_to_expire_at_once(gong: Gong):
    auth = Bearer(connected(gong)["access_token"])
    gong.fault("token_expired_now", count=1)

    assert [gong.send({}, auth=auth).status_code for _ in range(2)] == [401, 401]


def test_every_request_for_tokens_is_in_the_log_under_its_company_without_a_secret(gong: Gong):
    first = connected(gong)
    second = refresh(gong, first["refresh_token"]).json()
    refresh(gong, first["refresh_token"])
    shown = str([gong.look(path) for path in ("log", "grants", "apps", "metrics", "settings")])

    assert [(line["route"], line["status"]) for line in gong.look("log?company=acme")["log"]] == [
        ("oauth-refresh", 400),
        ("oauth-refresh", 200),
        ("oauth-exchange", 200),
    ]
    secrets = [pair[name] for pair in (first, second) for name in ("access_token", "refresh_token")]
    assert not [secret for secret in (CLIENT[1], *secrets) if secret in shown]


def test_a_reset_forgets_grants_and_apps(gong: Gong):
    register(gong)
    pair = connected(gong)
    gong.turn("reset")

    assert gong.look("grants")["grants"] == []
    assert [app["client_id"] for app in gong.look("apps")["apps"]] == ["sandbox-client"]
    assert gong.send({}, auth=Bearer(pair["access_token"])).status_code == 401
