"""All secrets are validated when they are loaded. Errors name a remedy and never show the secret."""

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
    load_sender_keys,
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


def find_problems(name, *specs, path="secrets"):
    with pytest.raises(ValidationFailed) as error:
        load_keys(
            SCHEMES[name],
            [spec if isinstance(spec, SecretSpec) else SecretSpec(spec) for spec in specs],
            path=path,
        )
    return error.value.problems


@pytest.mark.parametrize(
    ("name", "secret", "code"),
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
def test_an_invalid_secret_is_rejected_and_not_shown(name, secret, code):
    (problem,) = find_problems(name, secret, path="sources.x.verify.secrets")

    assert (problem.path, problem.code) == ("sources.x.verify.secrets[0]", code)
    assert not secret.strip() or secret.strip() not in problem.message


def test_a_secret_of_sixteen_bytes_is_long_enough():
    assert load_sender_keys("github", "0123456789abcdef")[0].secret == b"0123456789abcdef"


def test_the_problems_of_all_secrets_are_reported_together():
    dates = SecretSpec(OTHER, not_before=NOW, expires_at=NOW)
    problems = find_problems("github", "", TEXT, TEXT, dates)

    assert [(problem.path, problem.code) for problem in problems] == [
        ("secrets", VerificationErrorCode.TOO_MANY_SECRETS),
        ("secrets[0]", VerificationErrorCode.EMPTY_SECRET),
        ("secrets[2]", VerificationErrorCode.DUPLICATE_SECRET),
        ("secrets[3]", VerificationErrorCode.INVALID_SECRET_DATES),
    ]


def test_a_scheme_needs_a_secret_and_scheme_none_accepts_none():
    assert [problem.code for problem in find_problems("github")] == [VerificationErrorCode.MISSING_SECRET]
    assert [problem.code for problem in find_problems("none", TEXT)] == [
        VerificationErrorCode.TOO_MANY_SECRETS
    ]
    assert load_keys(SCHEMES["none"], []) == ()


def test_a_key_has_its_dates_and_a_stable_unique_id():
    later = NOW + timedelta(days=1)
    first, second = load_keys(
        SCHEMES["github"], [SecretSpec(TEXT, not_before=NOW, expires_at=later), SecretSpec(OTHER)]
    )

    assert (first.not_before, first.expires_at, second.expires_at) == (NOW, later, None)
    assert first.id == load_sender_keys("github", TEXT)[0].id != second.id


@pytest.mark.parametrize("name", SENDERS)
def test_the_repr_of_a_key_or_secret_does_not_show_it(name):
    secret = SENDERS[name].secret
    (key,) = load_sender_keys(name)

    text = repr(key) + str(key) + repr(SecretSpec(secret))

    assert key.id in text
    assert secret not in text
    assert secret.partition("_")[2] not in text or "_" not in secret


@pytest.mark.parametrize("secret", [PUBLIC_PEM.strip(), public_der(P256)])
def test_a_public_key_is_accepted_with_or_without_its_pem_lines(secret):
    sender = SENDERS["sendgrid"]

    assert verify(SCHEMES["sendgrid"], load_sender_keys("sendgrid", secret), sender.request(), now=NOW).key_id


def test_a_standard_webhooks_secret_is_accepted_without_its_prefix():
    sender = SENDERS["standard"]
    bare = sender.secret.removeprefix("whsec_")

    assert verify(SCHEMES["standard"], load_sender_keys("standard", bare), sender.request(), now=NOW).key_id


def test_a_stripe_secret_includes_its_prefix():
    (key,) = load_sender_keys("stripe", "whsec_" + TEXT)

    assert key.secret == f"whsec_{TEXT}".encode()


@pytest.mark.parametrize("name", ["api-key", "basic", "bearer"])
def test_a_token_can_be_configured_as_its_digest(name):
    sender = SENDERS[name]
    digest = "sha256:" + sha256(sender.secret.encode()).hexdigest()

    assert verify(SCHEMES[name], load_sender_keys(name, digest), sender.request(), now=NOW).key_id


def test_a_digest_is_not_accepted_as_the_token():
    digest = "sha256:" + sha256(TEXT.encode()).hexdigest()

    with pytest.raises(Exception, match="mismatch"):
        verify(SCHEMES["api-key"], load_sender_keys("api-key"), post({"x-api-key": digest}), now=NOW)
