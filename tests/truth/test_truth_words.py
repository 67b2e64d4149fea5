"""Plain English, held by a ratchet: banned names and words per package, against a committed table that only goes down.

CONTRIBUTING.md says what to write instead. `python -m tests.truth.test_truth_words` writes the table again after a
count went down.
"""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.truth.project import ROOT, files, name_of

TABLE = Path(__file__).with_name("banned_words.json")

BANNED_NAMES = frozenset(
    {"told", "known", "one", "each", "found", "asked", "given", "taken", "said", "seen", "shown", "kept"}
)
"""Names that say nothing about what they hold. Write the noun: `event`, `destination`, `row`, `response`."""

BANNED_WORDS = (
    "told|tells?|anew|mend(?:s|ed|ing)?|deeds?|whoever|whom|somebody|nobody|anybody|for ever|so many|shall|lest|kin|be it"
    "|as it came|turn(?:s|ed) away|shown the door|letter by letter|falter(?:s|ed|ing)?|proven|proves? itself|manners"
    "|chores?|onlookers?"
)  # fmt: skip
"""Words that a native-speaking engineer would not write in code, messages or documents."""

_WORD = re.compile(rf"(?<![\w-])(?:{BANNED_WORDS})(?![\w-])", re.IGNORECASE)
_JINJA_NAME = re.compile(r"\{%-?\s*(?:for|set)\s+([\w, ]+?)\s*(?:\bin\b|=)")
_NOT_OURS = (
    "vendor/",
    "tests/presets/typeform.yaml",
    "tests/chart/schemas/",
    "tests/upgrades/written_by_",
    "LICENSE",
)
_TEXTS = (
    ".py",
    ".html",
    ".lua",
    ".md",
    ".yaml",
    ".yml",
    ".json",
    ".js",
    ".css",
    ".toml",
    ".tpl",
    ".sh",
    ".txt",
    ".in",
)


def offences(path: Path) -> Iterator[str]:
    """Each banned name and word of a file, with its line."""
    text = path.read_text("utf-8")
    where = name_of(path)
    if path.suffix == ".py":
        yield from (f"{where}:{line}: name {name}" for name, line in _python_names(text))
    for number, line in enumerate(text.splitlines(), 1):
        if path.suffix == ".html":
            names = {name for group in _JINJA_NAME.findall(line) for name in re.findall(r"\w+", group)}
            yield from (f"{where}:{number}: name {name}" for name in sorted(names & BANNED_NAMES))
        yield from (f"{where}:{number}: word {match[0]}" for match in _WORD.finditer(line))


def _python_names(text: str) -> Iterator[tuple[str, int]]:
    """Every banned name that is bound: variables, parameters, functions, classes, attributes, import aliases."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                pass
            case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                pass
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.alias(asname=str(name)):
                pass
            case _:
                continue
        if name.strip("_").lower() in BANNED_NAMES:
            yield name, node.lineno


def package_of(path: Path) -> str:
    """The first two folders of a path: `relay/store`, `docs`, `tests/web`."""
    parts = path.relative_to(ROOT).parts[:-1]
    return "/".join(parts[:2]) or "."


def counted() -> dict[str, list[str]]:
    """All offences by package."""
    by_package: dict[str, list[str]] = {}
    for path in files():
        is_text = path.suffix in _TEXTS or not path.suffix
        if path == Path(__file__) or not is_text or any(part in name_of(path) for part in _NOT_OURS):
            continue
        by_package.setdefault(package_of(path), []).extend(offences(path))
    return by_package


COUNTED = counted()


@pytest.mark.parametrize("package", sorted(COUNTED))
def test_a_package_has_no_more_banned_words_than_the_table_allows(package: str):
    allowed = json.loads(TABLE.read_text("utf-8")).get(package, 0)

    assert len(COUNTED[package]) <= allowed, "\n".join(COUNTED[package])


def test_the_table_is_lowered_when_a_count_goes_down():
    """Otherwise a package could gain words again up to an old count."""
    counts = {package: len(lines) for package, lines in COUNTED.items() if lines}

    assert json.loads(TABLE.read_text("utf-8")) == counts, "run: python -m tests.truth.test_truth_words"


def test_banned_names_are_found_wherever_a_name_is_bound():
    source = "def told(known):\n    for each in known:\n        x.seen = each\n    match x:\n        case [kept]: pass\n"

    names = Counter(name for name, _ in _python_names(source))

    assert names == {"told": 1, "known": 1, "each": 1, "seen": 1, "kept": 1}


def test_banned_words_are_found_in_any_case_and_only_as_whole_words():
    found_words = _WORD.findall("Nobody is told. Retold kindly: mended, amended.")

    assert found_words == ["Nobody", "told", "mended"]


def main() -> None:
    """Write the table from the counts of today."""
    counts = {package: len(lines) for package, lines in sorted(COUNTED.items()) if lines}
    TABLE.write_text(json.dumps(counts, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
