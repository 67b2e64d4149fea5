"""The audit log."""

from flask import Blueprint, Response, request

from relay.core.roles import Role
from relay.queries.audit import audit_page
from relay.web.context import require_role
from relay.web.openapi.operation import Operation, ResponseDoc, Tag, describe
from relay.web.openapi.overview import AUDIT_EXAMPLE
from relay.web.openapi.problems import ROLE_ERRORS, STORE_ERRORS
from relay.web.openapi.schema_types import array, component, nullable, record, string
from relay.web.openapi.shared import CURSOR, limit
from relay.web.paging import read_limit
from relay.web.problems import json_response

blueprint = Blueprint("audit", __name__)


@blueprint.get("/v1/audit")
@describe(
    Operation(
        id="listAudit",
        tag=Tag.OVERVIEW,
        summary="List the audit log",
        role=Role.ADMIN,
        parameters=(limit(200), CURSOR),
        responses=(
            ResponseDoc(
                status=200,
                description="The entries, newest first.",
                schema=record({"entries": array(component("AuditEntry")), "cursor": nullable(string())}),
                example={"entries": [AUDIT_EXAMPLE], "cursor": None},
            ),
        ),
        errors=(*ROLE_ERRORS, "invalid", *STORE_ERRORS),
    )
)
def list_audit() -> Response:
    """List the operators' actions, newest first."""
    ctx, _ = require_role(Role.ADMIN)
    cursor = request.args.get("cursor")
    return json_response(audit_page(ctx.stores, limit=read_limit(request), cursor=cursor))
