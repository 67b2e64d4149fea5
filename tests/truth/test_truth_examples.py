"""Every example is an event that the relay takes and Gong would take, in every way that there is to send it."""

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
"""The catalogue dialect knows people by e-mail address only, and cannot say these."""


def mapped(path: Path, dialect: Dialect, send_as: SendAs) -> MappedCalls:
    destination = Destination("acme", "acme", BasicCredentials("key", "secret"), dialect=dialect)
    event = read_event(json.loads(path.read_text("utf-8")), now=NOW)
    return build_calls(event, Source("website", "acme", send_as=send_as), destination)


def ways(*dialects: Dialect) -> list[tuple[Dialect, SendAs]]:
    return [(dialect, send_as) for dialect in dialects for send_as in SendAs]


@pytest.mark.parametrize("way", ways(Dialect.GONG), ids=" ".join)
@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_gong_takes_every_example(path: Path, way: tuple[Dialect, SendAs]):
    calls = mapped(path, *way).calls

    assert [validate_body(call.operation, call.body) for call in calls] == [[]] * max(len(calls), 1)


@pytest.mark.parametrize("way", ways(Dialect.CATALOG), ids=" ".join)
@pytest.mark.parametrize("path", [path for path in EXAMPLES if path.name not in ANONYMOUS], ids=name_of)
def test_a_gateway_of_the_catalogue_dialect_takes_every_example_with_an_address(
    path: Path, way: tuple[Dialect, SendAs]
):
    [call] = mapped(path, *way).calls

    assert validate_body(call.operation, call.body) == []


@pytest.mark.parametrize("name", sorted(ANONYMOUS))
def test_an_anonymous_example_cannot_be_said_in_the_catalogue_dialect(name: str):
    [path] = [path for path in EXAMPLES if path.name == name]

    with pytest.raises(ValidationFailed, match=r"person\.email"):
        mapped(path, Dialect.CATALOG, SendAs.DIGITAL_INTERACTION)


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_gong_can_tell_whom_an_example_is_about(path: Path):
    told = {
        assess_association(call.operation, call.body)
        for call in mapped(path, Dialect.GONG, SendAs.DIGITAL_INTERACTION).calls
    }

    assert told <= {Association.STRONG, Association.MEDIUM}


def test_there_is_one_example_of_every_type():
    found = {
        path.stem: json.loads(path.read_text("utf-8"))["type"]
        for path in EXAMPLES
        if path.parent.name == "types"
    }

    assert found == {str(kind): str(kind) for kind in EventType}


def test_no_two_examples_share_an_id():
    ids = [json.loads(path.read_text("utf-8"))["id"] for path in EXAMPLES]

    assert sorted(ids) == sorted(set(ids))


def test_every_example_from_a_partner_is_explained():
    told = page("examples/README.md")

    assert [
        path.name for path in EXAMPLES if path.parent.name == "examples" and f"({path.name})" not in told
    ] == []


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ("docsend-visit.json", {"value": 75, "rangeFrom": 0, "rangeTo": 100, "numericType": "PERCENTAGE"}),
        ("types/survey_answer.json", {"value": 9, "rangeFrom": 0, "rangeTo": 10, "numericType": "NPS"}),
    ],
)
def test_progress_arrives_in_gong_as_a_number_in_its_range(example: str, expected: dict[str, object]):
    [call] = mapped(ROOT / "examples" / example, Dialect.GONG, SendAs.DIGITAL_INTERACTION).calls

    assert call.body["content"]["numericContentDetails"] == expected


def test_the_script_that_sends_examples_is_good_shell():
    done = subprocess.run(
        ["sh", "-n", ROOT / "examples/send.sh"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_script_says_how_to_use_it_when_it_is_given_no_file():
    done = subprocess.run([ROOT / "examples/send.sh"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "usage" in done.stderr
