"""What a provider's words are taken for."""

from typing import Any

import pytest

from relay.core.oidc import (
    Identity,
    OidcApp,
    compute_pkce_challenge,
    dump_identity,
    find_role,
    identify,
    load_identity,
    parse_provider,
)
from relay.core.roles import Role

ISSUER = "https://login.example.com"
APP = OidcApp(ISSUER, "relay", "secret", "groups", {"ops": Role.OPERATOR, "all": Role.VIEWER}, "openid")
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}


def test_a_challenge_is_that_of_rfc_7636():
    assert (
        compute_pkce_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


def test_a_provider_is_where_its_document_says():
    assert parse_provider(DOCUMENT, ISSUER).token_endpoint == f"{ISSUER}/token"


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ([], "issuer is not exactly"),
        ({}, "issuer is not exactly"),
        (DOCUMENT | {"issuer": ISSUER + "/"}, "issuer is not exactly"),
        (DOCUMENT | {"token_endpoint": "http://login.example.com/token"}, "token_endpoint is not an https"),
        (DOCUMENT | {"jwks_uri": None}, "jwks_uri is not an https"),
        (
            DOCUMENT | {"authorization_endpoint": "javascript:alert(1)"},
            "authorization_endpoint is not an https",
        ),
    ],
)
def test_a_document_that_leads_elsewhere_is_refused(told: Any, says: str):
    with pytest.raises(ValueError, match=says):
        parse_provider(told, ISSUER)


@pytest.mark.parametrize(
    ("claim", "values", "role"),
    [
        (["all", "ops", "more"], ("all", "ops"), Role.OPERATOR),
        ("all", ("all",), Role.VIEWER),
        (["ops "], (), None),
        ({"ops": True}, (), None),
        ([["ops"], None, 7], (), None),
        (None, (), None),
        (["x"] * 10_000 + ["ops"], (), None),
    ],
)
def test_the_highest_role_of_the_known_values_counts(claim: Any, values: tuple[str, ...], role: Role | None):
    identity = identify(APP, {"sub": "17", "groups": claim})

    assert identity.values == values
    assert find_role(APP, identity) == role


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"sub": "17", "email": "olga@acme.example"}, "olga@acme.example"),
        ({"sub": "17", "email": "boss@acme.example", "email_verified": False}, "account 17"),
        ({"sub": "17", "preferred_username": "admin"}, "account admin"),
        ({"sub": "17", "email": "alice"}, "account 17"),
        ({"sub": "x" * 5000}, "account " + "x" * 192),
    ],
)
def test_a_name_is_never_one_that_the_configuration_could_give(claims: dict[str, Any], name: str):
    assert identify(APP, claims).name == name


def test_an_identity_is_read_as_it_was_written():
    identity = Identity("olga@acme.example", ("all", "ops"))

    assert load_identity(dump_identity(identity)) == identity
