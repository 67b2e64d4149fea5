"""How a source's sender proves itself: which secrets are read, from where, and how each mistake in them is told."""

import textwrap
from datetime import UTC, datetime

import pytest

from tests.config.hook_world import DIGEST, RULE, SECRET, hook, verify, wrong
from tests.core.verification.senders import P256, RAW, b64, public_der


def test_none_is_taken_only_where_it_is_spelled_out():
    assert hook(verify("scheme: none")).scheme.name == "none"
    assert set(wrong(f"rules: [{RULE}]")) == {"verify.scheme"}
    assert set(wrong(verify(""))) == {"verify.scheme"}


@pytest.mark.parametrize(
    "entry",
    [
        "scheme: github, secrets: [${SECRET}]",
        "scheme: basic, secrets: ['${USER}']",
        f"scheme: bearer, secrets: ['{DIGEST}']",
        f"scheme: sendgrid, secrets: ['{public_der(P256)}']",
        f"scheme: standard-v1a, secrets: ['whpk_{b64(RAW)}']",
    ],
)
def test_a_secret_comes_from_the_environment_and_what_is_no_secret_may_stand_in_the_file(entry: str):
    assert len(hook(verify(entry)).keys) == 1


@pytest.mark.parametrize("scheme", ["github", "bearer", "standard", "mailgun"])
def test_a_secret_in_plain_is_refused_with_the_remedy_and_not_repeated(scheme: str):
    told = wrong(verify(f"scheme: {scheme}, secrets: [{SECRET}]"))

    assert set(told) == {"verify.secrets[0]"}
    assert "write ${NAME}" in told["verify.secrets[0]"]
    assert SECRET not in told["verify.secrets[0]"]


def test_secrets_count_between_their_dates():
    entry = """
    verify:
      scheme: github
      secrets:
        - ${NEXT}
        - {secret: "${SECRET}", not_before: 2026-11-20T00:00:00Z, expires_at: 2026-12-01 09:30:00}
    """
    _, old = hook(textwrap.dedent(entry) + f"rules: [{RULE}]").keys

    assert old.not_before == datetime(2026, 11, 20, tzinfo=UTC)
    assert old.expires_at == datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("secrets", "path", "said"),
    [
        ("[]", "verify.secrets", "is missing"),
        ("${SECRET}", "verify.secrets", "must be a list"),
        ("[5]", "verify.secrets[0]", "must be text"),
        ("[${SHORT}]", "verify.secrets[0]", "has 5 bytes"),
        ("[${NOT_THERE}]", "verify.secrets[0]", "has neither NOT_THERE"),
        ("['${NEXT}', {secret: '${NOT_THERE}'}]", "verify.secrets[1].secret", "has neither NOT_THERE"),
        ("['${NEXT}', '${NEXT}']", "verify.secrets[1]", "repeats an earlier secret"),
        ("[{secrt: '${SECRET}', secret: '${NEXT}'}]", "verify.secrets[0].secrt", "mean 'secret'"),
        ("[{secret: plain-in-the-file}]", "verify.secrets[0].secret", "in plain"),
        (
            "[{secret: '${NEXT}', expires_at: soon}]",
            "verify.secrets[0].expires_at",
            "must be a date and time",
        ),
        (
            "[{secret: '${NEXT}', not_before: 2026-11-20}]",
            "verify.secrets[0].not_before",
            "must be a date and",
        ),
    ],
)
def test_a_secret_that_cannot_be_used_is_told_by_its_place_and_nothing_else_is(secrets, path, said):
    told = wrong(verify(f"scheme: github, secrets: {secrets}"))

    assert set(told) == {path}
    assert said in told[path]


def test_every_wrong_secret_keeps_its_own_place():
    told = wrong(verify("scheme: github, secrets: [in-plain, '${SHORT}', 5]"))

    assert set(told) == {"verify.secrets[0]", "verify.secrets[1]", "verify.secrets[2]"}
    assert "has 5 bytes" in told["verify.secrets[1]"]
