"""Parses and formats the mapping in a form: YAML as in the configuration file, or JSON."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from relay.config.yaml_document import parse_yaml
from relay.core.errors import Problem, ValidationFailed
from relay.core.gong.problems import ErrorCode

_TEXT_MAX = 50_000
"""PyYAML reads about 100,000 characters per second. The longest preset has 4,000."""
_NODES_MAX = 10_000
_LINE_WIDTH = 1_000
"""Wide enough that no template is wrapped."""


def parse_mapping(text: str) -> Any:
    """Return the mapping, or None for an empty text. Raises ValidationFailed with the line of each error."""
    if len(text) > _TEXT_MAX:
        message = f"is longer than {_TEXT_MAX:,} characters: put it into the configuration file"
        raise ValidationFailed([Problem("mapping", ErrorCode.LENGTH, message)])
    # JSON is a subset of YAML, so one parser reads both.
    mapping, problems = parse_yaml(text, max_nodes=_NODES_MAX)
    if problems:
        raise ValidationFailed(
            [
                replace(
                    problem, path="mapping", message=f"{problem.path}: {problem.message}".removeprefix(": ")
                )
                for problem in problems
            ]
        )
    return mapping or None


def format_mapping(mapping: Mapping[str, Any]) -> str:
    """Format a mapping as YAML for the configuration file."""
    return yaml.safe_dump(dict(mapping), sort_keys=False, allow_unicode=True, width=_LINE_WIDTH)
