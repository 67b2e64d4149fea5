"""`/docs`: the pages show the whole OpenAPI document without a key, and load nothing from other hosts."""

import re
import subprocess
from html import unescape

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.app import create_app
from relay.core.config import Config
from relay.dashboard import api_reference
from relay.settings import Settings
from tests.api_document import DOCUMENT, ENDPOINTS, application

with application().app_context():
    GROUPS = api_reference.list_groups()

PATHS = ["/docs", "/docs/schemas", *(f"/docs/{group.slug}" for group in GROUPS)]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Every page, without a key and with an unreachable store."""
    client = application().test_client()
    responses = {path: client.get(path) for path in PATHS}
    assert {path: page.status_code for path, page in responses.items()} == dict.fromkeys(PATHS, 200)
    return {path: page.text for path, page in responses.items()}


def test_every_operation_and_schema_has_one_section(pages: dict[str, str]):
    sections = [name for page in pages.values() for name in re.findall(r'<section[^>]* id="(\w+)"', page)]
    schemas = DOCUMENT["components"]["schemas"]

    assert sorted(sections) == sorted([*(endpoint.operation.id for endpoint in ENDPOINTS), *schemas])


def test_every_error_code_is_shown(pages: dict[str, str]):
    codes = {code for endpoint in ENDPOINTS for code in endpoint.operation.errors}
    text = "".join(pages.values())

    assert {code for code in codes if f"<code>{code}</code>" not in text} == set()


def test_every_link_has_a_target(pages: dict[str, str]):
    broken = []
    for path, page in pages.items():
        for link in re.findall(r'href="((?:/docs[^"]*)?(?:#[^"]*)?)"', page):
            target, _, anchor = link.partition("#")
            text = pages.get(target or path)
            if text is None or (anchor and f'id="{anchor}"' not in text):
                broken.append((path, link))

    assert broken == []


def test_pages_load_only_our_files_and_have_no_inline_code(pages: dict[str, str]):
    for page in pages.values():
        urls = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]*)"', page)
        assert urls
        assert [url for url in urls if not url.startswith("/ops/static/")] == []
        assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page) == []


def test_every_example_call_is_valid_shell():
    errors = []
    for group in GROUPS:
        for operation in group.operations:
            result = subprocess.run(
                ["sh", "-n"], input=unescape(operation.command), capture_output=True, text=True, check=False
            )
            if result.returncode:
                errors.append((operation.path, result.stderr))

    assert errors == []


def test_an_unknown_group_is_404(redis: Redis):
    client: FlaskClient = create_app(Settings(), Config(destinations={}, sources={}), redis).test_client()

    assert client.get("/docs/nothing").status_code == 404
