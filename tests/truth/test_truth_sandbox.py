"""docs/sandbox.md lists every setting, every fault and every path of the control endpoints."""

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


def format_default(setting: "Field[Any]") -> str:
    if isinstance(setting.default, bool):
        return str(setting.default).lower()
    return "none" if setting.default in {"", None} else str(setting.default)


@pytest.mark.parametrize("setting", fields(SandboxSettings), ids=lambda setting: setting.name)
def test_the_page_lists_a_setting_with_its_default_and_its_meaning(setting: "Field[Any]"):
    row = [f"SANDBOX_{setting.name.upper()}", format_default(setting), setting.metadata["doc"]]

    assert row in rows(section(SANDBOX, "Settings")), f"docs/sandbox.md needs the row {' | '.join(row)}"


def test_the_page_lists_only_existing_settings_in_the_order_of_the_code():
    variables = [cell for cell in first_cells(section(SANDBOX, "Settings")) if cell.startswith("SANDBOX_")]

    assert variables == [f"SANDBOX_{setting.name.upper()}" for setting in fields(SandboxSettings)]


def test_the_page_explains_every_fidelity_in_the_order_of_the_code():
    fidelities = [
        cell for cell in first_cells(section(SANDBOX, "Settings")) if not cell.startswith("SANDBOX_")
    ]

    assert fidelities == list(Fidelity)


def test_the_page_explains_exactly_the_existing_faults():
    assert first_cells(section(SANDBOX, "Simulate failures")) == list(FaultKind)


def test_the_page_explains_exactly_the_existing_control_endpoints():
    app = create_sandbox(SandboxSettings())
    endpoints = {
        f"{method} {rule.rule.removeprefix(CONTROL).replace('<name>', 'NAME')}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(CONTROL)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    documented = re.findall(r"`((?:GET|POST|DELETE) [^`]+)`", section(SANDBOX, "Inspect and control"))

    assert set(documented) == endpoints
