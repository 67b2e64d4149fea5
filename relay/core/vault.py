"""Vault: encrypts secrets for the store with RELAY_SECRET_KEYS, and binds each to a purpose."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_INFO = b"gong-event-relay vault 1"
_END_OF_PURPOSE = "\0"


class UnsealError(Exception):
    """No key decrypts the text, or it was sealed for another purpose. The message contains neither key nor text."""


class Vault:
    """Encrypts with the first of its keys, and decrypts what any of them has encrypted."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are strings with the entropy of a key, newest first. Without any, nothing can be sealed or opened."""
        self._fernets = [_fernet(key) for key in keys]

    def seal(self, text: str, purpose: str) -> str:
        """Encrypt text. `purpose` says what it is and whose; the same purpose is needed to decrypt it."""
        return self._all_keys().encrypt(f"{purpose}{_END_OF_PURPOSE}{text}".encode()).decode()

    def open(self, sealed: str, purpose: str) -> str:
        """Decrypt text. Raises UnsealError."""
        try:
            opened = self._all_keys().decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise UnsealError("no key of RELAY_SECRET_KEYS opens it") from None
        actual, _, text = opened.partition(_END_OF_PURPOSE)
        # Without this check, anyone who can write to the store could swap two sealed texts.
        if actual != purpose:
            raise UnsealError(f"it was not sealed for {purpose}")
        return text

    def reseal(self, sealed: str) -> str | None:
        """Encrypt the same text with the newest key; None if it is already. Raises UnsealError."""
        try:
            self._newest_key().decrypt(sealed.encode())
        except InvalidToken:
            pass
        else:
            return None
        try:
            return self._all_keys().rotate(sealed.encode()).decode()
        except InvalidToken:
            raise UnsealError("no key of RELAY_SECRET_KEYS opens it") from None

    def _newest_key(self) -> Fernet:
        if not self._fernets:
            raise UnsealError("RELAY_SECRET_KEYS contains no key")
        return self._fernets[0]

    def _all_keys(self) -> MultiFernet:
        self._newest_key()
        return MultiFernet(self._fernets)


def _fernet(key: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=_INFO).derive(key.encode())
    return Fernet(urlsafe_b64encode(derived))
