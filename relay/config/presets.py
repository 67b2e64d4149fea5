"""Files that ship with the relay: the presets for vendors' webhooks, and the starter configuration."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

_SANDBOX_URL = "http://127.0.0.1:8090"


@cache
def preset_names() -> tuple[str, ...]:
    """Return the names of all presets, sorted."""
    files = (file.name for file in resources.files("relay").joinpath("presets").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml")))


@cache
def load_preset(name: str) -> Mapping[str, Any]:
    """Return the content of a preset's file. Raises KeyError for an unknown name."""
    if name not in preset_names():
        raise KeyError(name)
    text = resources.files("relay").joinpath("presets", f"{name}.yaml").read_text("utf-8")
    loaded: Mapping[str, Any] = yaml.safe_load(text)
    return loaded


def render_starter(sandbox_url: str) -> str:
    """Return the configuration file that a first start writes, with the sandbox at this URL as its destination."""
    text = Path(__file__).with_name("starter.yaml").read_text(encoding="utf-8")
    return text.replace(_SANDBOX_URL, sandbox_url)
