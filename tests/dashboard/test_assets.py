"""The static files of the pages: small, cacheable and all our own."""

import gzip
import re

import pytest
from flask.testing import FlaskClient

from relay.dashboard.assets import ASSETS, Asset

MAX_BYTES = 60 * 1024
"""The limit for a compressed page with all files that it loads."""


def url_of(asset: Asset) -> str:
    return f"/ops/static/{asset.digest}/{asset.name}"


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_a_file_is_compressed_only_if_the_browser_accepts_gzip(client: FlaskClient, name: str):
    asset = ASSETS[name]
    plain = client.get(url_of(asset))
    gzipped = client.get(url_of(asset), headers={"Accept-Encoding": "br, gzip"})

    assert plain.data == asset.plain == gzip.decompress(gzipped.data)
    assert gzipped.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == "Accept-Encoding"


def test_browsers_may_cache_a_file_permanently(client: FlaskClient):
    response = client.get(url_of(ASSETS["style.css"]))

    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"


@pytest.mark.parametrize(
    "path", ["/ops/static/000000000000/style.css", "/ops/static/x/../../words.py", "/ops/static/x/nothing.js"]
)
def test_unknown_and_outdated_urls_are_not_found(client: FlaskClient, path: str):
    assert client.get(path).status_code == 404


def test_a_page_with_its_files_stays_small(client: FlaskClient, operator: dict[str, str]):
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
    assert len(gzip.compress(page.data)) + sum(sizes.values()) <= MAX_BYTES, sizes


def test_a_page_loads_nothing_from_other_hosts_and_has_no_inline_script_or_style(
    client: FlaskClient, operator: dict[str, str]
):
    page = client.get("/ops/", headers=operator).text

    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
    assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|\shx-on|javascript:", page) == []


def test_the_root_path_redirects_to_the_dashboard(client: FlaskClient):
    response = client.get("/")

    assert (response.status_code, response.headers["Location"]) == (302, "/ops/")
