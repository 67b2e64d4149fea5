"""What the chart makes is what the program takes: its environment, its file and its ports start web and workers."""

from pathlib import Path

import pytest

from relay.cli.main import main
from relay.config.load import read_config
from relay.core.config import Config
from relay.settings import Settings
from tests.chart.rendering import CASES, Object, case, named, of_kind

OURS = [
    pytest.param(name, each["metadata"]["name"], id=f"{name}:{each['metadata']['name']}")
    for name in CASES
    for each in of_kind(case(name), "Deployment")
    if not each["metadata"]["name"].endswith("-sandbox")
]
ADDRESS = "rediss://relay:password@store.example:6379/0"


def container(name: str, deployment: str) -> Object:
    return dict(named(case(name), "Deployment", deployment)["spec"]["template"]["spec"]["containers"][0])


def environ(told: Object, folder: Path) -> dict[str, str]:
    """What the container's process would see, its secrets as files in a folder."""
    seen = {each["name"]: each["value"] for each in told["env"]}
    for name in [name for name in seen if name.endswith("_FILE")]:
        file = folder / name
        file.write_text(
            ADDRESS if name.endswith("REDIS_URL_FILE") else f"{name}-with-forty-characters-and-more\n"
        )
        seen[name] = str(file)
    return seen


def read(name: str, settings: Settings, seen: dict[str, str]) -> Config:
    """The configuration of a release, in the environment of one of its processes."""
    text = named(case(name), "ConfigMap", "relay-config")["data"]["relay.yaml"]
    return read_config(text, environ=seen, allow_hosts=settings.allow_gong_hosts)


@pytest.mark.parametrize(("name", "deployment"), OURS)
def test_a_process_takes_its_environment_and_its_configuration(name: str, deployment: str, tmp_path: Path):
    told = container(name, deployment)
    seen = environ(told, tmp_path)

    settings = Settings.from_env(seen)

    assert settings.redis_url
    if name != "everything":  # its file comes from elsewhere
        assert read(name, settings, seen).destinations


@pytest.mark.parametrize(("name", "deployment"), OURS)
def test_a_container_runs_a_command_with_options_that_there_are(name: str, deployment: str):
    command, *options = container(name, deployment)["args"]
    known = {option for each in main.commands[command].params for option in each.opts}

    assert {option for option in options if option.startswith("--")} <= known


@pytest.mark.parametrize(("name", "deployment"), OURS)
def test_a_container_opens_the_ports_that_its_process_is_told(name: str, deployment: str, tmp_path: Path):
    told = container(name, deployment)
    seen = environ(told, tmp_path)
    settings = Settings.from_env(seen)
    opened = {port["name"]: port["containerPort"] for port in told["ports"]}

    if "http" in opened:
        assert opened == {"http": int(seen["PORT"]), "operations": settings.operations_port}
    else:
        assert opened == {"metrics": settings.worker_port}


def test_workers_are_given_the_stores_that_the_configuration_names(tmp_path: Path):
    seen = environ(container("stores", "relay-worker-eu"), tmp_path)

    config = read("stores", Settings.from_env(seen), seen)

    assert container("stores", "relay-worker-eu")["args"] == ["worker", "--store", "eu"]
    assert set(config.stores) == {"eu"}


def test_who_scales_the_workers_asks_by_the_key_of_a_viewer(tmp_path: Path):
    found = case("production")
    seen = environ(container("production", "relay-web"), tmp_path)
    config = read("production", Settings.from_env(seen), seen)
    [wanted] = named(found, "TriggerAuthentication", "relay-scale")["spec"]["secretTargetRef"]

    assert f"{wanted['key']}_FILE" in seen
    assert config.operators["keda"].role == "viewer"
