"""Parses and formats the mapping in a form: YAML as in the configuration file, or JSON."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from relay.config.yaml_document import parse_yaml
from relay.core.errors import ValidationFailed

_LINE_WIDTH = 1_000
"""Wide enough that no template is wrapped."""


def parse_mapping(text: str) -> Any:
    """Return the mapping, or None for an empty text. Raises ValidationFailed with the line of each error."""
    # JSON is a subset of YAML, so one parser reads both.
    mapping, problems = parse_yaml(text)
    if problems:
        raise ValidationFailed(
            [
                replace(problem, path="mapping", message=f"{problem.path}: {problem.message}")
                for problem in problems
            ]
        )
    return mapping or None


def format_mapping(mapping: Mapping[str, Any]) -> str:
    """Format a mapping as YAML for the configuration file."""
    return yaml.safe_dump(dict(mapping), sort_keys=False, allow_unicode=True, width=_LINE_WIDTH)
