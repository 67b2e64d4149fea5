"""The `alerts` section of the configuration file: conditions, thresholds and receivers."""

# ruff: noqa: ARG002, RUF012 - marshmallow passes all of these to `_deserialize`, and reads messages from a class attribute

import base64
import binascii
import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

from marshmallow import ValidationError, fields

from relay.config.fields import Choice, NamedSections, SecretText, Section, Share, StrictSchema
from relay.config.secret_scope import keep_or_withhold
from relay.config.yaml_document import FromEnvironment, UnsetVariable
from relay.core.alerts.thresholds import AlertConfig, Rate, Receiver, ReceiverFormat, Thresholds
from relay.core.errors import Problem
from relay.core.secret import Process, WithheldSecret

_TIME = r"([0-9]{1,6}) ?([smhd]?)"
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_MAX_SECONDS = 7 * 86_400
_RATE = re.compile(rf"([1-9][0-9]{{0,8}}) in {_TIME}")
_ADDRESS = re.compile(
    r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?)(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)
_NUMERIC = re.compile(r"[0-9.]+(?::[0-9]+)?")
_MIN_SECRET_BYTES, _MAX_SECRET_BYTES = 24, 64


class Threshold(fields.Field[Any]):
    """A threshold or `off`."""

    pattern = ""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        # YAML reads an unquoted `off` as false.
        return None if value is False or value == "off" else self._parse(value)

    def _parse(self, value: Any) -> Any:
        raise NotImplementedError


class DurationThreshold(Threshold):
    """A threshold for a duration: `90s`, `5m`, `4h`, `1d`."""

    default_error_messages = {"null": "is empty: give it a value or remove the line"}
    pattern = f"{_TIME}|off"

    def _parse(self, value: Any) -> float:
        return _parse_duration(value, minimum=0)


class RateThreshold(Threshold):
    """A threshold for a rate: `20 in 10m`."""

    default_error_messages = {"null": "is empty: give it a value or remove the line"}
    pattern = f"{_RATE.pattern}|off"

    def _parse(self, value: Any) -> Rate:
        match = _RATE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValidationError("must be a number in a duration, such as 1 in 15m; or off")
        return Rate(int(match[1]), _parse_duration(f"{match[2]}{match[3]}", minimum=1))


class ShareThreshold(Threshold):
    """A threshold for a share: `90%` or `0.9`."""

    default_error_messages = {"null": "is empty: give it a value or remove the line"}
    pattern = r"[0-9.]+ ?%|[01](\.[0-9]+)?|off"

    def _parse(self, value: Any) -> float:
        share: float = Share().deserialize(value)
        return share


class Interval(fields.Field[float]):
    """A duration of at least one second: `60s`, `4h`."""

    default_error_messages = {"null": "is empty: give it a value or remove the line"}
    pattern = _TIME

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        return _parse_duration(value, minimum=1)


class Flag(fields.Boolean):
    """true or false."""

    default_error_messages = {"invalid": "must be true or false", "null": "must be true or false"}


def _parse_duration(value: Any, *, minimum: int) -> float:
    match = re.fullmatch(_TIME, str(value)) if isinstance(value, str | int) else None
    # True and False are integers in Python, and would read as a number of seconds.
    seconds = int(match[1]) * _UNITS[match[2]] if match and not isinstance(value, bool) else -1
    if not minimum <= seconds <= _MAX_SECONDS:
        raise ValidationError(f"must be a duration from {minimum}s to 7d, such as 90s, 5m or 4h")
    return float(seconds)


class TextOrVariable(SecretText):
    """A string that records whether it came from a variable, so that a secret in the file can be rejected."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        return value if isinstance(value, FromEnvironment) else text


class ReceiverSchema(StrictSchema):
    url = TextOrVariable(
        required=True,
        metadata={
            "description": "URL to post messages to: https, or a host that RELAY_ALLOW_GONG_HOSTS lists."
        },
    )
    secret = TextOrVariable(
        load_default=None,
        metadata={
            "description": "Key that signs messages: whsec_ and the base64 of 24 to 64 bytes. Write ${NAME}."
        },
    )
    format = Choice(
        ReceiverFormat,
        load_default=ReceiverFormat.STANDARD,
        metadata={"description": "standard (signed JSON) or slack (text for Slack and compatible chats)."},
    )


class HeartbeatSchema(StrictSchema):
    url = TextOrVariable(
        required=True,
        metadata={
            "description": "URL that a worker requests after every check. A monitoring service there notices when the requests stop."
        },
    )


class ConditionsSchema(StrictSchema):
    on_hold = DurationThreshold(
        metadata={"description": "Duration for which a destination has been on hold."}
    )
    dead_letters = RateThreshold(
        metadata={"description": "Number of dead letters of a destination within a duration."}
    )
    daily_budget = ShareThreshold(metadata={"description": "Share of a company's daily budget that is used."})
    oldest_event = DurationThreshold(
        metadata={"description": "Duration for which an event that could be sent has waited."}
    )
    no_worker = DurationThreshold(metadata={"description": "Duration without a running worker."})
    relaxed_durability = Flag(
        metadata={"description": "Whether to alert when the store may lose accepted events."}
    )
    store_full = ShareThreshold(metadata={"description": "Share of the store's maxmemory that is used."})
    gong_down = DurationThreshold(
        metadata={"description": "Duration for which Gong has not responded at a base URL."}
    )
    failed_verification = RateThreshold(
        metadata={"description": "Number of a source's webhooks that failed verification within a duration."}
    )
    wrong_clock = DurationThreshold(
        metadata={
            "description": "Difference between the clocks of the store and a worker, or by which the store's was set."
        }
    )


class AlertsSchema(StrictSchema):
    receivers = NamedSections(
        ReceiverSchema,
        load_default=dict,
        metadata={"description": "Receivers of notifications, by names that you choose."},
    )
    conditions = Section(
        ConditionsSchema,
        load_default=dict,
        metadata={"description": "Threshold of each condition; `off` disables it."},
    )
    check_interval = Interval(
        load_default=60.0, metadata={"description": "Time between two checks by a worker."}
    )
    repeat_interval = Interval(
        load_default=14_400.0, metadata={"description": "Time between two notifications of an open alert."}
    )
    resolve_after = Interval(
        load_default=300.0,
        metadata={"description": "How long a condition must be absent before its alert resolves."},
    )
    heartbeat = Section(
        HeartbeatSchema,
        load_default=None,
        metadata={"description": "A dead man's switch at another service."},
    )


def read_alerts(entry: Mapping[str, Any] | None, process: Process) -> AlertConfig:
    """Build the settings of alerts from a validated section; the defaults if there is none."""
    if entry is None:
        return AlertConfig()
    receivers = (_build_receiver(name, receiver, process) for name, receiver in entry["receivers"].items())
    heartbeat = entry["heartbeat"]
    return AlertConfig(
        receivers=tuple(receivers),
        thresholds=Thresholds(**entry["conditions"]),
        check_interval=entry["check_interval"],
        repeat_interval=entry["repeat_interval"],
        resolve_after=entry["resolve_after"],
        heartbeat=keep_or_withhold(process, "alerts.heartbeat.url", heartbeat["url"]) if heartbeat else None,
    )


def _build_receiver(name: str, entry: Mapping[str, Any], process: Process) -> Receiver:
    path = f"alerts.receivers.{name}"
    secret = entry["secret"]
    if secret is not None:
        secret = keep_or_withhold(process, f"{path}.secret", secret)
    return Receiver(
        name=name,
        url=keep_or_withhold(process, f"{path}.url", entry["url"]),
        secret=_decode_secret(secret) if isinstance(secret, str) else secret,
        format=entry["format"],
    )


def alert_problems(section: Mapping[str, Any] | None, hosts: Container[str]) -> Iterator[Problem]:
    """Yield the problems that the schema cannot find. `hosts` may be called in addition to public ones, and over http."""
    if section is None:
        return
    for name, receiver in section.get("receivers", {}).items():
        path = f"alerts.receivers.{name}"
        yield from _address_problems(receiver["url"], f"{path}.url", hosts)
        yield from _secret_problems(receiver, path)
    if heartbeat := section.get("heartbeat"):
        yield from _address_problems(heartbeat["url"], "alerts.heartbeat.url", hosts)


def _address_problems(url: str | WithheldSecret, path: str, hosts: Container[str]) -> Iterator[Problem]:
    if isinstance(url, UnsetVariable | WithheldSecret):
        return
    match = _ADDRESS.fullmatch(url)
    # An IP address could lead into the operator's own network, so it must be listed even with https.
    if match and (match[2] in hosts or (match[1] == "https" and not _NUMERIC.fullmatch(match[2]))):
        return
    text = (
        "must be an address such as https://alerts.example.com/relay; for http or an IP address, add the host to "
        "RELAY_ALLOW_GONG_HOSTS, exactly as the address writes it"
    )
    yield Problem(path, "unsafe_address", text)


def _secret_problems(receiver: Mapping[str, Any], path: str) -> Iterator[Problem]:
    secret = receiver["secret"]
    if receiver["format"] is ReceiverFormat.SLACK:
        if secret is not None:
            yield Problem(f"{path}.secret", "conflict", "has no use with format slack: remove it")
        if not isinstance(receiver["url"], FromEnvironment | WithheldSecret):
            text = "is a secret, because anyone who has it can post: write ${NAME}, and set NAME in the environment"
            yield Problem(f"{path}.url", "plaintext_secret", text)
        return
    if secret is None:
        text = (
            "is missing: it signs the messages. `openssl rand -base64 32` creates one; write whsec_ before it"
        )
        yield Problem(f"{path}.secret", "required", text)
    elif isinstance(secret, WithheldSecret):
        return
    elif not isinstance(secret, FromEnvironment):
        text = "is a secret in plain text: write ${NAME}, and set NAME in the environment"
        yield Problem(f"{path}.secret", "plaintext_secret", text)
    elif not isinstance(secret, UnsetVariable) and _decode_secret(secret) is None:
        text = "must be whsec_ and the base64 of 24 to 64 bytes: `openssl rand -base64 32` creates these"
        yield Problem(f"{path}.secret", "invalid", text)


def _decode_secret(text: str | None) -> bytes | None:
    """Return the bytes of a `whsec_` secret; None if it is not valid."""
    if text is None or not text.startswith("whsec_"):
        return None
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if _MIN_SECRET_BYTES <= len(key) <= _MAX_SECRET_BYTES else None
