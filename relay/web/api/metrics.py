"""`/metrics`: what Prometheus asks for."""

from flask import Blueprint, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from relay.core.roles import Role
from relay.queries.prometheus import MetricsContext, StoreCollector
from relay.web.context import current

metrics = Blueprint("metrics", __name__)


@metrics.get("/metrics")
def show_metrics() -> Response:
    """Without a key where operations have a port of their own: names of customers are nothing for partners."""
    known = current()
    if not known.settings.operations_port:
        known.auth.require_role(request, Role.VIEWER)
    apart = known.settings.metrics_destination_labels
    registry = CollectorRegistry(auto_describe=False)
    registry.register(
        StoreCollector(MetricsContext(known.stores, known.config, known.destinations.all, known.now, apart))
    )
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
