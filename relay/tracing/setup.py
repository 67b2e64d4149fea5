"""Enable tracing, once per process, if the environment names a collector."""

import importlib
from collections.abc import Mapping
from importlib.util import find_spec

from relay.log import add_trace_ids
from relay.settings import setting_error
from relay.tracing.spans import is_enabled, set_tracer, trace_ids

ENDPOINT_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def enable_tracing(service: str, environ: Mapping[str, str]) -> None:
    """Export spans to the collector that `OTEL_*` names, and add their ids to the log. Without a collector, do nothing.

    Call it after a fork, because the exporter is a thread. Raises SettingsError if the extra `otel` is not installed.
    """
    variable = next((name for name in ENDPOINT_VARIABLES if environ.get(name)), None)
    if variable is None or is_enabled() or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    if find_spec("opentelemetry") is None:
        text = "is set, but OpenTelemetry is not installed: pip install 'gong-event-relay[otel]'"
        raise setting_error(variable, text)
    set_tracer(importlib.import_module("relay.tracing.otel").create_exporting_tracer(service))
    add_trace_ids(trace_ids)
