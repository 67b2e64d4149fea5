"""Rules, items and shortcuts for tests of mappings."""

from datetime import UTC, datetime

from relay.core.destination import BasicCredentials, Destination
from relay.core.errors import ValidationFailed
from relay.core.mapping.compile import compile_mapping
from relay.core.mapping.engine import map_payload
from relay.core.mapping.preview import preview
from relay.core.payloads import Payload
from relay.core.source import Source

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def map_options(source="site", **settings):
    """The arguments of `map_payload` and `preview` besides the mapping and the payload."""
    destination = Destination(
        name="acme", company="acme", credentials=BasicCredentials("key", "secret"), **settings
    )
    return {"source": Source(name=source, destination="acme"), "destination": destination, "received_at": NOW}


def a_rule(**changes):
    """A rule that fills only required keys, with `changes`. None removes a key."""
    rule = {
        "name": "viewed",
        "to": "digital-interaction",
        "map": {
            "eventId": "{{ item.id }}",
            "timestamp": "{{ item.at }}",
            "eventType": "page viewed",
            "content": {"contentTitle": "{{ item.title }}"},
            "person": {"email": "{{ item.email }}"},
        },
    }
    return {key: value for key, value in {**rule, **changes}.items() if value is not None}


def a_rule_mapping(map_changes, **rule):
    """A rule whose map has these keys as well. `rule` are changes to the rule itself."""
    return a_rule(map={**a_rule()["map"], **map_changes}, **rule)


def an_item(**changes):
    """An item for `a_rule()`, with `changes`. None removes a key."""
    item = {"id": "ev-1", "at": "2026-11-20T10:00:00Z", "title": "Pricing", "email": "jane@globex.example"}
    return {key: value for key, value in {**item, **changes}.items() if value is not None}


def results_of(spec, body, source="site", **settings):
    """The result for every item of a body."""
    return map_payload(compile_mapping(spec), Payload(body), **map_options(source, **settings))


def preview_of(spec, body, source="site", **settings):
    return preview(compile_mapping(spec), Payload(body), **map_options(source, **settings))


def errors_of(spec, **options):
    """`(path, code)` for every error in a mapping; an empty list if it compiles."""
    try:
        compile_mapping(spec, **options)
    except ValidationFailed as error:
        return [(problem.path, str(problem.code)) for problem in error.problems]
    return []


def codes_of(problems):
    """`path code` for each problem."""
    return [f"{problem.path} {problem.code}" for problem in problems]
