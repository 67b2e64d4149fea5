"""Reads the project's files and Markdown pages for the tests in this folder."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_CODE = ("relay", "workers", "tests", "bench")
_BUILT = frozenset({"__pycache__", "dist", "build"})


def files(*suffixes: str) -> list[Path]:
    """Every file of the project with one of these suffixes (none = all), without caches, environments and data."""
    paths = (path for path in _walk(ROOT) if not suffixes or path.suffix in suffixes)
    return sorted(paths)


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        hidden = path.name.startswith(".") and path.name not in {".ci", ".gitignore"}
        if hidden or path.name in _BUILT or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


def python_files(*folders: str) -> list[Path]:
    """The Python files of these folders; of all that hold code when none is named."""
    tops = folders or _CODE
    return [path for path in files(".py") if path.relative_to(ROOT).parts[0] in tops]


def name_of(path: Path) -> str:
    """A file's path inside the project."""
    return path.relative_to(ROOT).as_posix()


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def section(text: str, title: str) -> str:
    """The text below a heading, up to the next heading."""
    match = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,6}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert match, f"there is no heading {title!r}"
    return match[2]


def first_cells(text: str) -> list[str]:
    """The first cell of every row of every table, without its back-ticks. Headings and rules of tables are left out."""
    return [row[0] for row in rows(text)]


def rows(text: str) -> list[list[str]]:
    """Every row of every table as plain cells."""
    lines = [line.strip() for line in text.splitlines()]
    table_rows = []
    for at, line in enumerate(lines):
        is_head = at + 1 < len(lines) and re.fullmatch(r"\|[\s|:-]+\|", lines[at + 1])
        if line.startswith("|") and not is_head and not re.fullmatch(r"\|[\s|:-]+\|", line):
            cells = re.split(r"(?<!\\)\|", line.strip("|"))
            table_rows.append([cell.strip().strip("`") for cell in cells])
    return table_rows


def fenced(text: str, *languages: str) -> list[str]:
    """The blocks of code in these languages."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [block for language, block in blocks if language in languages]
