"""docs/alerts.md lists every kind, key and default, and its example message has every field."""

import json
import re

import pytest

from relay.config.alerts import AlertsSchema
from relay.core.alerts.conditions import HeldDestination, StoreSnapshot, find_conditions
from relay.core.alerts.kinds import KINDS, AlertKind, Severity
from relay.core.alerts.lifecycle import update_alerts
from relay.core.alerts.notifications import NotificationType, build_messages
from relay.core.alerts.thresholds import AlertConfig, Receiver, Thresholds
from relay.core.lifecycle import HoldCause
from tests.core.alerts.alert_world import NOW
from tests.truth.project import fenced, first_cells, page, rows, section

PAGE = page("docs/alerts.md")


def test_exactly_the_kinds_have_a_section_with_what_to_do():
    text = section(PAGE, "What each one means") + PAGE.partition("## What each one means")[2]

    assert re.findall(r"^### (\w+)$", text, re.MULTILINE) == [kind.value for kind in AlertKind]


@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_has_a_threshold_and_a_row_in_the_table(kind: AlertKind):
    assert KINDS[kind].remedy.endswith(".")
    assert f"conditions.{kind}" in first_cells(section(PAGE, "Set it up"))


def test_exactly_the_keys_of_the_section_are_documented():
    when = [f"conditions.{name}" for name in AlertsSchema._declared_fields["conditions"].schema.fields]
    keys = [name for name in AlertsSchema._declared_fields if name != "conditions"]

    assert sorted(first_cells(section(PAGE, "Set it up"))) == sorted([*when, *keys])


def test_every_documented_default_is_the_real_one():
    documented = {row[0].removeprefix("conditions."): row[1] for row in rows(section(PAGE, "Set it up"))}
    loaded = AlertsSchema().load(
        {
            "conditions": {kind.value: _read(documented[kind.value]) for kind in AlertKind},
            **{name: documented[name] for name in ("check_interval", "repeat_interval", "resolve_after")},
        }
    )
    config = AlertConfig()

    assert Thresholds(**loaded["conditions"]) == config.thresholds
    assert (loaded["check_interval"], loaded["repeat_interval"], loaded["resolve_after"]) == (
        config.check_interval,
        config.repeat_interval,
        config.resolve_after,
    )


def _read(text: str) -> str | bool:
    return True if text == "on" else text


def test_the_message_on_the_page_has_every_field_of_a_real_one():
    conditions = find_conditions(_snapshot(), Thresholds(), interval=60.0)
    changes = update_alerts((), conditions, AlertConfig(), NOW)
    [message] = build_messages(changes, [Receiver("ops", "https://x", b"s" * 24)], store="main", now=NOW)
    real, [documented] = json.loads(message.body), [json.loads(block) for block in fenced(PAGE, "json")]

    assert _shape(documented) == _shape(real)


def _snapshot() -> StoreSnapshot:
    return StoreSnapshot(
        store="main", now=NOW, held=[HeldDestination("acme", HoldCause.INVALID_CREDENTIALS, NOW, 3)]
    )


def _shape(value: object) -> object:
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items()}
    return [_shape(inner) for inner in value] if isinstance(value, list) else type(value)


@pytest.mark.parametrize("word", [*(f"alert.{verb}" for verb in NotificationType), *Severity])
def test_every_message_type_and_severity_is_documented(word: str):
    assert f"`{word}`" in PAGE
