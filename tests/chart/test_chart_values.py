"""The chart's values: every value is described, and unknown or impossible values are rejected with a remedy."""

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
from tests.chart.rendering import CHART, named, objects, texts, values_of

SCHEMA = schema()


def groups(properties: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, item in properties.items():
        if "properties" in item:
            yield from groups(item["properties"], (*path, name))


def with_value(values: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy of the values with the value at `path` replaced."""
    result = deepcopy(values)
    group = result
    *parents, last = path.split(".")
    for name in parents:
        group = group.setdefault(name, {})
    group[last] = value
    return result


def refusal(values: dict[str, Any]) -> str:
    with pytest.raises(HelmError) as error:
        objects(values)
    return str(error.value)


def test_the_schema_is_valid_json_schema():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("path", "item"),
    list(leaves(SCHEMA["properties"])),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_value_has_a_description_and_a_default(path: str, item: dict[str, Any]):
    assert "default" in item, path
    assert item["description"][0].isupper(), path
    assert item["description"].endswith("."), path
    jsonschema.Draft7Validator(item | {"definitions": SCHEMA["definitions"]}).validate(item["default"])


@pytest.mark.parametrize("path", list(groups(SCHEMA["properties"])), ids=".".join)
def test_an_unknown_value_is_rejected(path: tuple[str, ...]):
    message = refusal(with_value(values_of("minimal"), ".".join((*path, "surplus")), "x"))

    assert "surplus" in message
    assert "not allowed" in message


def test_values_yaml_is_generated_from_the_schema():
    assert (CHART / "values.yaml").read_text("utf-8") == values_yaml(SCHEMA), "run: make chart"


def test_the_readme_lists_every_value():
    page = (CHART / "README.md").read_text("utf-8")

    assert page == readme(SCHEMA, page), "run: make chart"


def test_helm_reads_the_defaults_that_the_schema_names():
    defaults = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    for path, item in leaves(SCHEMA["properties"]):
        value = defaults
        for name in path.split("."):
            value = value[name]
        assert value == item["default"], path


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
def test_values_that_cannot_work_are_rejected_with_a_remedy(path: str, value: object, remedy: str):
    assert remedy in refusal(with_value(values_of("minimal"), path, value))


def test_endpoints_and_operations_on_one_host_are_rejected():
    values = with_value(values_of("minimal"), "endpoints.ingress", {"enabled": True, "host": "a.example"})
    values = with_value(values, "operations.ingress", {"enabled": True, "host": "a.example"})

    assert "endpoints and operations both use host a.example" in refusal(values)


@pytest.mark.parametrize(
    "item", [item for item in fields(Settings) if item.metadata["secret"]], ids=variable_name
)
def test_a_secret_setting_in_plain_text_is_rejected(item: Any):
    message = refusal(with_value(values_of("minimal"), "settings", {variable_name(item): "x" * 40}))

    assert "is secret: add it to the Secret" in message


def test_every_variable_that_the_chart_sets_is_a_setting():
    variables = {
        variable["name"].removesuffix("_FILE")
        for name in ("minimal", "production", "sandbox", "everything")
        for item in objects(values_of(name))
        if item["kind"] == "Deployment"
        for container in item["spec"]["template"]["spec"]["containers"]
        for variable in container.get("env", [])
        if variable["name"].startswith("RELAY_")
    }

    assert variables <= {variable_name(item) for item in fields(Settings)}


@pytest.mark.parametrize(
    ("values", "hops"),
    [
        ({}, None),
        ({"endpoints": {"ingress": {"enabled": True, "host": "hooks.example.com"}}}, "1"),
        ({"operations": {"ingress": {"enabled": True, "host": "relay.example.com"}}}, "1"),
        (
            {
                "endpoints": {
                    "httpRoute": {
                        "enabled": True,
                        "host": "hooks.example.com",
                        "parentRefs": [{"name": "public"}],
                    }
                }
            },
            "1",
        ),
        (
            {
                "endpoints": {"ingress": {"enabled": True, "host": "hooks.example.com"}},
                "settings": {"RELAY_PROXY_HOPS": "2"},
            },
            "2",
        ),
    ],
)
def test_behind_an_ingress_the_web_server_counts_clients_and_not_the_proxy(values: Any, hops: str | None):
    web = named(objects(values_of("minimal") | values), "Deployment", "relay-web")
    [container] = web["spec"]["template"]["spec"]["containers"]
    settings = [(item["name"], item.get("value")) for item in container["env"]]

    assert [value for name, value in settings if name == "RELAY_PROXY_HOPS"] == ([hops] if hops else [])


def test_the_notes_show_how_to_open_the_dashboard():
    notes = [text for name, text in texts(values_of("minimal")).items() if name.endswith("NOTES.txt")]

    assert "kubectl -n events port-forward service/relay-operations 8081:80" in "".join(notes)


def test_the_notes_warn_if_network_policies_are_disabled():
    notes = json.dumps(texts(values_of("minimal") | {"networkPolicy": {"enabled": False}}))

    assert "Network policies are disabled" in notes
