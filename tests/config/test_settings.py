"""Settings: parsed once, with every problem reported at once and no secret displayed."""

from dataclasses import fields
from pathlib import Path

import pytest

from relay.settings import Settings, SettingsError
from relay.settings_types import display_value, variable_name

SECRET = "a-secret-of-more-than-thirty-two-characters"
NAMES = {item.name: item for item in fields(Settings)}


def wrong(**environ: str) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environ)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_an_empty_environment_yields_the_defaults():
    settings = Settings.from_env({})

    assert settings == Settings()
    assert settings.lease_seconds >= 1.5 * settings.call_timeout_seconds


@pytest.mark.parametrize("item", fields(Settings), ids=lambda item: item.name)
def test_every_setting_has_a_description(item):
    assert item.metadata["doc"].endswith(".")


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        (name, word)
        for name in NAMES
        for word in ("hours", "seconds", "percent", "bytes")
        if name.endswith(word)
    ],
)
def test_every_description_of_a_measure_names_its_unit(name, unit):
    assert unit in NAMES[name].metadata["doc"].lower()


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("RELAY_WORKER_THREADS", "64", 64),
        ("RELAY_CALL_TIMEOUT_SECONDS", "7.5", 7.5),
        ("RELAY_TRUST_ENV", "Yes", True),
        ("RELAY_LOG_LEVEL", "DEBUG", "debug"),
        ("RELAY_ALLOW_GONG_HOSTS", " 127.0.0.1:8090, Mock ", frozenset({"127.0.0.1:8090", "mock"})),
        ("RELAY_PUBLIC_URL", "https://relay.example.com/", "https://relay.example.com"),
        ("RELAY_SECRET_KEYS", f"{SECRET}2, {SECRET}1", (f"{SECRET}2", f"{SECRET}1")),
        ("RELAY_MAX_ITEMS", "", 500),
    ],
)
def test_a_variable_is_parsed_to_its_type(name, raw, value):
    assert getattr(Settings.from_env({name: raw}), name.removeprefix("RELAY_").lower()) == value


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("RELAY_WORKER_THREADS", "0"),
        ("RELAY_WORKER_THREADS", "many"),
        ("RELAY_WORKER_THREADS", "٣"),
        ("RELAY_CALL_TIMEOUT_SECONDS", "-1"),
        ("RELAY_CALL_TIMEOUT_SECONDS", "inf"),
        ("RELAY_TRUST_ENV", "perhaps"),
        ("RELAY_LOG_LEVEL", "loud"),
        ("RELAY_ALLOW_GONG_HOSTS", "http://mock"),
        ("RELAY_PUBLIC_URL", "relay.example.com"),
        ("RELAY_PUBLIC_URL", "http://[relay"),
        ("RELAY_REDIS_URL", "localhost:6379"),
        ("RELAY_HIGH_WATER_PERCENT", "101"),
        ("RELAY_ADMIN_KEY", "short"),
        ("RELAY_ADMIN_KEY", "   "),
        ("RELAY_SECRET_KEYS", f"{SECRET},short"),
    ],
)
def test_an_invalid_value_is_rejected(name, raw):
    assert list(wrong(**{name: raw})) == [name]


def test_all_problems_are_reported_at_once():
    problems = wrong(RELAY_MAX_ITEMS="x", RELAY_LOG_LEVEL="x", RELAY_NONSENSE="x")

    assert set(problems) == {"RELAY_MAX_ITEMS", "RELAY_LOG_LEVEL", "RELAY_NONSENSE"}


def test_an_unknown_variable_is_rejected_with_a_suggestion():
    assert "RELAY_WORKER_THREADS" in wrong(RELAY_WORKER_TREADS="3")["RELAY_WORKER_TREADS"]


@pytest.mark.parametrize(
    "name",
    ["RELAY_PORT", "RELAY_WEB_SERVICE_HOST", "RELAY_SERVICE_PORT_HTTP", "RELAY_PORT_8080_TCP_ADDR", "HOME"],
)
def test_variables_that_kubernetes_sets_for_a_service_are_ignored(name):
    assert Settings.from_env({name: "tcp://10.0.0.1:8080"}) == Settings()


def test_a_service_named_like_the_operations_port_does_not_set_it():
    assert Settings.from_env({"RELAY_OPERATIONS_PORT": "tcp://10.0.0.1:8080"}).operations_port == 0


def test_a_port_above_65535_is_rejected():
    with pytest.raises(SettingsError, match="RELAY_OPERATIONS_PORT: must be a whole number from 0 to 65535"):
        Settings.from_env({"RELAY_OPERATIONS_PORT": "70000"})


def test_a_lease_must_outlast_a_call_to_gong():
    assert "RELAY_LEASE_SECONDS" in wrong(RELAY_LEASE_SECONDS="29", RELAY_CALL_TIMEOUT_SECONDS="20")


def test_the_connect_timeout_may_not_exceed_the_call_timeout():
    problems = wrong(
        RELAY_CONNECT_TIMEOUT_SECONDS="6", RELAY_CALL_TIMEOUT_SECONDS="5", RELAY_LEASE_SECONDS="9"
    )

    assert list(problems) == ["RELAY_CONNECT_TIMEOUT_SECONDS"]


def test_a_secret_can_come_from_a_file(tmp_path: Path):
    file = tmp_path / "admin-key"
    file.write_text(f"{SECRET}\n")

    assert Settings.from_env({"RELAY_ADMIN_KEY_FILE": str(file)}).admin_key == SECRET


def test_a_secret_set_both_ways_is_rejected(tmp_path: Path):
    assert "both" in wrong(RELAY_ADMIN_KEY=SECRET, RELAY_ADMIN_KEY_FILE=str(tmp_path))["RELAY_ADMIN_KEY"]


def test_a_missing_secret_file_is_rejected(tmp_path: Path):
    problems = wrong(RELAY_ADMIN_KEY_FILE=str(tmp_path / "missing"))

    assert "No such file" in problems["RELAY_ADMIN_KEY"]


def test_only_secrets_are_read_from_files(tmp_path: Path):
    assert list(wrong(RELAY_LOG_LEVEL_FILE=str(tmp_path))) == ["RELAY_LOG_LEVEL_FILE"]


def test_neither_repr_nor_display_contains_a_secret():
    environ = {
        "RELAY_ADMIN_KEY": SECRET,
        "RELAY_SECRET_KEYS": SECRET,
        "RELAY_REDIS_URL": f"redis://me:{SECRET}@redis:6379/0",
    }
    settings = Settings.from_env(environ)
    displayed = {
        variable_name(item): display_value(item, getattr(settings, item.name)) for item in fields(settings)
    }

    assert SECRET not in repr(settings)
    assert SECRET not in str(displayed)
    assert displayed["RELAY_REDIS_URL"] == "redis://me:********@redis:6379/0"


@pytest.mark.parametrize("name", ["RELAY_ADMIN_KEY", "RELAY_SECRET_KEYS", "RELAY_REDIS_URL"])
def test_error_messages_contain_no_secret(name):
    assert "hunter2" not in str(wrong(**{name: " hunter2 "}))
