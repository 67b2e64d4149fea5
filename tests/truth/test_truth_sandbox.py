"""The sandbox's page names every switch, every fault and every path of its control endpoints."""

import re
from dataclasses import Field, fields
from typing import Any

import pytest

from relay.sandbox.app import create_sandbox
from relay.sandbox.faults import FaultKind
from relay.sandbox.settings import Fidelity, SandboxSettings
from tests.truth.project import first_cells, page, rows, section

SANDBOX = page("docs/sandbox.md")
CONTROL = "/__sandbox/"


def default_of(item: "Field[Any]") -> str:
    if isinstance(item.default, bool):
        return str(item.default).lower()
    return "none" if item.default in {"", None} else str(item.default)


@pytest.mark.parametrize("item", fields(SandboxSettings), ids=lambda item: item.name)
def test_a_switch_stands_on_the_page_with_its_default_and_its_meaning(item: "Field[Any]"):
    row = [f"SANDBOX_{item.name.upper()}", default_of(item), item.metadata["doc"]]

    assert row in rows(section(SANDBOX, "How strict")), f"docs/sandbox.md needs the row {' | '.join(row)}"


def test_no_switch_stands_on_the_page_that_is_not_there():
    told = [name for name in first_cells(section(SANDBOX, "How strict")) if name.startswith("SANDBOX_")]

    assert told == [f"SANDBOX_{item.name.upper()}" for item in fields(SandboxSettings)]


def test_every_fidelity_is_explained_in_the_order_of_the_code():
    told = [name for name in first_cells(section(SANDBOX, "How strict")) if not name.startswith("SANDBOX_")]

    assert told == list(Fidelity)


def test_every_fault_is_explained_and_no_other():
    assert first_cells(section(SANDBOX, "Make it fail")) == list(FaultKind)


def test_every_control_endpoint_is_explained_and_no_other():
    app = create_sandbox(SandboxSettings())
    there = {
        f"{method} {rule.rule.removeprefix(CONTROL).replace('<name>', 'NAME')}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(CONTROL)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert set(re.findall(r"`((?:GET|POST|DELETE) [^`]+)`", section(SANDBOX, "Look inside"))) == there
