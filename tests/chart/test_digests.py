"""The check before a release reports every image of others that has no digest."""

import re

import pytest

from tests.chart.digests import all_images, chart_images, compose_images, dockerfile_images, has_digest, main
from tests.chart.rehearsal import PROJECT

DIGEST = "sha256:" + "0123456789abcdef" * 4


def test_every_image_that_a_release_pulls_is_listed():
    places = [place for place, _ in all_images()]

    assert places == [
        "Dockerfile, syntax",
        "Dockerfile",
        "compose.yaml, service valkey",
        "chart, valkey.image",
    ]


def test_the_images_of_the_project_have_a_tag_at_least():
    assert all(re.search(r":[\w.-]+(@sha256:[0-9a-f]{64})?$", image) for _, image in all_images())


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (f"docker.io/library/python:3.11@{DIGEST}", True),
        (f"python@{DIGEST}", True),
        ("docker.io/library/python:3.11", False),
        ("python@sha256:short", False),
        (f"python@sha256:{'0' * 64}", False),
        (f"python@{DIGEST}0", False),
    ],
)
def test_only_a_whole_digest_pins_an_image(image: str, expected: object):
    assert has_digest(image) is expected


def test_the_default_of_an_argument_is_what_the_dockerfile_pulls():
    text = f"ARG PYTHON_IMAGE=python:3@{DIGEST}\nFROM ${{PYTHON_IMAGE}} AS base\nFROM base AS relay\nFROM scratch AS sbom\n"

    assert list(dockerfile_images(text)) == [("Dockerfile", f"python:3@{DIGEST}")]


def test_images_that_compose_builds_are_not_pulled():
    text = "services: {web: {build: ., image: relay}, store: {image: '${STORE_IMAGE:-valkey:9}'}}"

    assert list(compose_images(text)) == [("compose.yaml, service store", "valkey:9")]


def test_the_digest_of_the_chart_belongs_to_its_image():
    values = {"valkey": {"image": {"repository": "valkey", "tag": "9", "digest": DIGEST}}}

    assert list(chart_images(values)) == [("chart, valkey.image", f"valkey:9@{DIGEST}")]


def test_the_command_fails_and_names_each_image_without_a_digest(capsys: pytest.CaptureFixture[str]):
    unpinned = [image for _, image in all_images() if not has_digest(image)]

    assert main() == bool(unpinned)
    output = capsys.readouterr().out
    assert all(f"{image} has no digest" in output for image in unpinned)


def test_the_base_image_can_be_replaced_without_editing_the_files():
    assert "\nARG PYTHON_IMAGE=" in (PROJECT / "Dockerfile").read_text("utf-8")
    compose = (PROJECT / "compose.yaml").read_text("utf-8")
    assert "PYTHON_IMAGE: ${PYTHON_IMAGE:-" in compose
    assert "${VALKEY_IMAGE:-" in compose
