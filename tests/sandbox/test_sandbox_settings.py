"""The sandbox's settings from the environment."""

import pytest

from relay.sandbox.settings import Fidelity, SandboxSettings


def test_an_empty_environment_gives_gongs_own_limits():
    settings = SandboxSettings.from_env({"PATH": "/bin"})

    assert settings == SandboxSettings()
    assert (settings.per_second, settings.burst, settings.per_day) == (3, 3, 10_000)
    assert settings.fidelity is Fidelity.DOCUMENTED


def test_variables_are_read_by_the_names_of_the_settings():
    settings = SandboxSettings.from_env(
        {
            "SANDBOX_FIDELITY": "strict",
            "SANDBOX_PER_SECOND": "2.5",
            "SANDBOX_COUNT_REJECTED": "no",
            "SANDBOX_SEED": "7",
        }
    )

    assert settings == SandboxSettings(fidelity=Fidelity.STRICT, per_second=2.5, count_rejected=False, seed=7)


def test_everything_wrong_is_told_at_once_by_its_name():
    wrong = {"SANDBOX_FIDELTY": "strict", "SANDBOX_BURST": "none", "SANDBOX_LATENCY_SECONDS": "-1"}

    with pytest.raises(
        ValueError, match="SANDBOX_FIDELTY: no such setting; did you mean SANDBOX_FIDELITY"
    ) as raised:
        SandboxSettings.from_env(wrong)
    assert all(name in str(raised.value) for name in wrong)


def test_the_secret_is_kept_out_of_every_rendering():
    settings = SandboxSettings(access_key_secret="hush-hush")

    assert "hush-hush" not in repr(settings)
    assert "hush-hush" not in str(settings.shown())


def test_a_word_that_names_no_choice_is_refused_in_code_too():
    with pytest.raises(ValueError, match="sloppy"):
        SandboxSettings(fidelity="sloppy")  # type: ignore[arg-type]
