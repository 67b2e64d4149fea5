"""How a source's sender proves itself: the scheme, and the secrets, which may not stand in the file in plain."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from relay.config.yaml_document import FromEnvironment, UnsetVariable
from relay.core.errors import Problem, ValidationFailed, join_path
from relay.core.verification.key import VerifyingKey
from relay.core.verification.load_keys import SecretSpec, load_keys
from relay.core.verification.scheme import Algorithm, Scheme, SecretFormat
from relay.core.verification.scheme_options import build_scheme
from relay.settings import did_you_mean

Verification = tuple[Scheme, tuple[VerifyingKey, ...]]
_PUBLIC_FORMS = frozenset({SecretFormat.WHPK, SecretFormat.PUBLIC_KEY})
_SECRET_KEYS = ["secret", "not_before", "expires_at"]


def read_verification(told: Any, *, path: str) -> Verification:
    """The scheme and the keys. Raises Invalid with everything that is wrong."""
    if told is not None and not isinstance(told, Mapping):
        raise ValidationFailed([Problem(path, "type", "must be a mapping of scheme and secrets")])
    if told is None or "scheme" not in told:
        text = "is missing: name the scheme that the sender signs with, or none to take anybody's requests"
        raise ValidationFailed([Problem(join_path(path, "scheme"), "required", text)])
    columns = {str(key): value for key, value in told.items() if key not in {"scheme", "secrets"}}
    scheme = build_scheme(str(told["scheme"]), columns, path=path)
    return scheme, _keys(told.get("secrets", []), scheme, join_path(path, "secrets"))


def _keys(told: Any, scheme: Scheme, path: str) -> tuple[VerifyingKey, ...]:
    if not isinstance(told, list):
        raise ValidationFailed([Problem(path, "type", "must be a list of secrets")])
    problems: list[Problem] = []
    specs = [_spec(entry, scheme, f"{path}[{place}]", problems) for place, entry in enumerate(told)]
    usable = [spec for spec in specs if spec]
    if len(usable) == len(specs):
        return load_keys(scheme, usable, path=path)
    raise ValidationFailed([*problems, *_wrong(specs, scheme, path)])


def _wrong(specs: list[SecretSpec | None], scheme: Scheme, path: str) -> Iterator[Problem]:
    """What is wrong with each of those that could be read, each looked at by itself."""
    for place, spec in enumerate(specs):
        try:
            _ = load_keys(scheme, [spec]) if spec else ()
        except ValidationFailed as error:
            yield from (Problem(f"{path}[{place}]", each.code, each.message) for each in error.problems)


def _spec(entry: Any, scheme: Scheme, path: str, problems: list[Problem]) -> SecretSpec | None:
    """A secret as it is given; None, and the problems, when it may not be used."""
    fields = entry if isinstance(entry, Mapping) else {"secret": entry}
    before = len(problems)
    problems += _strangers(fields, path)
    problems += _of_text(fields.get("secret"), scheme, join_path(path, "secret") if fields is entry else path)
    dates = [_moment(fields, name, path, problems) for name in ("not_before", "expires_at")]
    return None if len(problems) > before else SecretSpec(fields["secret"], *dates)


def _strangers(fields: Mapping[Any, Any], path: str) -> Iterator[Problem]:
    for key in fields:
        if key not in _SECRET_KEYS:
            message = f"there is no such key{did_you_mean(str(key), _SECRET_KEYS)}"
            yield Problem(join_path(path, str(key)), "unknown_key", message)


def _of_text(secret: Any, scheme: Scheme, path: str) -> Iterator[Problem]:
    if isinstance(secret, UnsetVariable):
        yield Problem(path, "required", "is missing")
    elif not isinstance(secret, str):
        yield Problem(path, "type", "must be a text, or a mapping of secret, not_before and expires_at")
    elif not _may_stand_in_the_file(secret, scheme):
        yield Problem(
            path, "plaintext_secret", "is a secret in plain: write ${NAME}, and set NAME in the environment"
        )


def _may_stand_in_the_file(secret: str, scheme: Scheme) -> bool:
    public = scheme.secret_format in _PUBLIC_FORMS
    digest = scheme.algorithm is Algorithm.TOKEN and secret.startswith("sha256:")
    return isinstance(secret, FromEnvironment) or public or digest


def _moment(fields: Mapping[Any, Any], name: str, path: str, problems: list[Problem]) -> datetime | None:
    """YAML reads a date with a time as a datetime by itself."""
    told = fields.get(name)
    if told is None:
        return None
    if not isinstance(told, datetime):
        text = "must be a date and time such as 2026-11-20T10:00:00Z, without quotes"
        problems.append(Problem(join_path(path, name), "type", text))
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)
