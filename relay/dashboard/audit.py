"""The audit log's page."""

from flask import Response, request

from relay.core.roles import Role
from relay.dashboard.blueprint import page_blueprint
from relay.dashboard.rendering import page_links, render
from relay.queries.audit import audit_page
from relay.web.context import require_role

audit = page_blueprint("audit", __name__)


@audit.get("/ops/audit")
def list_entries() -> Response:
    ctx, principal = require_role(Role.ADMIN)
    cursor = request.args.get("cursor") or None
    page = audit_page(ctx.stores, limit=100, cursor=cursor)
    links = page_links("/ops/audit", {}, cursor=cursor, next_cursor=page["cursor"])
    return render("audit.html", principal=principal, section="audit", page=page, links=links)
