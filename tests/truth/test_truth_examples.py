"""Every example is a valid event and becomes valid calls, with every setting of the source and destination."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from relay.core.call import Dialect, SendAs
from relay.core.default_mapping.select import MappedCalls, build_calls
from relay.core.destination import BasicCredentials, Destination
from relay.core.errors import ValidationFailed
from relay.core.event.event import read_event
from relay.core.event.model import EventType
from relay.core.gong.validate import Association, assess_association, validate_body
from relay.core.source import Source
from tests.truth.project import ROOT, name_of, page

NOW = datetime(2026, 11, 21, tzinfo=UTC)
EXAMPLES = sorted((ROOT / "examples").rglob("*.json"))
ANONYMOUS = {"segment-page.json", "product_compare.json"}
"""The catalog dialect identifies people only by email address and rejects these."""


def map_example(path: Path, dialect: Dialect, send_as: SendAs) -> MappedCalls:
    destination = Destination(
        name="acme", company="acme", credentials=BasicCredentials("key", "secret"), dialect=dialect
    )
    event = read_event(json.loads(path.read_text("utf-8")), now=NOW)
    return build_calls(event, Source(name="website", destination="acme", send_as=send_as), destination)


def routes(*dialects: Dialect) -> list[tuple[Dialect, SendAs]]:
    return [(dialect, send_as) for dialect in dialects for send_as in SendAs]


@pytest.mark.parametrize("route", routes(Dialect.GONG), ids=" ".join)
@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_every_example_becomes_valid_gong_calls(path: Path, route: tuple[Dialect, SendAs]):
    calls = map_example(path, *route).calls

    assert [validate_body(call.operation, call.body) for call in calls] == [[]] * max(len(calls), 1)


@pytest.mark.parametrize("route", routes(Dialect.CATALOG), ids=" ".join)
@pytest.mark.parametrize("path", [path for path in EXAMPLES if path.name not in ANONYMOUS], ids=name_of)
def test_every_example_with_an_email_address_becomes_a_valid_catalog_call(
    path: Path, route: tuple[Dialect, SendAs]
):
    [call] = map_example(path, *route).calls

    assert validate_body(call.operation, call.body) == []


@pytest.mark.parametrize("name", sorted(ANONYMOUS))
def test_the_catalog_dialect_rejects_anonymous_examples(name: str):
    [path] = [path for path in EXAMPLES if path.name == name]

    with pytest.raises(ValidationFailed, match=r"person\.email"):
        map_example(path, Dialect.CATALOG, SendAs.DIGITAL_INTERACTION)


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_gong_can_match_every_example(path: Path):
    associations = {
        assess_association(call.operation, call.body)
        for call in map_example(path, Dialect.GONG, SendAs.DIGITAL_INTERACTION).calls
    }

    assert associations <= {Association.STRONG, Association.MEDIUM}


def test_there_is_one_example_of_every_type():
    types_by_file = {
        path.stem: json.loads(path.read_text("utf-8"))["type"]
        for path in EXAMPLES
        if path.parent.name == "types"
    }

    assert types_by_file == {str(event_type): str(event_type) for event_type in EventType}


def test_no_two_examples_share_an_id():
    ids = [json.loads(path.read_text("utf-8"))["id"] for path in EXAMPLES]

    assert sorted(ids) == sorted(set(ids))


def test_every_example_from_a_partner_is_explained():
    readme = page("examples/README.md")

    assert [
        path.name for path in EXAMPLES if path.parent.name == "examples" and f"({path.name})" not in readme
    ] == []


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ("docsend-visit.json", {"value": 75, "rangeFrom": 0, "rangeTo": 100, "numericType": "PERCENTAGE"}),
        ("types/survey_answer.json", {"value": 9, "rangeFrom": 0, "rangeTo": 10, "numericType": "NPS"}),
    ],
)
def test_progress_is_sent_to_gong_as_a_number_in_its_range(example: str, expected: dict[str, object]):
    [call] = map_example(ROOT / "examples" / example, Dialect.GONG, SendAs.DIGITAL_INTERACTION).calls

    assert call.body["content"]["numericContentDetails"] == expected


def test_send_sh_is_valid_shell():
    result = subprocess.run(
        ["sh", "-n", ROOT / "examples/send.sh"], capture_output=True, text=True, check=False
    )

    assert (result.returncode, result.stderr) == (0, "")


def test_send_sh_prints_its_usage_without_arguments():
    result = subprocess.run([ROOT / "examples/send.sh"], capture_output=True, text=True, check=False)

    assert result.returncode == 2
    assert "usage" in result.stderr
