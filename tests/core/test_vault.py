"""The vault: a sealed text opens only with the right key and for the same purpose."""

import pytest

from relay.core.vault import UnsealError, Vault

OLD, NEW = "the-old-key-of-at-least-32-characters", "the-new-key-of-at-least-32-characters"


def test_a_sealed_text_opens_for_the_same_purpose():
    vault = Vault([OLD])

    assert vault.open(vault.seal("a secret", "tokens of acme"), "tokens of acme") == "a secret"


def test_a_sealed_text_does_not_open_for_another_purpose():
    vault = Vault([OLD])
    sealed = vault.seal("a secret", "tokens of acme")

    with pytest.raises(UnsealError, match="was not sealed for tokens of globex"):
        vault.open(sealed, "tokens of globex")


def test_a_sealed_text_shows_neither_text_nor_purpose():
    sealed = Vault([OLD]).seal("a secret", "tokens of acme")

    assert "secret" not in sealed
    assert "acme" not in sealed


def test_an_older_key_still_opens():
    sealed = Vault([OLD]).seal("a secret", "p")

    assert Vault([NEW, OLD]).open(sealed, "p") == "a secret"


def test_another_key_does_not_open():
    sealed = Vault([OLD]).seal("a secret", "p")

    with pytest.raises(UnsealError, match="no key of RELAY_SECRET_KEYS"):
        Vault([NEW]).open(sealed, "p")


@pytest.mark.parametrize("text", ["", "x", "gAAAAA==", "\u00e4"])
def test_a_text_that_was_not_sealed_is_rejected(text):
    with pytest.raises(UnsealError):
        Vault([OLD]).open(text, "p")


def test_sealing_needs_a_key():
    with pytest.raises(UnsealError, match="contains no key"):
        Vault([]).seal("a secret", "p")


def test_resealing_makes_the_older_key_unnecessary():
    sealed = Vault([OLD]).seal("a secret", "p")

    fresh = Vault([NEW, OLD]).reseal(sealed)

    assert fresh is not None
    assert Vault([NEW]).open(fresh, "p") == "a secret"


def test_resealing_leaves_texts_of_the_newest_key_unchanged():
    vault = Vault([NEW, OLD])

    assert vault.reseal(vault.seal("a secret", "p")) is None
