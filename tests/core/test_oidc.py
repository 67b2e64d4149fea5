"""Parsing of an OpenID provider's metadata and claims."""

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
APP = OidcApp(
    issuer=ISSUER,
    client_id="relay",
    client_secret="secret",
    claim="groups",
    roles={"ops": Role.OPERATOR, "all": Role.VIEWER},
    scope="openid",
)
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}


def test_the_pkce_challenge_matches_the_example_of_rfc_7636():
    assert (
        compute_pkce_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


def test_a_provider_is_parsed_from_its_metadata():
    assert parse_provider(DOCUMENT, ISSUER).token_endpoint == f"{ISSUER}/token"


@pytest.mark.parametrize(
    ("metadata", "message"),
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
def test_metadata_of_another_issuer_or_with_insecure_urls_is_rejected(metadata: Any, message: str):
    with pytest.raises(ValueError, match=message):
        parse_provider(metadata, ISSUER)


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
def test_the_highest_role_of_the_configured_values_counts(
    claim: Any, values: tuple[str, ...], role: Role | None
):
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
def test_an_accounts_name_can_never_equal_a_configured_operators(claims: dict[str, Any], name: str):
    assert identify(APP, claims).name == name


def test_an_identity_survives_dump_and_load():
    identity = Identity("olga@acme.example", ("all", "ops"))

    assert load_identity(dump_identity(identity)) == identity
