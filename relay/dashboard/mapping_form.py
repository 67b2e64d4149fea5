"""A mapping as people write it in a form: the YAML of the configuration file, of which JSON is a part."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from relay.config.yaml_document import parse_yaml
from relay.core.errors import ValidationFailed

_WIDTH = 1_000
"""A template is one line, however long."""


def read_mapping(text: str) -> Any:
    """What a mapping says; None where nothing is written. Raises Invalid with the line at fault."""
    spec, problems = parse_yaml(text)
    if problems:
        raise ValidationFailed(
            [replace(each, path="mapping", message=f"{each.path}: {each.message}") for each in problems]
        )
    return spec or None


def write_mapping(mapping: Mapping[str, Any]) -> str:
    """A mapping as it could stand in the file."""
    return yaml.safe_dump(dict(mapping), sort_keys=False, allow_unicode=True, width=_WIDTH)
