"""Helm accepts the chart, and every supported version of Kubernetes accepts its objects."""

import json
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
from helm_python import lint

from tests.chart.golden import FOLDER, text_of
from tests.chart.rendering import CASES, CHART, NEWEST, case, name_of, values_of

VERSIONS = [f"1.{minor}" for minor in range(29, 38)]
SCHEMAS = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in (Path(__file__).parent / "schemas").glob("*.json")
}


def of_kubernetes(item: dict) -> bool:
    group = item["apiVersion"].partition("/")[0]
    return "." not in group or (group.endswith(".k8s.io") and not group.startswith("gateway."))


@pytest.mark.parametrize("name", CASES)
def test_helm_lint_reports_nothing(name: str):
    report = lint(CHART, values_of(name), strict=True)

    assert [message for message in report["messages"] if message["severity"] > 1] == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", CASES)
def test_kubernetes_knows_every_field(name: str, version: str):
    for item in filter(of_kubernetes, case(name, version)):
        kubernetes_validate.validate(item, version, strict=True)


@pytest.mark.parametrize("name", CASES)
def test_custom_resources_match_their_schemas(name: str):
    for item in case(name):
        if not of_kubernetes(item):
            jsonschema.validate(item, SCHEMAS[item["kind"].lower()])


def test_every_kind_of_custom_resource_is_tested():
    kinds = {item["kind"].lower() for name in CASES for item in case(name) if not of_kubernetes(item)}

    assert kinds == set(SCHEMAS)


@pytest.mark.parametrize("name", CASES)
def test_no_object_is_rendered_twice(name: str):
    names = [name_of(item) for item in case(name)]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", CASES)
def test_the_rendered_chart_matches_the_committed_files(name: str):
    golden = FOLDER / f"{name}.yaml"

    assert golden.read_text("utf-8") == text_of(name), "review the change, then run: make golden"


def test_every_committed_file_has_a_value_file():
    assert sorted(path.stem for path in FOLDER.glob("*")) == sorted(CASES)


def test_pods_wait_before_they_stop_in_every_version():
    """Kubernetes versions without a sleep action use Python's sleep."""
    actions = {
        version: next(iter(item["spec"]["template"]["spec"]["containers"][0]["lifecycle"]["preStop"]))
        for version in ("1.29", "1.30", NEWEST)
        for item in case("minimal", version)
        if name_of(item) == "Deployment/relay-web"
    }

    assert actions == {"1.29": "exec", "1.30": "sleep", NEWEST: "sleep"}
