"""The vault: secrets sealed for the store with the keys of RELAY_SECRET_KEYS, each sealed text bound to its purpose."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_INFO = b"gong-event-relay vault 1"
_END_OF_PURPOSE = "\0"


class UnsealError(Exception):
    """No key here opens it, or it was sealed for another purpose. Holds neither key nor text."""


class Vault:
    """Seals with the first of its keys, and opens what any of them has sealed."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are texts with the entropy of a key, the newest first. None at all: nothing can be sealed or opened."""
        self._fernets = [_fernet(key) for key in keys]

    def seal(self, text: str, purpose: str) -> str:
        """`purpose` says what the text is and whose; only who names it again can open the text."""
        return self._all().encrypt(f"{purpose}{_END_OF_PURPOSE}{text}".encode()).decode()

    def open(self, sealed: str, purpose: str) -> str:
        """The text. Raises Unsealable."""
        try:
            opened = self._all().decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise UnsealError("no key of RELAY_SECRET_KEYS opens it") from None
        told, _, text = opened.partition(_END_OF_PURPOSE)
        if told != purpose:
            raise UnsealError(f"it was not sealed for {purpose}")
        return text

    def resealed(self, sealed: str) -> str | None:
        """The same, sealed by the newest key; None when it is already. Raises Unsealable."""
        try:
            self._newest().decrypt(sealed.encode())
        except InvalidToken:
            pass
        else:
            return None
        try:
            return self._all().rotate(sealed.encode()).decode()
        except InvalidToken:
            raise UnsealError("no key of RELAY_SECRET_KEYS opens it") from None

    def _newest(self) -> Fernet:
        if not self._fernets:
            raise UnsealError("RELAY_SECRET_KEYS holds no key")
        return self._fernets[0]

    def _all(self) -> MultiFernet:
        self._newest()
        return MultiFernet(self._fernets)


def _fernet(key: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=_INFO).derive(key.encode())
    return Fernet(urlsafe_b64encode(derived))
