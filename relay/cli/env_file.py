"""The file in which `up` saves settings for commands in other terminals: `NAME=value` lines, readable by the owner only."""

from collections.abc import Mapping
from pathlib import Path

_HEADER = "# Written by `gong-relay up`. Every gong-relay command reads it; real environment variables override it.\n"


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables in the file; empty if there is no file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value for name, _, value in pairs}


def write_env_file(path: Path, values: Mapping[str, str]) -> None:
    """Replace the file atomically, so that no reader sees half of it."""
    text = _HEADER + "".join(f"{name}={value}\n" for name, value in values.items())
    temporary = path.with_name(f"{path.name}.new")
    # Created with its mode, so that the secrets are at no time readable by others.
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600, exist_ok=False)
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
