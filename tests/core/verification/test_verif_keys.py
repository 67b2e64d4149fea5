"""Secrets are checked when they are loaded: all at once, with the remedy, and never shown."""

from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from relay.core.errors import ValidationFailed
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.load_keys import SecretSpec, load_keys
from relay.core.verification.problems import VerificationErrorCode
from relay.core.verification.verify import verify
from tests.core.verification.senders import (
    ED25519,
    NOW,
    OTHER,
    P256,
    SENDERS,
    TEXT,
    b64,
    keys_of,
    post,
    public_der,
)

PEM = serialization.Encoding.PEM
PUBLIC_PEM = P256.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
PRIVATE_PEM = P256.private_bytes(
    PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
P384 = public_der(ec.derive_private_key(7, ec.SECP384R1()))
WHPK = "whpk_" + b64(ED25519.public_key().public_bytes_raw())


def problems_of(name, *specs, path="secrets"):
    with pytest.raises(ValidationFailed) as refused:
        load_keys(
            SCHEMES[name], [s if isinstance(s, SecretSpec) else SecretSpec(s) for s in specs], path=path
        )
    return refused.value.problems


@pytest.mark.parametrize(
    ("name", "secret", "fault"),
    [
        ("github", "", VerificationErrorCode.EMPTY_SECRET),
        ("github", " \n", VerificationErrorCode.EMPTY_SECRET),
        ("github", TEXT + "\n", VerificationErrorCode.SECRET_WHITESPACE),
        ("github", "short-secret", VerificationErrorCode.SHORT_SECRET),
        ("github", WHPK, VerificationErrorCode.PUBLIC_KEY),
        ("github", PUBLIC_PEM.strip(), VerificationErrorCode.PUBLIC_KEY),
        ("github", public_der(P256), VerificationErrorCode.PUBLIC_KEY),
        ("github", public_der(ED25519), VerificationErrorCode.PUBLIC_KEY),
        ("github", PRIVATE_PEM.strip(), VerificationErrorCode.PRIVATE_KEY),
        ("github", "\ud800" * 20, VerificationErrorCode.INVALID_SECRET_FORMAT),
        ("standard", WHPK, VerificationErrorCode.PUBLIC_KEY),
        ("standard", "whsk_" + b64(bytes(64)), VerificationErrorCode.PRIVATE_KEY),
        ("standard", "whsec_" + b64(bytes(15)), VerificationErrorCode.SHORT_SECRET),
        ("standard", "whsec_not base64 at all", VerificationErrorCode.INVALID_SECRET_FORMAT),
        ("standard", "whsec_" + b64(bytes(32))[:-1], VerificationErrorCode.INVALID_SECRET_FORMAT),
        ("standard", "whsec_é" + b64(bytes(32)), VerificationErrorCode.INVALID_SECRET_FORMAT),
        ("standard-v1a", "whsec_" + b64(bytes(32)), VerificationErrorCode.INVALID_SECRET_FORMAT),
        ("standard-v1a", "whsk_" + b64(bytes(32)), VerificationErrorCode.PRIVATE_KEY),
        ("standard-v1a", "whpk_" + b64(bytes(31)), VerificationErrorCode.INVALID_SECRET_FORMAT),
        ("sendgrid", TEXT, VerificationErrorCode.INVALID_SECRET_FORMAT),
        ("sendgrid", P384, VerificationErrorCode.INVALID_SECRET_FORMAT),
        ("sendgrid", public_der(ED25519), VerificationErrorCode.INVALID_SECRET_FORMAT),
        ("sendgrid", PRIVATE_PEM.strip(), VerificationErrorCode.PRIVATE_KEY),
        ("basic", TEXT, VerificationErrorCode.INVALID_SECRET_FORMAT),
        ("basic", f":{TEXT}", VerificationErrorCode.INVALID_SECRET_FORMAT),
        ("basic", "partner:short", VerificationErrorCode.SHORT_SECRET),
        ("bearer", f"{TEXT} {TEXT}", VerificationErrorCode.INVALID_SECRET_FORMAT),
        ("bearer", f"{TEXT}é", VerificationErrorCode.INVALID_SECRET_FORMAT),
        ("bearer", "short", VerificationErrorCode.SHORT_SECRET),
    ],
)
def test_a_secret_that_cannot_serve_is_refused_and_not_repeated(name, secret, fault):
    (problem,) = problems_of(name, secret, path="sources.x.verify.secrets")

    assert (problem.path, problem.code) == ("sources.x.verify.secrets[0]", fault)
    assert not secret.strip() or secret.strip() not in problem.message


def test_a_secret_of_sixteen_bytes_is_long_enough():
    assert keys_of("github", "0123456789abcdef")[0].secret == b"0123456789abcdef"


def test_every_wrong_secret_is_told_at_once():
    dates = SecretSpec(OTHER, not_before=NOW, expires_at=NOW)
    found = problems_of("github", "", TEXT, TEXT, dates)

    assert [(problem.path, problem.code) for problem in found] == [
        ("secrets", VerificationErrorCode.TOO_MANY_SECRETS),
        ("secrets[0]", VerificationErrorCode.EMPTY_SECRET),
        ("secrets[2]", VerificationErrorCode.DUPLICATE_SECRET),
        ("secrets[3]", VerificationErrorCode.INVALID_SECRET_DATES),
    ]


def test_a_scheme_needs_a_secret_and_none_needs_that_there_is_none():
    assert [problem.code for problem in problems_of("github")] == [VerificationErrorCode.MISSING_SECRET]
    assert [problem.code for problem in problems_of("none", TEXT)] == [VerificationErrorCode.TOO_MANY_SECRETS]
    assert load_keys(SCHEMES["none"], []) == ()


def test_a_key_keeps_its_dates_and_has_an_id_that_stays_and_tells_it_apart():
    later = NOW + timedelta(days=1)
    first, second = load_keys(
        SCHEMES["github"], [SecretSpec(TEXT, not_before=NOW, expires_at=later), SecretSpec(OTHER)]
    )

    assert (first.not_before, first.expires_at, second.expires_at) == (NOW, later, None)
    assert first.id == keys_of("github", TEXT)[0].id != second.id


@pytest.mark.parametrize("name", SENDERS)
def test_no_rendering_of_a_key_or_secret_shows_it(name):
    secret = SENDERS[name].secret
    (key,) = keys_of(name)

    shown = repr(key) + str(key) + repr(SecretSpec(secret))

    assert key.id in shown
    assert secret not in shown
    assert secret.partition("_")[2] not in shown or "_" not in secret


@pytest.mark.parametrize("secret", [PUBLIC_PEM.strip(), public_der(P256)])
def test_a_public_key_may_be_given_with_its_pem_lines_or_without(secret):
    sender = SENDERS["sendgrid"]

    assert verify(SCHEMES["sendgrid"], keys_of("sendgrid", secret), sender.request(), now=NOW).key_id


def test_a_shared_secret_of_standard_webhooks_may_stand_without_its_prefix():
    sender = SENDERS["standard"]
    bare = sender.secret.removeprefix("whsec_")

    assert verify(SCHEMES["standard"], keys_of("standard", bare), sender.request(), now=NOW).key_id


def test_a_secret_of_stripe_is_the_text_with_its_prefix():
    (key,) = keys_of("stripe", "whsec_" + TEXT)

    assert key.secret == f"whsec_{TEXT}".encode()


@pytest.mark.parametrize("name", ["api-key", "basic", "bearer"])
def test_a_token_may_be_given_as_its_digest(name):
    sender = SENDERS[name]
    digest = "sha256:" + sha256(sender.secret.encode()).hexdigest()

    assert verify(SCHEMES[name], keys_of(name, digest), sender.request(), now=NOW).key_id


def test_a_digest_is_no_token():
    digest = "sha256:" + sha256(TEXT.encode()).hexdigest()

    with pytest.raises(Exception, match="mismatch"):
        verify(SCHEMES["api-key"], keys_of("api-key"), post({"x-api-key": digest}), now=NOW)
