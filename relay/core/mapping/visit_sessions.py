"""The part of a rule, or of a source, that has the events of one session become one call."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relay.core.default_mapping.properties import format_scalar
from relay.core.errors import Problem, join_path
from relay.core.gong.limits import TITLE_MAX
from relay.core.mapping.problems import EventProblemCode, MappingErrorCode, check_keys
from relay.core.mapping.templates import Template, parse_template
from relay.core.mapping.tree import BuildContext
from relay.core.mapping.work_limit import NoValue
from relay.core.visit_session import AggregateOptions

DURATION_PATTERN = r"([0-9]{1,6}) ?([smh]?)"
DURATION_MAX_SECONDS = 12 * 3600
_TIMES = ("idle_timeout", "max_duration")
_KEYS = (*_TIMES, "as")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
_TIME_WANTED = "must be a time from 1s to 12h, such as 90s, 15m or 4h"


@dataclass(frozen=True, slots=True)
class RuleAggregate:
    """A rule's sessions. `key_template` tells which one an event belongs to; None = the `sessionId` of its call."""

    options: AggregateOptions
    key_template: Template | None = None

    def key(self, making: BuildContext) -> str | None:
        """What `key_template` makes of an item, None where it has no value."""
        if self.key_template is None:
            return None
        try:
            value = self.key_template.evaluate(making.scope, making.meter)
        except NoValue as error:
            making.warnings.append(Problem("aggregate.by", EventProblemCode.NO_VALUE, str(error)))
            return None
        if isinstance(value, list | dict | bool):
            making.warnings.append(
                Problem(
                    "aggregate.by", EventProblemCode.NO_VALUE, "is no text and no number: it tells no session"
                )
            )
            return None
        return None if value is None else format_scalar(value)


def parse_rule_aggregate(spec: Any, *, path: str, names_session: bool) -> tuple[RuleAggregate, list[Problem]]:
    """A rule's, with everything wrong in it. `names_session`: the rule's map fills `sessionId`."""
    if not isinstance(spec, Mapping):
        return RuleAggregate(AggregateOptions()), [_unread(path)]
    how, problems = parse_aggregate(spec, path=path, known=("by", *_KEYS))
    by = _read_by(spec.get("by"), join_path(path, "by"), problems)
    if spec.get("by") is None and not names_session:
        message = "is missing: say what ties the events, as in {{ item.visit }}, or fill sessionId in the map"
        problems.append(Problem(join_path(path, "by"), MappingErrorCode.MISSING_KEY, message))
    return RuleAggregate(how, by), problems


def _read_by(by: Any, path: str, problems: list[Problem]) -> Template | None:
    read = parse_template(by, path=path) if isinstance(by, str) else ""
    if isinstance(read, Template):
        return read
    if isinstance(read, list):
        problems += read
    elif by is not None:
        message = "must hold an expression that tells the session, as in {{ item.visit }}"
        problems.append(Problem(path, MappingErrorCode.INVALID_VALUE, message))
    return None


def parse_aggregate(
    spec: Any, *, path: str, known: tuple[str, ...] = _KEYS
) -> tuple[AggregateOptions, list[Problem]]:
    """When sessions are over and what they are called, with everything wrong in it."""
    if not isinstance(spec, Mapping):
        return AggregateOptions(), [_unread(path)]
    problems = list(check_keys(spec, known, path))
    times = {key: _seconds(spec[key]) for key in _TIMES if key in spec}
    problems += [
        Problem(join_path(path, key), MappingErrorCode.INVALID_VALUE, _TIME_WANTED)
        for key, time in times.items()
        if time is None
    ]
    aggregate = AggregateOptions(
        **{f"{key}_seconds": float(time) for key, time in times.items() if time is not None},
        event_type=_name(spec.get("as"), join_path(path, "as"), problems),
    )
    if not problems and aggregate.idle_timeout_seconds > aggregate.max_duration_seconds:
        message = f"must not be longer than max_duration, which is {aggregate.max_duration_seconds / 3600:g}h"
        problems.append(Problem(join_path(path, "idle_timeout"), MappingErrorCode.INVALID_VALUE, message))
    return aggregate, problems


def _unread(path: str) -> Problem:
    return Problem(
        path,
        MappingErrorCode.INVALID_VALUE,
        f"must be an object of {', '.join(_KEYS)}, as in {{idle_timeout: 15m}}",
    )


def _seconds(value: Any) -> int | None:
    """`90s`, `15m`, `4h`, or a number of seconds."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    found = re.fullmatch(DURATION_PATTERN, str(value), re.ASCII)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    return seconds if 1 <= seconds <= DURATION_MAX_SECONDS else None


def _name(value: Any, path: str, problems: list[Problem]) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > TITLE_MAX or "{{" in value:
        message = f"must be plain text of 1 to {TITLE_MAX} characters: what Gong calls the whole session"
        problems.append(Problem(path, MappingErrorCode.INVALID_VALUE, message))
        return None
    return value.strip()
