"""Complete the sources that a page shows to a configuration, so that the loader can check them."""

import re
from typing import Any

import yaml

from relay.config.load import read_config
from relay.config.presets import load_preset
from relay.core.config import Config
from tests.core.verification.senders import OTHER, SENDERS, TEXT

_DESTINATION = """
destinations:
  acme: {auth: {basic: {access_key: "${ACME_KEY}", access_key_secret: "${ACME_SECRET}"}}}
"""


def config_of(block: str) -> Config:
    """Load a configuration with these sources, with valid secrets for their schemes."""
    secrets = {
        name: secret
        for source in yaml.safe_load(block)["sources"].values()
        for name, secret in _secrets(source).items()
    }
    environ = {"ACME_KEY": "sandbox-key", "ACME_SECRET": "sandbox-secret", **secrets}
    return read_config(block + _DESTINATION, environ=environ, allow_hosts=())


def _secrets(source: Any) -> dict[str, str]:
    verify = source.get("verify", {})
    scheme = verify.get("scheme") or load_preset(source["preset"])["verify"]["scheme"]
    sender = SENDERS.get(scheme)
    values = (sender.secret, sender.wrong) if sender else (TEXT, OTHER)
    return dict(zip(re.findall(r"\$\{(\w+)\}", str(verify)), values, strict=False))
