"""Helm takes the chart, and Kubernetes takes what it makes, in every version that the chart names."""

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


def of_kubernetes(found: dict) -> bool:
    group = found["apiVersion"].partition("/")[0]
    return "." not in group or (group.endswith(".k8s.io") and not group.startswith("gateway."))


@pytest.mark.parametrize("name", CASES)
def test_helm_finds_nothing_to_say_against_the_chart(name: str):
    report = lint(CHART, values_of(name), strict=True)

    assert [told for told in report["messages"] if told["severity"] > 1] == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", CASES)
def test_kubernetes_knows_every_field(name: str, version: str):
    for found in filter(of_kubernetes, case(name, version)):
        kubernetes_validate.validate(found, version, strict=True)


@pytest.mark.parametrize("name", CASES)
def test_objects_of_other_makers_are_as_those_have_them(name: str):
    for found in case(name):
        if not of_kubernetes(found):
            jsonschema.validate(found, SCHEMAS[found["kind"].lower()])


def test_objects_of_every_other_maker_are_among_what_is_tested():
    kinds = {found["kind"].lower() for name in CASES for found in case(name) if not of_kubernetes(found)}

    assert kinds == set(SCHEMAS)


@pytest.mark.parametrize("name", CASES)
def test_no_object_is_made_twice(name: str):
    names = [name_of(found) for found in case(name)]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", CASES)
def test_what_is_made_is_what_was_agreed_to(name: str):
    kept = FOLDER / f"{name}.yaml"

    assert kept.read_text("utf-8") == text_of(name), "look at the change, then: make golden"


def test_nothing_is_agreed_to_that_has_no_values():
    assert sorted(path.stem for path in FOLDER.glob("*")) == sorted(CASES)


def test_pods_wait_before_they_end_in_every_version():
    """A version without the sleep of its own is given Python's."""
    ways = {
        version: next(iter(found["spec"]["template"]["spec"]["containers"][0]["lifecycle"]["preStop"]))
        for version in ("1.29", "1.30", NEWEST)
        for found in case("minimal", version)
        if name_of(found) == "Deployment/relay-web"
    }

    assert ways == {"1.29": "exec", "1.30": "sleep", NEWEST: "sleep"}
