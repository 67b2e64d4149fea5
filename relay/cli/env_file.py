"""The small file in which `up` keeps what a second terminal needs: `NAME=value` lines that only their owner may read."""

from collections.abc import Mapping
from pathlib import Path

_HEADER = "# Written by `gong-relay up`, and read by every gong-relay command beneath the real environment.\n"


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of the file; none when it is not there."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value for name, _, value in pairs}


def write_env_file(path: Path, values: Mapping[str, str]) -> None:
    """Replace the file in one step, so that no reader finds half of it."""
    text = _HEADER + "".join(f"{name}={value}\n" for name, value in values.items())
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600, exist_ok=False)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
