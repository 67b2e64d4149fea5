"""The chart's environment, configuration file and ports are what web and workers expect."""

from pathlib import Path

import pytest

from relay.cli.main import main
from relay.config.load import read_config
from relay.core.config import Config
from relay.core.secret import Process
from relay.settings import Settings
from tests.chart.rendering import CASES, Object, case, named, of_kind

OURS = [
    pytest.param(name, item["metadata"]["name"], id=f"{name}:{item['metadata']['name']}")
    for name in CASES
    for item in of_kind(case(name), "Deployment")
    if not item["metadata"]["name"].endswith("-sandbox")
]
ADDRESS = "rediss://relay:password@store.example:6379/0"


def container_of(name: str, deployment: str) -> Object:
    return dict(named(case(name), "Deployment", deployment)["spec"]["template"]["spec"]["containers"][0])


def environ(container: Object, folder: Path) -> dict[str, str]:
    """The environment of the container's process, with its secrets as files in a folder."""
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    for name in [name for name in variables if name.endswith("_FILE")]:
        file = folder / name
        file.write_text(
            ADDRESS if name.endswith("REDIS_URL_FILE") else f"{name}-with-forty-characters-and-more\n"
        )
        variables[name] = str(file)
    return variables


def process_of(deployment: str) -> Process:
    return Process.WEB if deployment.endswith("-web") else Process.WORKER


def read(name: str, deployment: str, variables: dict[str, str]) -> Config:
    """The configuration of a release, read with the environment of one of its processes."""
    process = process_of(deployment)
    settings = Settings.from_env(variables, process)
    text = named(case(name), "ConfigMap", "relay-config")["data"]["relay.yaml"]
    return read_config(text, environ=variables, allow_hosts=settings.allow_gong_hosts, process=process)


@pytest.mark.parametrize(("name", "deployment"), OURS)
def test_a_process_accepts_its_environment_and_configuration(name: str, deployment: str, tmp_path: Path):
    spec = container_of(name, deployment)
    variables = environ(spec, tmp_path)

    settings = Settings.from_env(variables, process_of(deployment))

    assert settings.redis_url
    if name != "everything":  # this release uses an existing ConfigMap
        assert read(name, deployment, variables).destinations


@pytest.mark.parametrize(("name", "deployment"), OURS)
def test_a_container_runs_an_existing_command_with_existing_options(name: str, deployment: str):
    command, *options = container_of(name, deployment)["args"]
    options_of_command = {option for param in main.commands[command].params for option in param.opts}

    assert {option for option in options if option.startswith("--")} <= options_of_command


@pytest.mark.parametrize(("name", "deployment"), OURS)
def test_a_container_exposes_the_ports_of_its_process(name: str, deployment: str, tmp_path: Path):
    spec = container_of(name, deployment)
    variables = environ(spec, tmp_path)
    settings = Settings.from_env(variables, process_of(deployment))
    opened = {port["name"]: port["containerPort"] for port in spec["ports"]}

    if "http" in opened:
        assert opened == {"http": int(variables["PORT"]), "operations": settings.operations_port}
    else:
        assert opened == {"metrics": settings.worker_port}


def test_workers_serve_the_stores_of_the_configuration(tmp_path: Path):
    variables = environ(container_of("stores", "relay-worker-eu"), tmp_path)

    config = read("stores", "relay-worker-eu", variables)

    assert container_of("stores", "relay-worker-eu")["args"] == ["worker", "--store", "eu"]
    assert set(config.stores) == {"eu"}


def test_the_workers_scaler_uses_a_viewers_key(tmp_path: Path):
    release = case("production")
    variables = environ(container_of("production", "relay-web"), tmp_path)
    config = read("production", "relay-web", variables)
    [wanted] = named(release, "TriggerAuthentication", "relay-scale")["spec"]["secretTargetRef"]

    assert f"{wanted['key']}_FILE" in variables
    assert config.operators["keda"].role == "viewer"
