"""Every parser that runs on a stranger's bytes."""

from tests.budgets import bodies, requests, signatures, texts

PARSERS = (*bodies.PARSERS, *signatures.PARSERS, *texts.PARSERS, *requests.PARSERS)
