"""No command prints a character that a terminal obeys, and JSON output keeps the value of every text."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jmespath
import pytest
import yaml

from tests.cli.conftest import Run

# An OSC sequence by its C1 byte, one by ESC, a right-to-left override, a tag, an isolate, and line ends of Unicode.
HOSTILE = "\x9d0;owned\x9c \x1b]8;;http://x\x07\u202efdp\u202c\u2066\U000e0041\u2028\x85\x7f"
SITE = """
  site:
    destination: acme
    verify: {scheme: none}
    rules:
      - name: page viewed
        when: item.event
        to: digital-interaction
        map:
          eventId: "{{ item.id }}"
          timestamp: "{{ item.at }}"
          eventType: page viewed
          content: {contentTitle: "{{ item.title }}"}
          person: {email: "{{ item.email }}"}
"""
PAYLOAD = {
    "event": f"page{HOSTILE}",
    "id": f"1{HOSTILE}",
    "at": "2026-11-20T10:00:00Z",
    "title": f"Pricing{HOSTILE}",
    "email": "jane@globex.example",
    f"key{HOSTILE}": f"value{HOSTILE}",
}


def is_printable(text: str) -> bool:
    return text.replace("\n", "").isprintable()


@pytest.fixture
def sent(run: Run, page_view: Callable[..., dict[str, Any]]) -> str:
    """Sends an event whose texts are hostile, and returns its id."""
    event = page_view(
        "ev\u202e1",
        content={"title": f"Pricing{HOSTILE}", "properties": {f"key{HOSTILE}": HOSTILE}},
        person={"email": "jane@globex.example", "name": HOSTILE},
    )
    result = run("send", "-", "--source", "web", "--json", sent=json.dumps(event))
    assert result.code == 0, result.err
    assert is_printable(result.out)
    return str(result.document["results"][0]["id"])


def test_a_revealed_event_is_valid_json_of_printable_characters(run: Run, sent: str):
    result = run("event", sent, "--reveal", "--json")

    assert is_printable(result.out)
    title = result.document["call"]["body"]["content"]["contentTitle"]
    assert "\u202efdp\u202c\u2066\U000e0041" in title


@pytest.mark.parametrize(
    "arguments",
    [
        ["event", "ID"],
        ["event", "ID", "--reveal"],
        ["event", "ID", "--json"],
        ["events"],
        ["events", "--json"],
        ["why", "web:ev\u202e1"],
        ["why", f"none{HOSTILE}"],
        ["why", f"none{HOSTILE}", "--json"],
        ["event", f"none{HOSTILE}"],
        ["discard", f"none{HOSTILE}"],
        ["discard", f"none{HOSTILE}", "--json"],
        ["replay", f"none{HOSTILE}"],
        ["status", "--json"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]).encode("unicode_escape").decode(),
)
def test_every_output_consists_of_printable_characters(run: Run, sent: str, arguments: list[str]):
    result = run(*[sent if word == "ID" else word for word in arguments], columns=200)

    assert is_printable(result.out)
    assert is_printable(result.err)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_preview_of_a_mapping_consists_of_printable_characters(
    run: Run, environ: dict[str, str], options: list[str]
):
    config = Path(environ["RELAY_CONFIG"])
    config.write_text(config.read_text() + SITE)

    result = run("map", "site", "-", *options, sent=json.dumps(PAYLOAD))

    assert "Pricing" in result.out
    assert is_printable(result.out + result.err)


def test_a_drafted_source_reads_the_hostile_keys_and_values_by_their_escapes(run: Run, tmp_path: Path):
    file = tmp_path / "payload.json"
    file.write_text(json.dumps({f"id{HOSTILE}": "1", f"event{HOSTILE}": f"page{HOSTILE}"} | PAYLOAD))

    result = run(
        "source",
        "new",
        "--from",
        str(file),
        "--name",
        "site",
        "--destination",
        "acme",
        "--preset",
        "none",
        "--yes",
    )

    assert is_printable(result.out + result.err)
    rule = yaml.safe_load(result.out)["sources"]["site"]["rules"][0]
    assert jmespath.search(rule["when"], {"item": PAYLOAD}) is True


def test_rejected_events_are_reported_in_printable_characters(run: Run):
    for text in (json.dumps({f"unknown{HOSTILE}": 1}), HOSTILE, f'{{"a": "{HOSTILE}"}}'):
        result = run("send", "-", "--source", "web", sent=text)

        assert result.code == 1
        assert is_printable(result.out + result.err)
