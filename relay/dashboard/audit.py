"""The page of the audit: who did what, to how many."""

from flask import Response, request

from relay.core.roles import Role
from relay.dashboard.blueprint import section, visitor
from relay.dashboard.rendering import known_parts, render
from relay.queries.audit import audit_page

audit = section("audit", __name__)


@audit.get("/ops/audit")
def show_all() -> Response:
    who, known = visitor(Role.ADMIN), known_parts()
    cursor = request.args.get("cursor") or None
    page = audit_page(known.stores, limit=100, cursor=cursor)
    following = f"/ops/audit?cursor={page['cursor']}" if page["cursor"] else ""
    paging = {"first": "/ops/audit" if cursor else "", "following": following}
    return render("audit.html", visitor=who, section="audit", page=page, paging=paging)
