"""The sandbox's settings from the environment."""

import pytest

from relay.sandbox.settings import Fidelity, SandboxSettings


def test_the_defaults_are_gongs_own_limits():
    settings = SandboxSettings.from_env({"PATH": "/bin"})

    assert settings == SandboxSettings()
    assert (settings.per_second, settings.burst, settings.per_day) == (3, 3, 10_000)
    assert settings.fidelity is Fidelity.DOCUMENTED


def test_settings_are_read_from_sandbox_variables():
    settings = SandboxSettings.from_env(
        {
            "SANDBOX_FIDELITY": "strict",
            "SANDBOX_PER_SECOND": "2.5",
            "SANDBOX_COUNT_REJECTED": "no",
            "SANDBOX_SEED": "7",
        }
    )

    assert settings == SandboxSettings(fidelity=Fidelity.STRICT, per_second=2.5, count_rejected=False, seed=7)


def test_all_invalid_variables_are_reported_at_once():
    environ = {"SANDBOX_FIDELTY": "strict", "SANDBOX_BURST": "none", "SANDBOX_LATENCY_SECONDS": "-1"}

    with pytest.raises(
        ValueError, match="SANDBOX_FIDELTY: unknown setting; did you mean SANDBOX_FIDELITY"
    ) as raised:
        SandboxSettings.from_env(environ)
    assert all(name in str(raised.value) for name in environ)


def test_secrets_are_in_no_representation_of_the_settings():
    settings = SandboxSettings(access_key_secret="hush-hush")

    assert "hush-hush" not in repr(settings)
    assert "hush-hush" not in str(settings.public_values())


def test_a_string_that_names_no_choice_is_rejected_in_code_too():
    with pytest.raises(ValueError, match="sloppy"):
        SandboxSettings(fidelity="sloppy")  # type: ignore[arg-type]
