"""API documentation pages below `/docs`, rendered from the OpenAPI document. No key is needed."""

from typing import Any

from flask import Blueprint, Response, current_app

from relay.core.errors import NotFound
from relay.dashboard import api_reference
from relay.dashboard.blueprint import find_principal, page_blueprint
from relay.dashboard.rendering import render
from relay.web.openapi.document import build_document

api_docs: Blueprint = page_blueprint("docs", __name__)


@api_docs.get("/docs")
def show_index() -> Response:
    """Show how to authenticate, and all operations."""
    return _render_page("docs.html", active="", about=build_document(current_app)["info"])


@api_docs.get("/docs/schemas")
def show_schemas() -> Response:
    """Show all named schemas."""
    return _render_page("docs_schemas.html", active="schemas", schemas=api_reference.named_schemas())


@api_docs.get("/docs/<group>")
def show_group(group: str) -> Response:
    """Show the operations of the group with this slug."""
    for candidate in api_reference.list_groups():
        if candidate.slug == group:
            return _render_page("docs_group.html", active=group, group=candidate)
    raise NotFound("not_found", f"The API has no group {group!r}. See the list of groups at /docs.")


def _render_page(template: str, **values: Any) -> Response:
    return render(
        template,
        principal=find_principal(),
        groups=api_reference.list_groups(),
        reference=api_reference,
        **values,
    )
