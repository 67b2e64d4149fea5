"""Where events come from: what the configuration says of a source."""

from dataclasses import dataclass

from relay.core.call import SendAs


@dataclass(frozen=True, slots=True)
class Source:
    """A configured sender. `key_digests` are the hex SHA-256 of its API keys."""

    name: str
    destination: str
    key_digests: frozenset[str] = frozenset()
    send_as: SendAs = SendAs.DIGITAL_INTERACTION
