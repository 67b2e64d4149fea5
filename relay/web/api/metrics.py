"""`/metrics` for Prometheus."""

from flask import Blueprint, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from relay.core.roles import Role
from relay.queries.prometheus import MetricsContext, StoreCollector
from relay.web.context import current
from relay.web.openapi.operation import Operation, ResponseDoc, Tag, describe
from relay.web.openapi.problems import ROLE_ERRORS, STORE_ERRORS
from relay.web.openapi.schema_types import string

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@describe(
    Operation(
        id="showMetrics",
        tag=Tag.OVERVIEW,
        summary="Export metrics for Prometheus",
        description="Needs no key on a separate operations port.",
        role=Role.VIEWER,
        responses=(
            ResponseDoc(
                status=200,
                description="Metrics in Prometheus's text format.",
                schema=string(),
                content_type="text/plain",
            ),
        ),
        errors=(*ROLE_ERRORS, *STORE_ERRORS),
    )
)
def show_metrics() -> Response:
    """Export metrics for Prometheus."""
    ctx = current()
    # Labels name customers. On a shared port partners could read them, so a key is required there.
    if not ctx.settings.operations_port:
        ctx.auth.require_role(request, Role.VIEWER)
    context = MetricsContext(
        stores=ctx.stores,
        config=ctx.config,
        destinations=ctx.destinations.all,
        now=ctx.now,
        per_destination=ctx.settings.metrics_destination_labels,
    )
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StoreCollector(context))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
