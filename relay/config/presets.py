"""The presets that come with the relay: for each vendor how it signs, asks, posts, and what becomes of its events."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml


@cache
def preset_names() -> tuple[str, ...]:
    """Every preset's name, in order."""
    files = (file.name for file in resources.files("relay").joinpath("presets").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml")))


@cache
def load_preset(name: str) -> Mapping[str, Any]:
    """A preset as its file holds it: title, verify, challenges, read, answer, items, rules. KeyError without one."""
    if name not in preset_names():
        raise KeyError(name)
    text = resources.files("relay").joinpath("presets", f"{name}.yaml").read_text("utf-8")
    loaded: Mapping[str, Any] = yaml.safe_load(text)
    return loaded
