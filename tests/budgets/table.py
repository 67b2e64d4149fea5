"""Measures every parser with every hostile input, and prints the table in the appendix of docs/threat-model.md."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.budgets.measure import Cost, measure
from tests.budgets.parser import Parser
from tests.budgets.parsers import PARSERS

PAGE = Path(__file__).parents[2] / "docs" / "threat-model.md"
START, END = "<!-- budgets: printed by make budgets -->", "<!-- end of budgets -->"
COLUMNS = (
    "parser",
    "largest input",
    "costliest input",
    "CPU time",
    "growth",
    "memory",
    "growth",
    "other inputs",
)

Costs = Sequence[tuple[str, Cost]]


def print_rows() -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"| {' | '.join(['---'] * len(COLUMNS))} |"
    for parser in PARSERS:
        costs = [(name, measure(parser, build)) for name, build in parser.hostile.items()]
        yield f"| {' | '.join(_print_cells(parser, costs))} |"


def _print_cells(parser: Parser, costs: Costs) -> Iterator[str]:
    worst, cost = max(costs, key=lambda pair: pair[1].seconds)
    yield parser.name
    yield f"{parser.limit:,}"
    yield worst
    yield f"{cost.seconds * 1000:,.0f} ms" if cost.seconds >= 0.001 else "< 1 ms"
    yield _print_growth(max(item.growth for _, item in costs))
    yield f"{max(item.memory for _, item in costs):,.0f} B"
    yield _print_growth(max(item.memory_growth for _, item in costs))
    yield ", ".join(name for name, _ in costs if name != worst)


def _print_growth(growth: float) -> str:
    return f"{growth:.1f}" if growth else "-"


def write_page() -> None:
    """Replace the table on the page."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    table = "\n".join(print_rows())
    PAGE.write_text(f"{before}{START}\n{table}\n{END}{after}", "utf-8")
