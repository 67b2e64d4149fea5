"""`python -m tests.chart.printed`: write values.yaml and the README's table anew from the chart's values.schema.json.

The schema is the only place where a value is described; a test fails when the other two say something else.
"""

import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

CHART = Path(__file__).parents[2] / "helm" / "gong-relay"
_BEGIN, _END = "<!-- values -->\n", "<!-- /values -->"
_HEAD = """\
# The values of the chart and their defaults, printed from values.schema.json by `make chart`.
# Write your own into a file beside it, and only what differs.
"""

Schema = Mapping[str, Any]


def schema() -> Schema:
    return dict(json.loads((CHART / "values.schema.json").read_text("utf-8")))


def values_yaml(told: Schema) -> str:
    """Every value with its description above it."""
    return _HEAD + "\n".join(_block(told["properties"], depth=0)) + "\n"


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


def table(told: Schema) -> str:
    """Every value as a row: path, default, meaning."""
    rows = [
        f"| `{path}` | `{json.dumps(item['default'], ensure_ascii=False)}` | {item['description']} |"
        for path, item in leaves(told["properties"])
    ]
    return "\n".join(["| value | default | description |", "| --- | --- | --- |", *rows]) + "\n"


def leaves(properties: Schema, prefix: str = "") -> Iterator[tuple[str, Schema]]:
    """Every value that is no mere group of values, by its path."""
    for name, item in properties.items():
        if "properties" in item:
            yield from leaves(item["properties"], f"{prefix}{name}.")
        elif name != "global":
            yield f"{prefix}{name}", item


def readme(told: Schema, text: str) -> str:
    """The README with its table replaced."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{table(told)}\n{_END}{after}"


def main() -> None:
    told = schema()
    (CHART / "values.yaml").write_text(values_yaml(told), "utf-8")
    page = CHART / "README.md"
    page.write_text(readme(told, page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
