"""The chart's values: each is described, none is unknown, and what cannot work is refused with the remedy."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import fields
from typing import Any

import jsonschema
import pytest
import yaml
from helm_python import HelmError

from relay.core.version import VERSION
from relay.settings import Settings
from relay.settings_types import variable_name
from tests.chart.printed import leaves, readme, schema, values_yaml
from tests.chart.rendering import CHART, objects, texts, values_of

SCHEMA = schema()


def groups(properties: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, item in properties.items():
        if "properties" in item:
            yield from groups(item["properties"], (*path, name))


def laid_over(values: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Values in which one thing, named by its path, is another."""
    made = deepcopy(values)
    place = made
    *way, last = path.split(".")
    for name in way:
        place = place.setdefault(name, {})
    place[last] = value
    return made


def refusal(values: dict[str, Any]) -> str:
    with pytest.raises(HelmError) as told:
        objects(values)
    return str(told.value)


def test_the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("path", "item"),
    list(leaves(SCHEMA["properties"])),
    ids=lambda told: told if isinstance(told, str) else "",
)
def test_a_value_says_what_it_is_and_what_it_is_unless_told(path: str, item: dict[str, Any]):
    assert "default" in item, path
    assert item["description"][0].isupper(), path
    assert item["description"].endswith("."), path
    jsonschema.Draft7Validator(item | {"definitions": SCHEMA["definitions"]}).validate(item["default"])


@pytest.mark.parametrize("path", list(groups(SCHEMA["properties"])), ids=".".join)
def test_a_value_that_is_not_there_is_refused(path: tuple[str, ...]):
    told = refusal(laid_over(values_of("minimal"), ".".join((*path, "surplus")), "x"))

    assert "surplus" in told
    assert "not allowed" in told


def test_the_printed_values_are_those_of_the_schema():
    assert (CHART / "values.yaml").read_text("utf-8") == values_yaml(SCHEMA), "run: make chart"


def test_the_readme_tells_every_value():
    page = (CHART / "README.md").read_text("utf-8")

    assert page == readme(SCHEMA, page), "run: make chart"


def test_helm_reads_the_defaults_that_the_schema_names():
    read = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    for path, item in leaves(SCHEMA["properties"]):
        found = read
        for name in path.split("."):
            found = found[name]
        assert found == item["default"], path


def test_the_chart_has_the_version_of_the_relay():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))

    assert (chart["version"], chart["appVersion"]) == (VERSION, VERSION)


@pytest.mark.parametrize(
    ("path", "value", "remedy"),
    [
        ("secrets.existingSecret", "", "secrets.existingSecret is missing: create a Secret"),
        ("config", {}, "config is missing: add your destinations"),
        ("existingConfigMap", "mine", "config and existingConfigMap are both set: keep one"),
        (
            "settings",
            {"RELAY_ADMIN_KEY": "x"},
            "settings.RELAY_ADMIN_KEY is secret: add it to the Secret",
        ),
        ("settings", {"RELAY_WORKER_PORT": "1"}, "settings.RELAY_WORKER_PORT is set by the chart"),
        ("settings", {"DEBUG": "1"}, "DEBUG"),
        ("settings", {"RELAY_LOG_LEVEL": 1}, "want string"),
        (
            "settings",
            {"RELAY_CALL_TIMEOUT_SECONDS": "50"},
            "terminationGracePeriodSeconds must be at least 65",
        ),
        ("web.preStopSeconds", 31, "web.terminationGracePeriodSeconds must be at least 61"),
        ("web.autoscaling", {"enabled": True, "minReplicas": 9, "maxReplicas": 2}, "minReplicas is above"),
        ("worker.keda", {"enabled": True, "minReplicas": 9, "maxReplicas": 2}, "minReplicas is above"),
        ("endpoints.ingress", {"enabled": True}, "endpoints.ingress.host is missing"),
        (
            "endpoints.httpRoute",
            {"enabled": True, "host": "a.example"},
            "endpoints.httpRoute needs host and parentRefs",
        ),
        (
            "endpoints",
            {"ingress": {"enabled": True, "host": "a.example"}, "httpRoute": {"enabled": True}},
            "endpoints.ingress and endpoints.httpRoute are both enabled",
        ),
        ("image.digest", "sha256:short", "image/digest"),
        ("egressProxy.url", "proxy.example", "egressProxy/url"),
    ],
)
def test_what_cannot_work_is_refused(path: str, value: object, remedy: str):
    assert remedy in refusal(laid_over(values_of("minimal"), path, value))


def test_endpoints_and_operations_at_one_host_are_refused():
    values = laid_over(values_of("minimal"), "endpoints.ingress", {"enabled": True, "host": "a.example"})
    values = laid_over(values, "operations.ingress", {"enabled": True, "host": "a.example"})

    assert "endpoints and operations both use host a.example" in refusal(values)


@pytest.mark.parametrize(
    "item", [item for item in fields(Settings) if item.metadata["secret"]], ids=variable_name
)
def test_a_secret_setting_is_refused_where_everybody_could_read_it(item: Any):
    told = refusal(laid_over(values_of("minimal"), "settings", {variable_name(item): "x" * 40}))

    assert "is secret: add it to the Secret" in told


def test_every_setting_that_the_chart_makes_is_one():
    made = {
        told["name"].removesuffix("_FILE")
        for name in ("minimal", "production", "sandbox", "everything")
        for each in objects(values_of(name))
        if each["kind"] == "Deployment"
        for container in each["spec"]["template"]["spec"]["containers"]
        for told in container.get("env", [])
        if told["name"].startswith("RELAY_")
    }

    assert made <= {variable_name(item) for item in fields(Settings)}


def test_the_notes_tell_how_to_get_to_the_pages():
    notes = [text for name, text in texts(values_of("minimal")).items() if name.endswith("NOTES.txt")]

    assert "kubectl -n events port-forward service/relay-operations 8081:80" in "".join(notes)


def test_the_notes_say_when_nothing_holds_the_network():
    notes = json.dumps(texts(values_of("minimal") | {"networkPolicy": {"enabled": False}}))

    assert "Network policies are disabled" in notes
