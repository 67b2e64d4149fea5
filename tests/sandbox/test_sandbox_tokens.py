"""OAuth tokens: what they allow, how long they last, and how they are refreshed."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.sandbox import bodies, client
from tests.sandbox.client import Gong
from tests.sandbox.oauth import (
    CALLBACK,
    CLIENT,
    WRITE_SCOPE,
    Bearer,
    authorize,
    callback_params,
    connect,
    exchange,
    refresh,
    register,
    request_token,
)


def test_an_access_token_authenticates_with_both_apis(gong: Gong):
    auth = Bearer(connect(gong)["access_token"])

    assert gong.send(bodies.interaction(), auth=auth).status_code == 200
    assert gong.put("action", bodies.custom_action(), auth=auth).status_code == 200
    assert gong.inspect("events")["events"][0]["credential"] == "sandbox-client"


def test_codes_and_refresh_tokens_work_only_for_their_own_app(gong: Gong):
    register(gong)
    code, refresh_token = callback_params(authorize(gong))["code"], connect(gong)["refresh_token"]
    other = ("app", "new")

    assert exchange(gong, code, auth=other).status_code == 400
    assert refresh(gong, refresh_token, auth=other).status_code == 400
    assert refresh(gong, refresh_token).status_code == 200


def test_a_refresh_issues_a_new_pair_and_invalidates_the_old_refresh_token(gong: Gong):
    first = connect(gong)
    second = refresh(gong, first["refresh_token"]).json()
    again = refresh(gong, first["refresh_token"])

    assert (again.status_code, again.json()) == (
        400,
        {"error": "invalid_grant", "error_description": "Token has been expired or revoked."},
    )
    assert refresh(gong, second["refresh_token"]).status_code == 200
    assert gong.send({}, auth=Bearer(first["access_token"])).status_code == 400


def test_only_one_of_many_simultaneous_refreshes_gets_a_pair(gong: Gong):
    refresh_token = connect(gong)["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda _: refresh(gong, refresh_token).status_code, range(8)))

    assert sorted(responses) == [200] + [400] * 7
    assert gong.inspect("metrics")["companies"]["acme"]["refreshes"] == 1


@pytest.mark.parametrize(
    ("settings", "form", "lifetime"),
    [
        ({}, {}, 86_400),
        ({"token_seconds": 60}, {}, 60),
        ({"token_seconds": 60}, {"validity_duration": "7200"}, 7200),
    ],
)
def test_an_access_token_expires_after_its_lifetime(
    settings: dict[str, int], form: dict[str, str], lifetime: int
):
    with client.run_gong(**settings) as gong:
        gong.control("clock", {"frozen": True})
        pair = exchange(gong, callback_params(authorize(gong))["code"], **form).json()
        auth = Bearer(pair["access_token"])
        gong.control("clock", {"advance_seconds": lifetime - 1})
        before = gong.send({}, auth=auth).status_code
        gong.control("clock", {"advance_seconds": 1})
        after = gong.send({}, auth=auth)

    assert pair["expires_in"] == lifetime
    assert (before, after.status_code, after.json()["errors"]) == (400, 401, ["Access denied"])


def test_parameters_can_be_in_the_query(gong: Gong):
    params = {
        "grant_type": "authorization_code",
        "code": callback_params(authorize(gong))["code"],
        "redirect_uri": CALLBACK,
    }
    response = requests.post(
        f"{gong.url}/oauth2/generate-customer-token", params=params, auth=CLIENT, timeout=10
    )

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("auth", "form", "status", "error"),
    [
        (("sandbox-client", "wrong"), {}, 401, "invalid_client"),
        (("unknown", "sandbox-client-secret"), {}, 401, "invalid_client"),
        (CLIENT, {"client_id": "another-app"}, 401, "invalid_client"),
        (CLIENT, {"grant_type": "password"}, 400, "unsupported_grant_type"),
        (CLIENT, {}, 400, "invalid_request"),
        (CLIENT, {"grant_type": "refresh_token"}, 400, "invalid_grant"),
        (CLIENT, {"grant_type": "refresh_token", "validity_duration": "1 h"}, 400, "invalid_request"),
    ],
)
def test_an_invalid_token_request_gets_an_oauth_error(
    gong: Gong, auth: tuple[str, str], form: dict[str, str], status: int, error: str
):
    response = request_token(gong, auth=auth, **form)

    assert (response.status_code, response.json()["error"]) == (status, error)


def test_both_secrets_of_an_app_are_valid(gong: Gong):
    register(gong)
    params = {"client_id": "app", "scope": WRITE_SCOPE}

    statuses = [
        exchange(gong, callback_params(authorize(gong, **params))["code"], auth=("app", secret)).status_code
        for secret in ("old", "new", "other")
    ]
    assert statuses == [200, 200, 401]


def test_a_token_at_another_companys_address_is_rejected_as_revoked(gong: Gong):
    response = gong.send(bodies.interaction(), company="globex", auth=Bearer(connect(gong)["access_token"]))

    assert (response.status_code, response.json()["errors"]) == (401, ["access token has been revoked"])


def test_a_call_without_the_scope_gets_the_missing_scope(gong: Gong):
    response = gong.put(
        "action", bodies.custom_action(), auth=Bearer(connect(gong, scope=WRITE_SCOPE)["access_token"])
    )

    assert response.status_code == 401
    assert response.json()["errors"] == [
        "You don't have permission to use 'api:engagement-data:write' in your app."
    ]


@pytest.mark.parametrize("token", ["nonsense", "", "sandbox-key"])
def test_an_unknown_token_is_denied(gong: Gong, token: str):
    assert gong.send(bodies.interaction(), auth=Bearer(token)).json()["errors"] == ["Access denied"]


def test_revoking_a_company_revokes_its_grants_permanently_but_allows_a_new_consent(gong: Gong):
    pair = connect(gong)
    gong.control("companies/acme/revoke")
    revoked = gong.send({}, auth=Bearer(pair["access_token"]))
    gong.control("companies/acme/restore")

    assert (revoked.status_code, revoked.json()["errors"]) == (401, ["access token has been revoked"])
    assert refresh(gong, pair["refresh_token"]).json()["error"] == "invalid_grant"
    assert gong.send({}, auth=Bearer(connect(gong)["access_token"])).status_code == 400


def test_an_app_can_call_and_refresh_only_from_its_trusted_addresses(gong: Gong):
    auth, params = ("app", "new"), {"client_id": "app", "scope": WRITE_SCOPE}
    register(gong, trusted_ips=["10.0.0.0/8"], refresh_trusted_ips=["10.0.0.1"])
    pair = exchange(gong, callback_params(authorize(gong, **params))["code"], auth=auth).json()

    assert gong.send({}, auth=Bearer(pair["access_token"])).status_code == 403
    assert refresh(gong, pair["refresh_token"], auth=auth).status_code == 403


def test_refresh_lost_rotates_the_refresh_token(gong: Gong):
    refresh_token = connect(gong)["refresh_token"]
    gong.arm("refresh_lost", count=1)

    with pytest.raises(requests.ConnectionError):
        refresh(gong, refresh_token)
    assert refresh(gong, refresh_token).status_code == 400
    assert gong.inspect("grants")["grants"][0]["refreshes"] == 1


def test_a_refresh_with_reset_before_can_be_retried(gong: Gong):
    refresh_token = connect(gong)["refresh_token"]
    gong.arm("reset_before", route="oauth-refresh", count=1)

    with pytest.raises(requests.ConnectionError):
        refresh(gong, refresh_token)
    assert refresh(gong, refresh_token).status_code == 200


@pytest.mark.parametrize(
    ("route", "statuses"),
    [
        (None, [200, 200, 503]),
        ("oauth", [503, 503, 400]),
        ("oauth-exchange", [503, 200, 400]),
        ("oauth-refresh", [200, 503, 400]),
    ],
)
def test_a_fault_applies_to_the_token_endpoint_only_if_its_route_includes_it(
    gong: Gong, route: str | None, statuses: list[int]
):
    refresh_token, code = connect(gong)["refresh_token"], callback_params(authorize(gong))["code"]
    gong.arm("status", status=503, company="acme", **({"route": route} if route else {}))

    responses = exchange(gong, code), refresh(gong, refresh_token), gong.send({})
    assert [response.status_code for response in responses] == statuses


def test_token_expired_now_expires_an_access_token(gong: Gong):
    auth = Bearer(connect(gong)["access_token"])
    gong.arm("token_expired_now", count=1)

    assert [gong.send({}, auth=auth).status_code for _ in range(2)] == [401, 401]


def test_the_log_lists_token_requests_by_company_without_secrets(gong: Gong):
    first = connect(gong)
    second = refresh(gong, first["refresh_token"]).json()
    refresh(gong, first["refresh_token"])
    inspected = str([gong.inspect(path) for path in ("log", "grants", "apps", "metrics", "settings")])

    assert [(entry["route"], entry["status"]) for entry in gong.inspect("log?company=acme")["log"]] == [
        ("oauth-refresh", 400),
        ("oauth-refresh", 200),
        ("oauth-exchange", 200),
    ]
    secrets = [pair[name] for pair in (first, second) for name in ("access_token", "refresh_token")]
    assert not [secret for secret in (CLIENT[1], *secrets) if secret in inspected]


def test_a_reset_deletes_grants_and_apps(gong: Gong):
    register(gong)
    pair = connect(gong)
    gong.control("reset")

    assert gong.inspect("grants")["grants"] == []
    assert [app["client_id"] for app in gong.inspect("apps")["apps"]] == ["sandbox-client"]
    assert gong.send({}, auth=Bearer(pair["access_token"])).status_code == 401
