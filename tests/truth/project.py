"""The project as its own tests read it: where its files are, and what its Markdown pages say."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_CODE = ("relay", "workers", "tests", "bench")
_BUILT = frozenset({"__pycache__", "dist", "build"})


def files(*suffixes: str) -> list[Path]:
    """Every file of the project with one of these suffixes (none = all): no caches, no environments, no data."""
    found = (path for path in _walk(ROOT) if not suffixes or path.suffix in suffixes)
    return sorted(found)


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
    """A file as people name it: its path inside the project."""
    return path.relative_to(ROOT).as_posix()


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def section(text: str, title: str) -> str:
    """What stands below one heading, up to the next of the same or a higher rank."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,6}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no heading {title!r}"
    return found[2]


def first_cells(text: str) -> list[str]:
    """The first cell of every row of every table, without its back-ticks. Headings and rules of tables are left out."""
    return [row[0] for row in rows(text)]


def rows(text: str) -> list[list[str]]:
    """Every row of every table as plain cells."""
    lines = [line.strip() for line in text.splitlines()]
    found = []
    for at, line in enumerate(lines):
        is_head = at + 1 < len(lines) and re.fullmatch(r"\|[\s|:-]+\|", lines[at + 1])
        if line.startswith("|") and not is_head and not re.fullmatch(r"\|[\s|:-]+\|", line):
            cells = re.split(r"(?<!\\)\|", line.strip("|"))
            found.append([cell.strip().strip("`") for cell in cells])
    return found


def fenced(text: str, *languages: str) -> list[str]:
    """The blocks of code in these languages."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [block for language, block in blocks if language in languages]
