"""The API's description for people: `/docs`, made of the very document that programs read, without a key."""

from typing import Any

from flask import Blueprint, Response

from relay.core.errors import NotFound, RelayError
from relay.core.roles import Principal, Role
from relay.dashboard import api_reference as reference
from relay.dashboard.blueprint import section, visitor
from relay.dashboard.rendering import render
from relay.web.openapi.document import build_document

docs: Blueprint = section("docs", __name__)


@docs.get("/docs")
def show_start() -> Response:
    """What there is, how to send a key, what answers mean."""
    return _page("docs.html", here="", about=build_document()["info"])


@docs.get("/docs/schemas")
def show_schemas() -> Response:
    """Every schema that has a name."""
    return _page("docs_schemas.html", here="schemas", schemas=reference.schemas())


@docs.get("/docs/<group>")
def show_group(group: str) -> Response:
    """The operations of one group."""
    for each in reference.groups():
        if each.slug == group:
            return _page("docs_group.html", here=group, group=each)
    raise NotFound("not_found", "The API has no such group. The list beside this tells all.")


def _page(template: str, **shown: Any) -> Response:
    return render(
        template, visitor=_visitor_if_any(), groups=reference.groups(), reference=reference, **shown
    )


def _visitor_if_any() -> Principal | None:
    try:
        return visitor(Role.VIEWER)
    except RelayError:
        return None
