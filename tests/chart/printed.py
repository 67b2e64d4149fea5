"""`python -m tests.chart.printed`: generate values.yaml and the README's table from the chart's values.schema.json.

The schema is the only source of a value's description; a test fails if the generated files differ.
"""

import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

CHART = Path(__file__).parents[2] / "helm" / "gong-relay"
_BEGIN, _END = "<!-- values -->\n", "<!-- /values -->"
_HEAD = """\
# The chart's values and their defaults, generated from values.schema.json by `make chart`.
# Put your own values into a separate file, and only those that differ.
"""

Schema = Mapping[str, Any]


def schema() -> Schema:
    return dict(json.loads((CHART / "values.schema.json").read_text("utf-8")))


def values_yaml(tree: Schema) -> str:
    """Every value with its description above it."""
    return _HEAD + "\n".join(_block(tree["properties"], depth=0)) + "\n"


def _block(properties: Schema, *, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, item in properties.items():
        if name == "global":
            continue
        if depth == 0:
            yield ""
        yield from textwrap.wrap(
            item["description"], 110, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# "
        )
        if "properties" in item:
            yield f"{indent}{name}:"
            yield from _block(item["properties"], depth=depth + 1)
        else:
            yield f"{indent}{name}: {json.dumps(item['default'], ensure_ascii=False)}"


def table(tree: Schema) -> str:
    """Every value as a table row: path, default, description."""
    rows = [
        f"| `{path}` | `{json.dumps(item['default'], ensure_ascii=False)}` | {item['description']} |"
        for path, item in leaves(tree["properties"])
    ]
    return "\n".join(["| value | default | description |", "| --- | --- | --- |", *rows]) + "\n"


def leaves(properties: Schema, prefix: str = "") -> Iterator[tuple[str, Schema]]:
    """Every value that is not a group of values, with its path."""
    for name, item in properties.items():
        if "properties" in item:
            yield from leaves(item["properties"], f"{prefix}{name}.")
        elif name != "global":
            yield f"{prefix}{name}", item


def readme(tree: Schema, text: str) -> str:
    """The README with its table replaced."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{table(tree)}\n{_END}{after}"


def main() -> None:
    tree = schema()
    (CHART / "values.yaml").write_text(values_yaml(tree), "utf-8")
    page = CHART / "README.md"
    page.write_text(readme(tree, page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
