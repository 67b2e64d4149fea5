"""The OpenAPI document of an application without configuration, for tests that read it."""

from functools import cache

from flask import Flask
from redis import Redis

from relay.app import create_app
from relay.core.config import Config
from relay.settings import Settings
from relay.web.openapi.document import build_document, list_endpoints


@cache
def application() -> Flask:
    """An application whose store is unreachable. Its routes do not depend on the configuration."""
    return create_app(Settings(), Config(destinations={}, sources={}), Redis(port=1))


DOCUMENT = build_document(application())
ENDPOINTS = list_endpoints(application())
