"""Renders a source as YAML to paste into the configuration file."""

from collections.abc import Mapping
from typing import Any

import yaml

_WIDTH = 1_000
"""Wide enough that no line is folded. A folded expression is hard to read."""


class _Dumper(yaml.SafeDumper):
    """Indents lists, as the docs do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's signature
        super().increase_indent(flow, indentless=False)


class _FlowMapping(dict[str, Any]):
    """An object to render on one line, in braces."""


def source_yaml(name: str, entry: Mapping[str, Any], *, notes: list[str]) -> str:
    """Return the entry under `sources`, with each note as a comment above it."""
    entry = {**entry, "verify": _FlowMapping(entry["verify"])}
    comments = "".join(f"# {note}\n" for note in notes)
    text = _dump({"sources": {name: entry}}, allow_unicode=True)
    # YAML calls bidirectional marks printable; a terminal obeys them.
    is_safe = text.replace("\n", "").isprintable()
    return comments + (text if is_safe else _dump({"sources": {name: entry}}, allow_unicode=False))


def _dump(document: Mapping[str, Any], *, allow_unicode: bool) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=allow_unicode, width=_WIDTH)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Single quotes double each single quote in an expression, and double quotes escape each double one: use the rarer.
    quote = '"' if text.count('"') <= text.count("'") else "'"
    style = quote if "{" in text or ":" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represent_flow_mapping(dumper: yaml.SafeDumper, value: _FlowMapping) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(_FlowMapping, _represent_flow_mapping)
