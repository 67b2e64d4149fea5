"""The pages are consistent: links resolve, commands exist, code examples are valid, versions agree."""

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from relay.cli.main import main
from relay.config.load import read_config
from relay.core.version import VERSION
from tests.truth.project import ROOT, fenced, files, name_of, page

PAGES = files(".md")


def code_of(text: str) -> Iterator[str]:
    """Everything on a page that is set as code: blocks, and spans between back-ticks."""
    yield from re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    without_blocks = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", without_blocks)


def headings(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(path: Path) -> list[str]:
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    return [link for link in targets if not link.startswith(("http://", "https://", "mailto:"))]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading_of_it(path: Path):
    broken = []
    for link in links(path):
        place, _, anchor = link.partition("#")
        target = (path.parent / place).resolve() if place else path
        if not target.exists() or (anchor and anchor not in headings(target)):
            broken.append(link)

    assert broken == []


def commands() -> dict[str, click.Command]:
    return dict(main.commands)


def named_commands() -> set[tuple[str, str]]:
    return {
        (name_of(path), command)
        for path in PAGES
        for code in code_of(path.read_text("utf-8"))
        for command in re.findall(r"gong-relay ([a-z]+)", code)
    }


def test_every_command_that_a_page_names_exists():
    assert {(where, name) for where, name in named_commands() if name not in commands()} == set()


def test_every_command_is_named_on_some_page():
    assert set(commands()) - {name for _, name in named_commands()} == set()


def test_every_option_that_a_page_names_exists():
    options = {"--json", "--help", "--config", "--data-dir"}
    options |= {
        option
        for command in commands().values()
        for p in command.params
        for option in (*p.opts, *p.secondary_opts)
    }
    named = {
        option
        for path in PAGES
        for code in code_of(path.read_text("utf-8"))
        for line in code.splitlines()
        if "gong-relay" in line or line.startswith("--")
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", line)
    }

    assert named - options == set()


def test_every_make_target_that_a_page_names_exists():
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    named = {
        target
        for path in PAGES
        for code in code_of(path.read_text("utf-8"))
        for target in re.findall(r"^make ([a-z]+)", code, re.MULTILINE)
    }

    assert named - targets == set()


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads(page("pyproject.toml"))["project"]["version"]
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", page("CHANGELOG.md"), re.MULTILINE)

    assert newest
    assert (project, newest[1]) == (VERSION, VERSION)


@pytest.mark.parametrize("path", files(".json"), ids=name_of)
def test_every_json_file_is_json(path: Path):
    json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize(
    "path", [path for path in PAGES if fenced(path.read_text("utf-8"), "json")], ids=name_of
)
def test_every_json_example_on_a_page_is_json(path: Path):
    for block in fenced(path.read_text("utf-8"), "json"):
        json.loads(block)


def configurations() -> list[tuple[str, str]]:
    """Every configuration shown on a page, its blanks filled in."""
    return [
        (name_of(path), block.replace("sha256:…", "sha256:" + "0" * 64))
        for path in PAGES
        for block in fenced(path.read_text("utf-8"), "yaml")
    ]


SHAPED = {
    "ALERT_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",
    "SLACK_URL": "https://hooks.slack.com/services/T0/B0/x",
}
"""Variables that must hold a text of a certain form."""


@pytest.mark.parametrize(("where", "text"), configurations())
def test_every_configuration_on_a_page_is_right(where: str, text: str):
    names = set(re.findall(r"\$\{(\w+)\}", text))
    environ = {name: f"{name}-with-twenty-characters-and-more" for name in names} | SHAPED

    config = read_config(text, environ=environ, allow_hosts={"127.0.0.1:8090"})

    assert config.destinations, where


@pytest.mark.parametrize(("where", "text"), configurations())
def test_every_configuration_on_a_page_is_yaml_for_any_editor(where: str, text: str):
    assert yaml.safe_load(text), where


def test_every_shell_example_is_valid_shell():
    broken = [
        (name_of(path), done.stderr)
        for path in PAGES
        for block in fenced(path.read_text("utf-8"), "sh")
        if (
            done := subprocess.run(["sh", "-n"], input=block, capture_output=True, text=True, check=False)
        ).returncode
    ]

    assert broken == []


def test_every_decision_is_numbered_in_turn():
    names = [path.name for path in sorted((ROOT / "docs/decisions").glob("*.md"))]

    assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)]


def test_the_threat_model_names_tests_that_exist():
    page_text = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
    named = set(re.findall(r"`(tests/[\w/.]+)`", page_text))

    assert len(named) > 20
    assert {path for path in named if not (ROOT / path).exists()} == set()
