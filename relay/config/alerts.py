"""The `alerts` section of the configuration file: of what operators are told, from where on, and where."""

# ruff: noqa: ARG002, RUF012 marshmallow hands all of these to `_deserialize`, and reads messages from a class attribute

import base64
import binascii
import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

from marshmallow import ValidationError, fields

from relay.config.base_schema import StrictSchema
from relay.config.fields import Choice, NamedSections, Section, Share, Text
from relay.config.yaml_document import FromEnvironment, UnsetVariable
from relay.core.alerts.thresholds import AlertConfig, Rate, Receiver, ReceiverFormat, Thresholds
from relay.core.errors import Problem

_TIME = r"([0-9]{1,6}) ?([smhd]?)"
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_LONGEST_SECONDS = 7 * 86_400
_RATE = re.compile(rf"([1-9][0-9]{{0,8}}) in {_TIME}")
_ADDRESS = re.compile(
    r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?)(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)
_NUMERIC = re.compile(r"[0-9.]+(?::[0-9]+)?")
_LEAST_SECRET, _MOST_SECRET = 24, 64


class Threshold(fields.Field[Any]):
    """A threshold, or `off`, which YAML reads as false."""

    pattern = ""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return None if value is False or value == "off" else self._read(value)

    def _read(self, value: Any) -> Any:
        raise NotImplementedError


class DurationThreshold(Threshold):
    """From how long on: `90s`, `5m`, `4h`, `1d`."""

    default_error_messages = {"null": "is empty: give it a value or remove the line"}
    pattern = f"{_TIME}|off"

    def _read(self, value: Any) -> float:
        return _seconds(value, least=0)


class RateThreshold(Threshold):
    """From how many within a time on: `20 in 10m`."""

    default_error_messages = {"null": "is empty: give it a value or remove the line"}
    pattern = f"{_RATE.pattern}|off"

    def _read(self, value: Any) -> Rate:
        told = _RATE.fullmatch(value) if isinstance(value, str) else None
        if told is None:
            raise ValidationError("must be so many in a time, such as 1 in 15m; or off")
        return Rate(int(told[1]), _seconds(f"{told[2]}{told[3]}", least=1))


class ShareThreshold(Threshold):
    """From which share on: `90%` or `0.9`."""

    default_error_messages = {"null": "is empty: give it a value or remove the line"}
    pattern = r"[0-9.]+ ?%|[01](\.[0-9]+)?|off"

    def _read(self, value: Any) -> float:
        share: float = Share().deserialize(value)
        return share


class Interval(fields.Field[float]):
    """A time of one second at least: `60s`, `4h`."""

    default_error_messages = {"null": "is empty: give it a value or remove the line"}
    pattern = _TIME

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        return _seconds(value, least=1)


class Flag(fields.Boolean):
    """true or false."""

    default_error_messages = {"invalid": "must be true or false", "null": "must be true or false"}


def _seconds(value: Any, *, least: int) -> float:
    told = re.fullmatch(_TIME, str(value)) if isinstance(value, str | int) else None
    seconds = int(told[1]) * _UNITS[told[2]] if told and not isinstance(value, bool) else -1
    if not least <= seconds <= _LONGEST_SECONDS:
        raise ValidationError(f"must be a time from {least}s to 7d, such as 90s, 5m or 4h")
    return float(seconds)


class TextOrVariable(Text):
    """A text that still tells whether it stands in the file."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        return value if isinstance(value, FromEnvironment) else text


class ReceiverSchema(StrictSchema):
    url = TextOrVariable(
        required=True, metadata={"description": "Where messages are posted: https, or a listed host."}
    )
    secret = TextOrVariable(
        load_default=None,
        metadata={"description": "What signs them: whsec_ and base64 of 24 to 64 bytes. Write ${NAME}."},
    )
    format = Choice(
        ReceiverFormat,
        load_default=ReceiverFormat.STANDARD,
        metadata={"description": "standard (signed JSON) or slack (a text, as Slack and its kin take it)."},
    )


class HeartbeatSchema(StrictSchema):
    url = TextOrVariable(
        required=True,
        metadata={
            "description": "An address that a worker fetches after every look: its absence is told there."
        },
    )


class ConditionsSchema(StrictSchema):
    on_hold = DurationThreshold(metadata={"description": "A destination has been on hold for so long."})
    dead_letters = RateThreshold(
        metadata={"description": "So many dead letters of a destination within a time."}
    )
    day_budget = ShareThreshold(metadata={"description": "So much of a company's day is spent."})
    oldest_event = DurationThreshold(
        metadata={"description": "An event that could go has waited for so long."}
    )
    no_worker = DurationThreshold(metadata={"description": "No worker was at work for so long."})
    relaxed_durability = Flag(metadata={"description": "The store may lose what it has taken."})
    store_full = ShareThreshold(metadata={"description": "So much of the store's maxmemory is used."})
    gong_down = DurationThreshold(
        metadata={"description": "Gong has not answered at a base URL for so long."}
    )
    failed_verification = RateThreshold(
        metadata={"description": "So many webhooks of a source not believed in a time."}
    )


class AlertsSchema(StrictSchema):
    receivers = NamedSections(
        ReceiverSchema, load_default=dict, metadata={"description": "Who is told, by a name of your own."}
    )
    conditions = Section(
        ConditionsSchema, load_default=dict, metadata={"description": "From where on; `off` = never."}
    )
    check_interval = Interval(load_default=60.0, metadata={"description": "How often a worker looks."})
    repeat_interval = Interval(
        load_default=14_400.0, metadata={"description": "How often an open alert is told again."}
    )
    resolve_after = Interval(
        load_default=300.0, metadata={"description": "How long a cause must be gone before the all-clear."}
    )
    heartbeat = Section(
        HeartbeatSchema, load_default=None, metadata={"description": "A dead man's switch, elsewhere."}
    )


def read_alerts(entry: Mapping[str, Any] | None) -> AlertConfig:
    """The rules, from a section that was checked with the rest of the file. Without one there are the defaults."""
    if entry is None:
        return AlertConfig()
    receivers = (
        Receiver(name, told["url"], _secret(told["secret"]), told["format"])
        for name, told in entry["receivers"].items()
    )
    heartbeat = entry["heartbeat"]
    return AlertConfig(
        tuple(receivers),
        Thresholds(**entry["conditions"]),
        check_interval=entry["check_interval"],
        repeat_interval=entry["repeat_interval"],
        resolve_after=entry["resolve_after"],
        heartbeat=heartbeat["url"] if heartbeat else None,
    )


def alert_problems(section: Mapping[str, Any] | None, hosts: Container[str]) -> Iterator[Problem]:
    """What is wrong with a section beside its form. `hosts` may be called beside any public one, by http too."""
    if section is None:
        return
    for name, told in section.get("receivers", {}).items():
        path = f"alerts.receivers.{name}"
        yield from _wrong_address(told["url"], f"{path}.url", hosts)
        yield from _wrong_secret(told, path)
    if heartbeat := section.get("heartbeat"):
        yield from _wrong_address(heartbeat["url"], "alerts.heartbeat.url", hosts)


def _wrong_address(url: str, path: str, hosts: Container[str]) -> Iterator[Problem]:
    if isinstance(url, UnsetVariable):
        return
    read = _ADDRESS.fullmatch(url)
    if read and (read[2] in hosts or (read[1] == "https" and not _NUMERIC.fullmatch(read[2]))):
        return
    text = (
        "must be an address such as https://alerts.example.com/relay; http, or an address in figures, "
        "only where RELAY_ALLOW_GONG_HOSTS lists the host, just as the address writes it"
    )
    yield Problem(path, "unsafe_address", text)


def _wrong_secret(told: Mapping[str, Any], path: str) -> Iterator[Problem]:
    secret = told["secret"]
    if told["format"] is ReceiverFormat.SLACK:
        if secret is not None:
            yield Problem(f"{path}.secret", "conflict", "is not used by format slack: take it out")
        if not isinstance(told["url"], FromEnvironment):
            text = "lets anybody post who has it: write ${NAME}, and set NAME in the environment"
            yield Problem(f"{path}.url", "plaintext_secret", text)
        return
    if secret is None:
        text = (
            "is missing: it signs the messages. `openssl rand -base64 32` makes one; write whsec_ before it"
        )
        yield Problem(f"{path}.secret", "required", text)
    elif not isinstance(secret, FromEnvironment):
        text = "is a secret in plain: write ${NAME}, and set NAME in the environment"
        yield Problem(f"{path}.secret", "plaintext_secret", text)
    elif not isinstance(secret, UnsetVariable) and _secret(secret) is None:
        text = "must be whsec_ and the base64 of 24 to 64 bytes: `openssl rand -base64 32` makes these"
        yield Problem(f"{path}.secret", "invalid", text)


def _secret(text: str | None) -> bytes | None:
    """The bytes of a secret; None where it is none."""
    if text is None or not text.startswith("whsec_"):
        return None
    try:
        found = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if _LEAST_SECRET <= len(found) <= _MOST_SECRET else None
