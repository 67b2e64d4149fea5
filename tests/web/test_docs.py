"""`/docs`: the API's description for people tells all that programs read, without a key, and loads nothing from elsewhere."""

import re
import subprocess
from html import unescape

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.core.config import Config
from relay.dashboard import api_reference as reference
from relay.settings import Settings
from relay.web.openapi.document import build_document, list_operations

PLACES = ["/docs", "/docs/schemas", *(f"/docs/{group.slug}" for group in reference.list_groups())]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Every page, as somebody without a key gets it from a relay whose store is away."""
    client = create_app(Settings(), Config({}, {}), Redis(port=1)).test_client()
    found = {place: client.get(place) for place in PLACES}
    assert {place: page.status_code for place, page in found.items()} == dict.fromkeys(PLACES, 200)
    return {place: page.text for place, page in found.items()}


def test_every_operation_is_told_once_on_the_page_of_its_group(pages: dict[str, str]):
    told = [name for page in pages.values() for name in re.findall(r'<section[^>]* id="(\w+)"', page)]
    schemas = set(build_document()["components"]["schemas"])

    assert sorted(told) == sorted([*(each.name for each in list_operations()), *schemas])


def test_every_code_of_an_error_is_told(pages: dict[str, str]):
    codes = {code for each in list_operations() for code in each.errors}

    assert {code for code in codes if f"<code>{code}</code>" not in "".join(pages.values())} == set()


def test_every_link_leads_to_a_page_and_a_place_on_it(pages: dict[str, str]):
    lost = []
    for here, page in pages.items():
        for link in re.findall(r'href="((?:/docs[^"]*)?(?:#[^"]*)?)"', page):
            place, _, anchor = link.partition("#")
            target = pages.get(place or here)
            if target is None or (anchor and f'id="{anchor}"' not in target):
                lost.append((here, link))

    assert lost == []


def test_nothing_is_loaded_from_elsewhere_and_nothing_stands_inline(pages: dict[str, str]):
    for page in pages.values():
        loaded = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]*)"', page)
        assert loaded
        assert [one for one in loaded if not one.startswith("/ops/static/")] == []
        assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page) == []


def test_every_call_to_copy_is_good_shell():
    wrong = []
    for group in reference.list_groups():
        for each in group.operations:
            done = subprocess.run(
                ["sh", "-n"], input=unescape(each.command), capture_output=True, text=True, check=False
            )
            wrong += [(each.path, done.stderr)] if done.returncode else []

    assert wrong == []


def test_a_group_that_is_not_there_is_404(redis: Redis):
    client: FlaskClient = create_app(Settings(), Config({}, {}), redis).test_client()

    assert client.get("/docs/nothing").status_code == 404
