"""The key verify of a source: its secrets, and the path of each problem."""

import textwrap
from datetime import UTC, datetime

import pytest

from tests.config.hook_world import DIGEST, RULE, SECRET, hook, verify, wrong
from tests.core.verification.senders import P256, RAW, b64, public_der


def test_scheme_none_must_be_explicit():
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
def test_secrets_come_from_the_environment_and_public_values_may_be_in_the_file(entry: str):
    assert len(hook(verify(entry)).keys) == 1


@pytest.mark.parametrize("scheme", ["github", "bearer", "standard", "mailgun"])
def test_a_plaintext_secret_is_rejected_without_repeating_it(scheme: str):
    problems = wrong(verify(f"scheme: {scheme}, secrets: [{SECRET}]"))

    assert set(problems) == {"verify.secrets[0]"}
    assert "write ${NAME}" in problems["verify.secrets[0]"]
    assert SECRET not in problems["verify.secrets[0]"]


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
    ("secrets", "path", "message"),
    [
        ("[]", "verify.secrets", "is missing"),
        ("${SECRET}", "verify.secrets", "must be a list"),
        ("[5]", "verify.secrets[0]", "must be text"),
        ("[${SHORT}]", "verify.secrets[0]", "has 5 bytes"),
        ("[${NOT_THERE}]", "verify.secrets[0]", "has neither NOT_THERE"),
        ("['${NEXT}', {secret: '${NOT_THERE}'}]", "verify.secrets[1].secret", "has neither NOT_THERE"),
        ("['${NEXT}', '${NEXT}']", "verify.secrets[1]", "repeats an earlier secret"),
        ("[{secrt: '${SECRET}', secret: '${NEXT}'}]", "verify.secrets[0].secrt", "mean secret?"),
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
def test_an_unusable_secret_is_the_only_problem_and_has_its_path(secrets, path, message):
    problems = wrong(verify(f"scheme: github, secrets: {secrets}"))

    assert set(problems) == {path}
    assert message in problems[path]


def test_every_invalid_secret_keeps_its_own_path():
    problems = wrong(verify("scheme: github, secrets: [in-plain, '${SHORT}', 5]"))

    assert set(problems) == {"verify.secrets[0]", "verify.secrets[1]", "verify.secrets[2]"}
    assert "has 5 bytes" in problems["verify.secrets[1]"]
