"""Where events come from: what the configuration says of a source."""

from dataclasses import dataclass

from relay.core.call import SendAs


def key_id(digest: str) -> str:
    """What an API key is called wherever it is shown or logged: the first digits of its SHA-256."""
    return digest[:8]


@dataclass(frozen=True, slots=True)
class Source:
    """A configured sender. `key_digests` are the hex SHA-256 of its API keys."""

    name: str
    destination: str
    key_digests: frozenset[str] = frozenset()
    send_as: SendAs = SendAs.DIGITAL_INTERACTION
