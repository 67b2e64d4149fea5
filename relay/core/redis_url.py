"""Parses RELAY_REDIS_URL: one Redis server, or the Sentinels that know the primary."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, unquote_plus, urlencode

_FORMS = "redis://, rediss://, unix://, redis+sentinel:// or rediss+sentinel://"
_SCHEMES = frozenset({"redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel"})
_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_TLS_OPTIONS = frozenset({*_FILES, "ssl_password", "ssl_cert_reqs", "ssl_check_hostname"})
_SENTINEL_OPTIONS = frozenset({"sentinel_username", "sentinel_password"})
_OPTIONS = frozenset({"db", "username", "password"})
_SENTINEL_PORT = 26379
_PASSWORDS = frozenset({"password", "ssl_password", "sentinel_password"})
_MASK = "********"
_SERVER = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:\[\],]+)(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisUrl:
    """A parsed URL. `server` is the URL of the server; with Sentinels, its host is a placeholder for the primary."""

    server: str = field(repr=False)
    sentinels: tuple[tuple[str, int], ...] = ()
    primary: str = ""
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    files: tuple[tuple[str, str], ...] = ()

    @property
    def tls(self) -> bool:
        return self.server.startswith("rediss://")


def parse_redis_url(raw: str) -> RedisUrl:
    """Parse a URL. Raises ValueError with a message that contains no part of the URL that may be secret."""
    scheme, _, rest = raw.partition("://")
    if "cluster" in scheme:
        raise ValueError("Redis Cluster cannot be used: name one server, or Sentinels (redis+sentinel://)")
    if scheme not in _SCHEMES:
        raise ValueError(f"must start with {_FORMS}")
    _check_characters(rest)
    _check_account(rest)
    rest, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    for problem in _find_option_problems(scheme, options):
        raise ValueError(problem)
    files = tuple((name, options[name]) for name in _FILES if name in options)
    if scheme.endswith("+sentinel"):
        return _with_sentinels(scheme.removesuffix("+sentinel"), rest, options, files)
    if scheme != "unix":
        _check_server(rest)
    return RedisUrl(server=raw, files=files)


def mask_redis_url(url: str) -> str:
    """Return a URL that `parse_redis_url` accepts without its passwords, for display."""
    scheme, _, rest = url.partition("://")
    rest, question, query = rest.partition("?")
    account, at, place = _split_account(rest)
    options = [option.partition("=") for option in query.split("&")]
    user, colon, _ = account.partition(":")
    masked_account = f"{user}:{_MASK}" if colon else _MASK
    masked_options = "&".join(
        f"{name}={_MASK}" if unquote_plus(name) in _PASSWORDS else f"{name}{equals}{value}"
        for name, equals, value in options
    )
    return f"{scheme}://{masked_account if at else ''}{at}{place}{question}{masked_options}"


def _split_account(rest: str) -> tuple[str, str, str]:
    """Split at the last `@` before the path, as redis-py does."""
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    account, at, host = authority.rpartition("@")
    return account, at, host + rest[len(authority) :]


def _check_characters(rest: str) -> None:
    # Python's URL parser drops control characters, and its errors quote the account.
    if "#" in rest:
        raise ValueError("# must be written as %23: a URL of Redis has no fragment")
    if not rest.isascii():
        raise ValueError("characters outside ASCII must be percent-encoded")
    if " " in rest:
        raise ValueError("a space must be written as %20")
    if not rest.isprintable():
        raise ValueError("a control character must be percent-encoded")


def _check_account(rest: str) -> None:
    """Raise ValueError if the user name or password contains a character that would end it."""
    account, at, place = _split_account(rest)
    for character in "[]":
        if character in account:
            raise ValueError(_encode_message(character))
    path, question, query = place.partition("?")
    # A path may contain an @ only in the name of a socket, which no host or account precedes.
    if "@" in path and (at or not path.startswith("/")):
        raise ValueError(_encode_message("/"))
    # The value of an option may contain an @, but not its name.
    if question and any("@" in option.partition("=")[0] for option in query.split("&")):
        raise ValueError(_encode_message("?"))


def _encode_message(character: str) -> str:
    return f"{character} must be written as %{ord(character):02X} in a user name or password"


def _find_option_problems(scheme: str, options: dict[str, str]) -> Iterator[str]:
    tls, sentinel = scheme.startswith("rediss"), scheme.endswith("+sentinel")
    allowed = _OPTIONS | (_TLS_OPTIONS if tls else set()) | (_SENTINEL_OPTIONS if sentinel else set())
    for name in sorted(set(options) - allowed):
        if name in _TLS_OPTIONS:
            yield f"{name} needs TLS: begin with rediss:// or rediss+sentinel://"
        elif name in _SENTINEL_OPTIONS:
            yield f"{name} needs Sentinels: begin with redis+sentinel:// or rediss+sentinel://"
        else:
            # The name is not quoted: after a & in a password it is a part of the password.
            yield (
                f"option {[*options].index(name) + 1} is unknown. The options are {', '.join(sorted(allowed))}; in a "
                "password & must be written as %26"
            )
    if not re.fullmatch(r"[0-9]{1,4}", options.get("db", "0")):
        yield "db must be a number, such as 0"
    if options.get("ssl_cert_reqs", "required") not in {"required", "none"}:
        yield "ssl_cert_reqs must be required or none"


def _check_server(rest: str) -> None:
    address, _, path = rest.rpartition("@")[2].partition("/")
    if "," in address:
        raise ValueError("names several servers: write Sentinels as redis+sentinel://HOST,HOST/PRIMARY/DB")
    if not (match := _SERVER.fullmatch(address)) or not _is_port(match["port"]):
        raise ValueError("must name a host, optionally with a port: redis://HOST:6379/0")
    _check_database(path)


def _with_sentinels(
    scheme: str, rest: str, options: dict[str, str], files: tuple[tuple[str, str], ...]
) -> RedisUrl:
    account, at, address = rest.rpartition("@")
    servers, _, path = address.partition("/")
    primary, _, database = path.partition("/")
    matches = [_SERVER.fullmatch(server) for server in servers.split(",")]
    if not primary or not all(match and _is_port(match["port"]) for match in matches):
        raise ValueError(f"must be {scheme}+sentinel://HOST:26379,HOST:26379/PRIMARY/DB")
    _check_database(database)
    for_server = urlencode({name: value for name, value in options.items() if name not in _SENTINEL_OPTIONS})
    return RedisUrl(
        server=f"{scheme}://{account}{at}primary/{database}?{for_server}",
        sentinels=tuple(
            (match["host"].strip("[]"), int(match["port"] or _SENTINEL_PORT)) for match in matches if match
        ),
        primary=unquote(primary),
        sentinel_username=options.get("sentinel_username"),
        sentinel_password=options.get("sentinel_password"),
        files=files,
    )


def _is_port(text: str | None) -> bool:
    return text is None or 0 < int(text) < 65536  # noqa: PLR2004 - ports have 16 bits


def _check_database(text: str) -> None:
    if not re.fullmatch(r"(?:[0-9]{1,4})?/?", text):
        raise ValueError("must end with a database number, such as /0")
