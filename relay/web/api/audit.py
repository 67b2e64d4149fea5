"""The operator's API of the audit: who did what."""

from flask import Blueprint, Response, request

from relay.core.errors import Problem, ValidationFailed
from relay.core.roles import Role
from relay.queries.audit import audit_page
from relay.web.context import current
from relay.web.problems import json_response

audit = Blueprint("audit", __name__)


@audit.get("/v1/audit")
def list_audit() -> Response:
    """Every change that was made by hand, newest first."""
    known = current()
    known.auth.require_role(request, Role.ADMIN)
    limit = request.args.get("limit", "50")
    if not (limit.isascii() and limit.isdigit()):
        raise ValidationFailed([Problem("limit", "type", "limit must be a whole number.")])
    return json_response(audit_page(known.stores, limit=int(limit[:6]), cursor=request.args.get("cursor")))
