"""Configurations with one source that receives webhooks, for tests."""

import textwrap

import pytest

from relay.config.load import ConfigError, read_config

SECRET = "a-shared-secret-of-enough-length"
ENVIRON = {"SECRET": SECRET, "NEXT": SECRET[::-1], "USER": f"acme:{SECRET}", "SHORT": "short"}
DIGEST = "sha256:" + "a" * 64
RULE = """{name: viewed, to: digital-interaction, map: {eventId: "{{ item.id }}", timestamp: "{{ item.at }}",
  eventType: page viewed, content: {contentTitle: "{{ item.title }}"}, person: {email: "{{ item.email }}"}}}"""
CATALOG_RULE = """{name: viewed, to: catalog-view, map: {eventTimestamp: "{{ item.at }}",
  contentTitle: "{{ item.title }}", viewerEmailAddress: "{{ item.email }}"}}"""
GITHUB = "verify: {scheme: github, secrets: [${SECRET}]}"


def read(entry: str):
    """A configuration with one source, `site`, whose destination speaks Gong's dialect; `catalog` is another."""
    auth = "auth: {basic: {access_key: key, access_key_secret: secret}}"
    text = f"""
destinations: {{acme: {{{auth}}}, catalog: {{{auth}, dialect: catalog}}}}
sources:
  site:
{textwrap.indent(textwrap.dedent(entry), "    ")}
"""
    return read_config(text, environ=ENVIRON, allow_hosts=frozenset())


def hook(entry: str):
    return read(f"destination: acme\n{entry}").webhooks.get("site")


def wrong(entry: str, destination: str = "acme") -> dict[str, str]:
    """Every message by its path below the source."""
    with pytest.raises(ConfigError) as caught:
        read(f"destination: {destination}\n{entry}")
    return {p.path.removeprefix("sources.site."): p.message for p in caught.value.problems}


def verify(entry: str) -> str:
    return f"verify: {{{entry}}}\nrules: [{RULE}]"
