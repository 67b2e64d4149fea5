"""docs/sessions.md matches the code: its example produces the body on the page, and its table has the defaults."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from relay.config.load import read_config
from relay.config.visit_sessions import RuleAggregateSchema
from relay.core.mapping.engine import map_payload
from relay.core.payloads import Payload
from relay.core.visit_session import Aggregate, AggregateOptions, aggregate_body
from tests.truth.project import fenced, first_cells, page, rows, section

PAGE = page("docs/sessions.md")
TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
ENVIRON = dict.fromkeys(("ACME_KEY", "ACME_SECRET", "WEB_KEY", "SITE_SECRET"), "a-secret-of-enough-length")


def produce_body() -> dict[str, Any]:
    """The body that the documented rule and twelve page views produce."""
    [block] = fenced(PAGE, "yaml")
    config = read_config(block, environ=ENVIRON, allow_hosts=())
    viewed = {
        "id": "v-1",
        "at": TEN.isoformat(),
        "page": "Pricing",
        "visitor": "jane@globex.com",
        "visit": "s-1",
    }
    [event] = map_payload(
        config.webhooks["site"].mapping,
        Payload(viewed),
        source=config.sources["site"],
        destination=config.destinations["acme"],
        received_at=TEN,
    )
    assert event.call
    assert event.session
    aggregate = Aggregate(12, TEN, TEN + timedelta(minutes=11), event.session.saved_options)
    return aggregate_body(event.call.operation, event.call.body, aggregate)


def test_the_documented_source_produces_the_documented_body():
    [body] = fenced(section(PAGE, "What Gong gets"), "json")

    assert orjson.loads(body) == produce_body()


def test_every_key_of_aggregate_is_documented():
    assert set(first_cells(section(PAGE, "Set it up"))) == set(RuleAggregateSchema().fields)


@pytest.mark.parametrize(
    ("key", "seconds"),
    [
        ("idle_timeout", AggregateOptions().idle_timeout_seconds),
        ("max_duration", AggregateOptions().max_duration_seconds),
    ],
)
def test_the_documented_defaults_are_the_real_ones(key: str, seconds: float):
    documented = {row[0]: row[1] for row in rows(section(PAGE, "Set it up"))}

    assert documented[key].strip("`") in {f"{seconds / 60:g}m", f"{seconds / 3600:g}h"}
