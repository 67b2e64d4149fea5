"""`source new`: from a captured payload to the lines of a source, asked and unasked."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from relay.config.load import read_config
from relay.core.config import Config
from tests.cli.conftest import Run

VISIT = {
    "event_id": "visit-9f3",
    "event": "document.visited",
    "visitor_email": "buyer@globex.example",
    "visitor_name": "Sam Buyer",
    "document_name": "Proposal",
    "document_url": "https://docs.example/" + "a" * 60,
    "visited_at": "2026-07-10T12:00:00-05:00",
    "session_token": "do-not-show-this",
}
PAPERMARK = {
    "id": "evt_1",
    "event": "link.viewed",
    "createdAt": "2026-03-15T12:00:05Z",
    "data": {
        "view": {"viewedAt": "2026-03-15T12:00:00Z", "viewId": "v1", "email": "buyer@globex.example"},
        "link": {"id": "l1", "url": "https://www.papermark.com/view/l1", "name": "Proposal"},
        "document": {"id": "d1", "name": "Proposal.pdf"},
    },
}
SIGNED = "X-Visits-Signature=sha256=" + hashlib.sha256(b"").hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Visits of docs.json"
    path.write_text(json.dumps(VISIT))
    return path


def configured(text: str, environ: dict[str, str]) -> Config:
    """The lines, pasted into the configuration of the other tests."""
    config = Path(environ["RELAY_CONFIG"]).read_text().partition("sources:")[0] + text
    secrets = dict.fromkeys(re.findall(r"\$\{(\w+)\}", config), "0123456789abcdef0123456789abcdef")
    return read_config(config, environ=secrets, allow_hosts=frozenset())


def test_yes_prints_a_source_that_is_valid_configuration(run: Run, file: Path, environ: dict[str, str]):
    result = run("source", "new", "--from", str(file), "--preset", "none", "--yes", "--header", SIGNED)

    assert result.code == 0
    assert len(result.out.splitlines()) <= 25
    hook = configured(result.out, environ).webhooks["visits-of-docs"]
    assert [rule.name for rule in hook.mapping.rules] == ["document visited"]
    assert (hook.scheme.name, hook.scheme.signature.name) == ("custom", "x-visits-signature")


def test_the_fields_and_the_preview_go_to_standard_error(run: Run, file: Path):
    result = run("source", "new", "--from", str(file), "--preset", "none", "--yes", columns=120)

    assert "item.visitor_email" in result.err
    assert '"contentTitle": "Proposal"' in result.err
    assert result.out.startswith("# The captured request shows no signature")


def test_long_values_are_shortened_and_secrets_hidden(run: Run, file: Path):
    output = run("source", "new", "--from", str(file), "--preset", "none", "--yes", columns=160).err

    paths = output.partition("item 0")[0]
    assert "a" * 60 not in paths
    assert "do-not-show-this" not in output


def test_a_payload_of_a_known_vendor_suggests_its_preset(run: Run, tmp_path: Path, environ: dict[str, str]):
    file = tmp_path / "captured.json"
    file.write_text(json.dumps(PAPERMARK))

    result = run("source", "new", "--from", str(file), "--yes", "--destination", "globex")

    assert "Presets that can map this payload: Papermark (papermark)." in result.err
    assert result.out.splitlines() == [
        "sources:",
        "  papermark:",
        "    preset: papermark",
        "    destination: globex",
        '    verify: {secrets: ["${PAPERMARK_SECRET}"]}',
    ]
    assert configured(result.out, environ).webhooks["papermark"].preset == "papermark"


def test_a_vendors_signature_suggests_its_preset_for_a_filtered_event(run: Run, tmp_path: Path):
    file = tmp_path / "captured.json"
    file.write_text('{"event": "other"}')
    header = "X-Papermark-Signature=" + hashlib.sha256(b"").hexdigest()

    result = run("source", "new", "--from", str(file), "--yes", "--header", header)

    assert "    preset: papermark" in result.out


def test_each_answer_replaces_its_suggestion(run: Run, file: Path, environ: dict[str, str]):
    answers = [
        "docs",
        "",
        "item.no(",
        "",
        "",
        "",
        "'proposal read'",
        "'A proposal'",
        "-",
        "",
        "-",
        "y",
    ]
    line = ("source", "new", "--from", str(file), "--preset", "none", "--destination", "acme")

    result = run(*line, sent="\n".join(answers) + "\n", columns=120)

    assert result.code == 0
    assert "it is not JMESPath" in result.err
    assert "contentTitle: A proposal" in result.out
    assert "contentUrl" not in result.out
    assert configured(result.out, environ).webhooks["docs"].scheme.name == "standard"


def test_the_json_document_has_the_entry_the_yaml_and_the_preview(run: Run, file: Path):
    document: dict[str, Any] = run(
        "source", "new", "--from", str(file), "--preset", "none", "--json"
    ).document

    assert document["entry"]["rules"][0]["name"] == "document visited"
    assert document["yaml"].endswith("\n")
    assert [item["status"] for item in document["items"]] == ["ready"]


def test_a_mapping_that_gong_would_reject_exits_with_1_and_is_printed(run: Run, tmp_path: Path):
    file = tmp_path / "no-person.json"
    file.write_text('{"event": "tick", "at": "2026-11-20T10:00:00Z"}')

    result = run("source", "new", "--from", str(file), "--yes")

    assert result.code == 1
    assert "person: is required" in result.err
    assert "  no-person:" in result.out


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--name", "No Good"), 2, "use a-z, 0-9"),
        (("--name", "web"), 2, "there is already a source web"),
        (("--destination", "acmee"), 1, "did you mean 'acme'?"),
    ],
    ids=["a bad name", "a taken name", "an unknown destination"],
)
def test_options_that_do_not_fit_the_configuration_are_reported(
    run: Run, file: Path, options: tuple[str, ...], code: int, words: str
):
    result = run("source", "new", "--from", str(file), "--preset", "none", "--yes", *options)

    assert (result.code, result.out) == (code, "")
    assert words in result.err


def test_a_source_is_drafted_without_a_configuration(run: Run, file: Path):
    result = run(
        "source", "new", "--from", str(file), "--preset", "none", "--yes", RELAY_CONFIG="/nowhere.yaml"
    )

    assert (result.code, "destination: acme" in result.out) == (0, True)


def test_yes_requires_a_file(run: Run):
    result = run("source", "new", "--yes")

    assert (result.code, "--from FILE" in result.err) == (2, True)
