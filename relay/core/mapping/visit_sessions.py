"""The `aggregate` section of a rule or source: which events form a session that is sent as one call."""

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
_DURATION_KEYS = ("idle_timeout", "max_duration")
_KEYS = (*_DURATION_KEYS, "as")
_UNIT_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_DURATION_ERROR = "must be a time from 1s to 12h, such as 90s, 15m or 4h"


@dataclass(frozen=True, slots=True)
class RuleAggregate:
    """The `aggregate` section of a rule."""

    options: AggregateOptions
    key_template: Template | None = None
    """Gives the key that events of one session share. None: they share the `sessionId` of their calls."""

    def session_key(self, context: BuildContext) -> str | None:
        """Evaluate `key_template` for an item. None, with a warning, if it gives no key."""
        if self.key_template is None:
            return None
        try:
            value = self.key_template.evaluate(context.scope, context.counter)
        except NoValue as error:
            context.warnings.append(Problem("aggregate.by", EventProblemCode.NO_VALUE, str(error)))
            return None
        # All events for which this were true would fall into one session.
        if isinstance(value, list | dict | bool):
            message = "is neither text nor a number, so it cannot identify a session"
            context.warnings.append(Problem("aggregate.by", EventProblemCode.NO_VALUE, message))
            return None
        return None if value is None else format_scalar(value)


def parse_rule_aggregate(spec: Any, *, path: str, names_session: bool) -> tuple[RuleAggregate, list[Problem]]:
    """Parse a rule's section. Returns it with every problem. `names_session`: the rule's map fills `sessionId`."""
    if not isinstance(spec, Mapping):
        return RuleAggregate(AggregateOptions()), [_make_object_problem(path)]
    options, problems = parse_aggregate(spec, path=path, allowed=("by", *_KEYS))
    key_template = _parse_by(spec.get("by"), join_path(path, "by"), problems)
    if spec.get("by") is None and not names_session:
        message = "is missing: name what the events have in common, as in {{ item.visit }}, or fill sessionId in the map"
        problems.append(Problem(join_path(path, "by"), MappingErrorCode.MISSING_KEY, message))
    return RuleAggregate(options, key_template), problems


def _parse_by(by: Any, path: str, problems: list[Problem]) -> Template | None:
    parsed = parse_template(by, path=path) if isinstance(by, str) else ""
    if isinstance(parsed, Template):
        return parsed
    if isinstance(parsed, list):
        problems += parsed
    elif by is not None:
        # Literal text would put the events of all visitors into one session.
        message = "must contain an expression that identifies the session, as in {{ item.visit }}"
        problems.append(Problem(path, MappingErrorCode.INVALID_VALUE, message))
    return None


def parse_aggregate(
    spec: Any, *, path: str, allowed: tuple[str, ...] = _KEYS
) -> tuple[AggregateOptions, list[Problem]]:
    """Parse when sessions end and how Gong shows them. Returns the options with every problem."""
    if not isinstance(spec, Mapping):
        return AggregateOptions(), [_make_object_problem(path)]
    problems = list(check_keys(spec, allowed, path))
    durations = {key: _parse_seconds(spec[key]) for key in _DURATION_KEYS if key in spec}
    problems += [
        Problem(join_path(path, key), MappingErrorCode.INVALID_VALUE, _DURATION_ERROR)
        for key, seconds in durations.items()
        if seconds is None
    ]
    options = AggregateOptions(
        **{f"{key}_seconds": float(seconds) for key, seconds in durations.items() if seconds is not None},
        event_type=_parse_event_type(spec.get("as"), join_path(path, "as"), problems),
    )
    # A session would always end by max_duration, so the idle timeout would have no effect.
    if not problems and options.idle_timeout_seconds > options.max_duration_seconds:
        message = f"must not be longer than max_duration, which is {options.max_duration_seconds / 3600:g}h"
        problems.append(Problem(join_path(path, "idle_timeout"), MappingErrorCode.INVALID_VALUE, message))
    return options, problems


def _make_object_problem(path: str) -> Problem:
    message = f"must be an object of {', '.join(_KEYS)}, as in {{idle_timeout: 15m}}"
    return Problem(path, MappingErrorCode.INVALID_VALUE, message)


def _parse_seconds(value: Any) -> int | None:
    """Return the seconds in `90s`, `15m`, `4h` or a plain number. None if out of range or not a duration."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    match = re.fullmatch(DURATION_PATTERN, str(value), re.ASCII)
    seconds = int(match[1]) * _UNIT_SECONDS[match[2]] if match else 0
    return seconds if 1 <= seconds <= DURATION_MAX_SECONDS else None


def _parse_event_type(value: Any, path: str, problems: list[Problem]) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > TITLE_MAX or "{{" in value:
        # A session has many items, so there is no single item for an expression to read.
        message = (
            f"must be plain text of 1 to {TITLE_MAX} characters: Gong shows it as the type of the session"
        )
        problems.append(Problem(path, MappingErrorCode.INVALID_VALUE, message))
        return None
    return value.strip()
