"""`python -m tests.budgets` measures all parsers again and writes the table in docs/threat-model.md."""

from tests.budgets.table import write_page

write_page()
