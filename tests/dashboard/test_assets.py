"""The files that the pages load: small, kept by browsers for good, and all our own."""

import gzip
import re

import pytest
from flask.testing import FlaskClient

from relay.dashboard.assets import ASSETS, Asset

MOST_BYTES = 60 * 1024
"""What a page may weigh as it is sent, with everything that it loads."""


def address(asset: Asset) -> str:
    return f"/ops/static/{asset.digest}/{asset.name}"


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_a_file_comes_pressed_to_whoever_takes_that_and_plain_to_others(client: FlaskClient, name: str):
    asset = ASSETS[name]
    plain = client.get(address(asset))
    pressed = client.get(address(asset), headers={"Accept-Encoding": "br, gzip"})

    assert plain.data == asset.plain == gzip.decompress(pressed.data)
    assert pressed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == "Accept-Encoding"


def test_a_file_is_kept_for_good_because_its_address_is_its_content(client: FlaskClient):
    answer = client.get(address(ASSETS["style.css"]))

    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"


@pytest.mark.parametrize(
    "path", ["/ops/static/000000000000/style.css", "/ops/static/x/../../words.py", "/ops/static/x/nothing.js"]
)
def test_nothing_else_is_served(client: FlaskClient, path: str):
    assert client.get(path).status_code == 404


def test_a_page_with_everything_it_loads_stays_small(client: FlaskClient, operator: dict[str, str]):
    page = client.get("/ops/", headers=operator)
    loaded = re.findall(r'(?:src|href)="(/ops/static/[^"]+)"', page.text)
    sizes = {path: len(client.get(path, headers={"Accept-Encoding": "gzip"}).data) for path in loaded}

    assert page.status_code == 200
    assert {path.rpartition("/")[2] for path in sizes} >= {
        "style.css",
        "ops.js",
        "htmx.min.js",
        "uplot.min.js",
    }
    assert len(gzip.compress(page.data)) + sum(sizes.values()) <= MOST_BYTES, sizes


def test_a_page_loads_nothing_of_others_and_has_no_script_or_style_within(
    client: FlaskClient, operator: dict[str, str]
):
    page = client.get("/ops/", headers=operator).text

    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
    assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|\shx-on|javascript:", page) == []


def test_the_bare_address_leads_to_the_dashboard(client: FlaskClient):
    answer = client.get("/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/ops/")
