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


def test_unasked_it_proposes_a_source_that_the_configuration_takes(
    run: Run, file: Path, environ: dict[str, str]
):
    ended = run("source", "new", "--from", str(file), "--preset", "none", "--yes", "--header", SIGNED)

    assert ended.code == 0
    assert len(ended.out.splitlines()) <= 25
    hook = configured(ended.out, environ).webhooks["visits-of-docs"]
    assert [rule.name for rule in hook.mapping.rules] == ["document visited"]
    assert (hook.scheme.name, hook.scheme.signature.name) == ("custom", "x-visits-signature")


def test_the_paths_and_the_preview_are_shown_apart_from_the_lines(run: Run, file: Path):
    ended = run("source", "new", "--from", str(file), "--preset", "none", "--yes", columns=120)

    assert "item.visitor_email" in ended.err
    assert '"contentTitle": "Proposal"' in ended.err
    assert ended.out.startswith("# The captured request shows no signature")


def test_long_values_are_clipped_and_secrets_hidden(run: Run, file: Path):
    shown = run("source", "new", "--from", str(file), "--preset", "none", "--yes", columns=160).err

    paths = shown.partition("item 0")[0]
    assert "a" * 60 not in paths
    assert "do-not-show-this" not in shown


def test_a_payload_of_a_known_vendor_brings_its_preset(run: Run, tmp_path: Path, environ: dict[str, str]):
    file = tmp_path / "captured.json"
    file.write_text(json.dumps(PAPERMARK))

    ended = run("source", "new", "--from", str(file), "--yes", "--destination", "globex")

    assert "The payload matches a preset: Papermark (papermark)." in ended.err
    assert ended.out.splitlines() == [
        "sources:",
        "  papermark:",
        "    preset: papermark",
        "    destination: globex",
        '    verify: {secrets: ["${PAPERMARK_SECRET}"]}',
    ]
    assert configured(ended.out, environ).webhooks["papermark"].preset == "papermark"


def test_a_vendors_signature_tells_its_preset_where_the_event_is_none_for_gong(run: Run, tmp_path: Path):
    file = tmp_path / "captured.json"
    file.write_text('{"event": "other"}')
    header = "X-Papermark-Signature=" + hashlib.sha256(b"").hexdigest()

    ended = run("source", "new", "--from", str(file), "--yes", "--header", header)

    assert "    preset: papermark" in ended.out


def test_asked_each_answer_takes_its_place(run: Run, file: Path, environ: dict[str, str]):
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

    ended = run(*line, sent="\n".join(answers) + "\n", columns=120)

    assert ended.code == 0
    assert "it is not JMESPath" in ended.err
    assert "contentTitle: A proposal" in ended.out
    assert "contentUrl" not in ended.out
    assert configured(ended.out, environ).webhooks["docs"].scheme.name == "standard"


def test_the_document_holds_the_entry_the_lines_and_the_preview(run: Run, file: Path):
    document: dict[str, Any] = run(
        "source", "new", "--from", str(file), "--preset", "none", "--json"
    ).document

    assert document["entry"]["rules"][0]["name"] == "document visited"
    assert document["yaml"].endswith("\n")
    assert [item["status"] for item in document["items"]] == ["ready"]


def test_what_gong_would_refuse_ends_with_1_and_still_gives_the_lines(run: Run, tmp_path: Path):
    file = tmp_path / "nobody.json"
    file.write_text('{"event": "tick", "at": "2026-11-20T10:00:00Z"}')

    ended = run("source", "new", "--from", str(file), "--yes")

    assert ended.code == 1
    assert "person: is required" in ended.err
    assert "  nobody:" in ended.out


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--name", "No Good"), 2, "use a-z, 0-9"),
        (("--name", "web"), 2, "there is already a source web"),
        (("--destination", "acmee"), 1, "did you mean 'acme'?"),
    ],
    ids=["a bad name", "a taken name", "an unknown destination"],
)
def test_what_would_not_fit_the_configuration_is_told(
    run: Run, file: Path, options: tuple[str, ...], code: int, words: str
):
    ended = run("source", "new", "--from", str(file), "--preset", "none", "--yes", *options)

    assert (ended.code, ended.out) == (code, "")
    assert words in ended.err


def test_without_a_configuration_it_still_proposes(run: Run, file: Path):
    ended = run(
        "source", "new", "--from", str(file), "--preset", "none", "--yes", RELAY_CONFIG="/nowhere.yaml"
    )

    assert (ended.code, "destination: acme" in ended.out) == (0, True)


def test_unasked_it_needs_a_file(run: Run):
    ended = run("source", "new", "--yes")

    assert (ended.code, "--from FILE" in ended.err) == (2, True)
