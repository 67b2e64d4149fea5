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
    """Render each template. Raises HelmError if the chart rejects the values."""
    release = {"name": "relay", "namespace": "events", "kube_version": f"v{kubernetes}.0"}
    # `Chart.render` does not pass the version of Kubernetes on, and changes the chart: so load it each time.
    with Chart.load(CHART) as chart:
        rendered = _native.call_string("helm_render", chart._raw(), json.dumps(values), json.dumps(release))
    return dict(json.loads(rendered))


def objects(values: Values, kubernetes: str = NEWEST) -> list[Object]:
    """Every object of the release, including helm tests."""
    rendered = texts(values, kubernetes)
    pages = [text for name, text in sorted(rendered.items()) if not name.endswith("NOTES.txt")]
    return [item for text in pages for item in yaml.load_all(text, Loader=yaml.CSafeLoader) if item]


@cache
def _rendered(case: str, kubernetes: str) -> str:
    return json.dumps(objects(values_of(case), kubernetes))


def case(name: str, kubernetes: str = NEWEST) -> list[Object]:
    """The objects of one of the chart's own value files."""
    return list(json.loads(_rendered(name, kubernetes)))


def of_kind(release: list[Object], *kinds: str) -> list[Object]:
    return [item for item in release if item["kind"] in kinds]


def named(release: list[Object], kind: str, name: str) -> Object:
    [match] = [item for item in of_kind(release, kind) if item["metadata"]["name"] == name]
    return match


def workloads(release: list[Object]) -> list[Object]:
    return of_kind(release, "Deployment", "StatefulSet")


def pods(release: list[Object]) -> list[tuple[str, Mapping[str, str], Object]]:
    """Every pod of the release: its owner, its labels, its spec."""
    templated = [
        (f"{item['kind']}/{item['metadata']['name']}", item["spec"]["template"])
        for item in workloads(release)
    ]
    bare = [(f"Pod/{item['metadata']['name']}", item) for item in of_kind(release, "Pod")]
    return [(name, pod["metadata"]["labels"], pod["spec"]) for name, pod in templated + bare]


def containers(release: list[Object]) -> list[tuple[str, Object]]:
    return [
        (f"{name}/{container['name']}", container)
        for name, _, spec in pods(release)
        for container in [*spec.get("initContainers", []), *spec["containers"]]
    ]


def name_of(item: Object) -> str:
    return f"{item['kind']}/{item['metadata']['name']}"
