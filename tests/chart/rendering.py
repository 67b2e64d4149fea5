"""The chart rendered by Helm itself: objects from values, for a version of Kubernetes."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from helm_python import Chart, _native

CHART = Path(__file__).parents[2] / "helm" / "gong-relay"
CASES = {
    path.name.removesuffix("-values.yaml"): path for path in sorted((CHART / "ci").glob("*-values.yaml"))
}
NEWEST = "1.37"

Values = dict[str, Any]
Object = dict[str, Any]


def values_of(case: str) -> Values:
    return dict(yaml.safe_load(CASES[case].read_text("utf-8")))


def texts(values: Values, kubernetes: str = NEWEST) -> dict[str, str]:
    """What each template becomes. HelmError when the values are refused."""
    release = {"name": "relay", "namespace": "events", "kube_version": f"v{kubernetes}.0"}
    # `Chart.render` does not pass the version of Kubernetes on, and changes the chart: it is loaded anew each time.
    with Chart.load(CHART) as chart:
        told = _native.call_string("helm_render", chart._raw(), json.dumps(values), json.dumps(release))
    return dict(json.loads(told))


def objects(values: Values, kubernetes: str = NEWEST) -> list[Object]:
    """Everything that would be made, helm tests included."""
    rendered = texts(values, kubernetes)
    pages = [text for name, text in sorted(rendered.items()) if not name.endswith("NOTES.txt")]
    return [found for text in pages for found in yaml.load_all(text, Loader=yaml.CSafeLoader) if found]


@cache
def _rendered(case: str, kubernetes: str) -> str:
    return json.dumps(objects(values_of(case), kubernetes))


def case(name: str, kubernetes: str = NEWEST) -> list[Object]:
    """What one of the chart's own value files makes."""
    return list(json.loads(_rendered(name, kubernetes)))


def of_kind(found: list[Object], *kinds: str) -> list[Object]:
    return [each for each in found if each["kind"] in kinds]


def named(found: list[Object], kind: str, name: str) -> Object:
    [one] = [each for each in of_kind(found, kind) if each["metadata"]["name"] == name]
    return one


def workloads(found: list[Object]) -> list[Object]:
    return of_kind(found, "Deployment", "StatefulSet")


def pods(found: list[Object]) -> list[tuple[str, Mapping[str, str], Object]]:
    """Every pod that there will be: whose it is, its labels, its specification."""
    templated = [
        (f"{each['kind']}/{each['metadata']['name']}", each["spec"]["template"]) for each in workloads(found)
    ]
    bare = [(f"Pod/{each['metadata']['name']}", each) for each in of_kind(found, "Pod")]
    return [(name, pod["metadata"]["labels"], pod["spec"]) for name, pod in templated + bare]


def containers(found: list[Object]) -> list[tuple[str, Object]]:
    return [
        (f"{name}/{container['name']}", container)
        for name, _, spec in pods(found)
        for container in [*spec.get("initContainers", []), *spec["containers"]]
    ]


def name_of(found: Object) -> str:
    return f"{found['kind']}/{found['metadata']['name']}"
