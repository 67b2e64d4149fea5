"""The appendix of docs/threat-model.md lists the parsers and hostile inputs that the tests measure."""

from tests.budgets.parsers import PARSERS
from tests.budgets.table import COLUMNS, END, PAGE, START


def test_the_appendix_lists_every_parser_with_its_hostile_inputs():
    table = PAGE.read_text("utf-8").partition(START)[2].partition(END)[0].strip().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    listed = {row[0]: (row[1], {row[2], *filter(None, row[-1].split(", "))}) for row in cells[2:]}

    assert tuple(cells[0]) == COLUMNS
    assert listed == {parser.name: (f"{parser.limit:,}", set(parser.hostile)) for parser in PARSERS}
