"""`python -m tests.chart.digests`: list the images of others that a release uses without a digest.

A tag can be moved to another image; a digest cannot. Exit status: 0 if every image has a digest, 1 otherwise.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from tests.chart.rehearsal import PROJECT

_DIGEST = re.compile(r"@sha256:(?!0{64})[0-9a-f]{64}$")


def dockerfile_images(text: str) -> Iterator[tuple[str, str]]:
    """Yield each image that the Dockerfile pulls, with its place. Stages and `scratch` are not pulled."""
    for reference in re.findall(r"^# syntax=(\S+)", text, re.MULTILINE):
        yield "Dockerfile, syntax", reference
    arguments = dict(re.findall(r"^ARG (\w+)=(\S+)", text, re.MULTILINE))
    stages = {"scratch", *re.findall(r"^FROM .* AS (\S+)", text, re.MULTILINE)}
    for image in re.findall(r"^FROM (\S+)", text, re.MULTILINE):
        if image not in stages:
            yield "Dockerfile", _fill_in(image, arguments)


def compose_images(text: str) -> Iterator[tuple[str, str]]:
    """Yield each image that compose pulls rather than builds, with its service."""
    for name, service in yaml.safe_load(text)["services"].items():
        if "build" not in service:
            yield f"compose.yaml, service {name}", _fill_in(service["image"], {})


def chart_images(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the chart's default image of Valkey. The relay's own image is in the registry of its operator."""
    image = values["valkey"]["image"]
    digest = f"@{image['digest']}" if image["digest"] else ""
    yield "chart, valkey.image", f"{image['repository']}:{image['tag']}{digest}"


def _fill_in(reference: str, variables: Mapping[str, str]) -> str:
    """Replace `${NAME}` and `${NAME:-default}`."""
    return re.sub(
        r"\$\{(\w+)(?::-([^}]*))?\}", lambda match: variables.get(match[1], match[2] or ""), reference
    )


def has_digest(reference: str) -> bool:
    """True if the reference ends with a digest that is not only zeros."""
    return _DIGEST.search(reference) is not None


def all_images() -> list[tuple[str, str]]:
    return [
        *dockerfile_images((PROJECT / "Dockerfile").read_text("utf-8")),
        *compose_images((PROJECT / "compose.yaml").read_text("utf-8")),
        *chart_images(yaml.safe_load((PROJECT / "helm/gong-relay/values.yaml").read_text("utf-8"))),
    ]


def main() -> int:
    unpinned = [(place, image) for place, image in all_images() if not has_digest(image)]
    for place, image in unpinned:
        print(f"{place}: {image} has no digest")  # noqa: T201 - a command of the Makefile
    if unpinned:
        images = " ".join(json.dumps(image) for image in dict.fromkeys(image for _, image in unpinned))
        print(f"Print each digest with: docker buildx imagetools inspect IMAGE, for {images}")  # noqa: T201 - as above
    return bool(unpinned)


if __name__ == "__main__":
    sys.exit(main())
