"""The operator's API of erasures: begin one, see what it would find, and get its signed report."""

from flask import Blueprint, Response, request

from relay.actions.erasures import erase_person
from relay.core.roles import Role
from relay.core.signed_document import Signer
from relay.core.strict_json import parse_json
from relay.queries.erasures import erasure_page, erasures_page
from relay.web.context import require_role
from relay.web.problems import json_response
from relay.web.request_body import read_body

erasures = Blueprint("erasures", __name__)


@erasures.post("/v1/erasures")
def begin() -> Response:
    """Erase a person's data, or with `dry_run` tell what would be found."""
    known, caller = require_role(Role.ADMIN)
    page = erase_person(
        known, caller, parse_json(read_body(request, max_bytes=known.settings.max_body_bytes))
    )
    return json_response(page, 200 if page.get("dry_run") else 202)


@erasures.get("/v1/erasures")
def list_erasures() -> Response:
    """The newest fifty erasures."""
    known, _ = require_role(Role.OPERATOR)
    return json_response(erasures_page(known.stores))


@erasures.get("/v1/erasures/<erasure_id>")
def show_erasure(erasure_id: str) -> Response:
    """How far one is; once it is done, its signed report."""
    known, _ = require_role(Role.OPERATOR)
    return json_response(erasure_page(known.stores, erasure_id, Signer(known.settings.secret_keys)))
