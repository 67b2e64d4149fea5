"""The configuration file that a first start writes: the sandbox as destination, one source, and comments that teach."""

from pathlib import Path

_SANDBOX = "http://127.0.0.1:8090"


def render_starter(sandbox_url: str) -> str:
    """The starter's text, for a sandbox at this address."""
    return Path(__file__).with_name("starter.yaml").read_text(encoding="utf-8").replace(_SANDBOX, sandbox_url)
