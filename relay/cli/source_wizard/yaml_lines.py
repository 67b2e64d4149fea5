"""A new source as the lines to paste into the configuration file."""

from collections.abc import Mapping
from typing import Any

import yaml

_WIDTH = 1_000
"""No line is folded: an expression reads best whole."""


class _Dumper(yaml.SafeDumper):
    """Text with braces or colons in double quotes, as the docs write it, and indented lists."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)


class _OnOneLine(dict[str, Any]):
    """An object that is written in braces."""


def source_yaml(name: str, entry: Mapping[str, Any], *, notes: list[str]) -> str:
    """The lines, with each note as a comment above them."""
    whole = {**entry, "verify": _OnOneLine(entry["verify"])}
    comments = "".join(f"# {note}\n" for note in notes)
    text = yaml.dump(
        {"sources": {name: whole}}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH
    )
    return comments + text


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Single quotes would double every quote of an expression, double quotes escape every double one: the fewer win.
    quoted = '"' if text.count('"') <= text.count("'") else "'"
    style = quoted if "{" in text or ":" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _one_line(dumper: yaml.SafeDumper, value: _OnOneLine) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_OnOneLine, _one_line)
