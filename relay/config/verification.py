"""The key `verify` of a source: the signature scheme and its secrets, which must not be in the file in plain text."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from relay.config.yaml_document import FromEnvironment, UnsetVariable
from relay.core.errors import Problem, ValidationFailed, join_path
from relay.core.mapping.problems import did_you_mean
from relay.core.secret import WithheldSecret
from relay.core.verification.key import VerifyingKey
from relay.core.verification.load_keys import SecretSpec, count_problems, load_keys
from relay.core.verification.scheme import Algorithm, Scheme, SecretFormat
from relay.core.verification.scheme_options import build_scheme

VerifyingKeys = tuple[VerifyingKey, ...] | WithheldSecret
Verification = tuple[Scheme, VerifyingKeys]
_PUBLIC_FORMS = frozenset({SecretFormat.WHPK, SecretFormat.PUBLIC_KEY})
_SECRET_KEYS = ["secret", "not_before", "expires_at"]


def read_verification(section: Any, *, path: str) -> Verification:
    """Return the scheme and the keys. Raises ValidationFailed with every problem."""
    if section is not None and not isinstance(section, Mapping):
        raise ValidationFailed([Problem(path, "type", "must be a mapping of scheme and secrets")])
    if section is None or "scheme" not in section:
        text = "is missing: name the scheme that the sender signs with, or none to accept unverified requests"
        raise ValidationFailed([Problem(join_path(path, "scheme"), "required", text)])
    options = {str(key): value for key, value in section.items() if key not in {"scheme", "secrets"}}
    scheme = build_scheme(str(section["scheme"]), options, path=path)
    return scheme, _read_keys(section.get("secrets", []), scheme, join_path(path, "secrets"))


def _read_keys(secrets: Any, scheme: Scheme, path: str) -> VerifyingKeys:
    if not isinstance(secrets, list):
        raise ValidationFailed([Problem(path, "type", "must be a list of secrets")])
    problems: list[Problem] = []
    specs = [_read_secret(entry, scheme, f"{path}[{index}]", problems) for index, entry in enumerate(secrets)]
    if any(isinstance(_secret_of(entry), WithheldSecret) for entry in secrets):
        if problems := [*problems, *count_problems(scheme, len(secrets), path)]:
            raise ValidationFailed(problems)
        return WithheldSecret(path)
    usable = [spec for spec in specs if spec]
    if len(usable) == len(specs):
        return load_keys(scheme, usable, path=path)
    raise ValidationFailed([*problems, *_key_problems(specs, scheme, path)])


def _key_problems(specs: list[SecretSpec | None], scheme: Scheme, path: str) -> Iterator[Problem]:
    """Yield the problems of each secret that could be read, loaded on its own."""
    for index, spec in enumerate(specs):
        try:
            _ = load_keys(scheme, [spec]) if spec else ()
        except ValidationFailed as error:
            yield from (
                Problem(f"{path}[{index}]", problem.code, problem.message) for problem in error.problems
            )


def _read_secret(entry: Any, scheme: Scheme, path: str, problems: list[Problem]) -> SecretSpec | None:
    """Read one secret with its dates. Appends to `problems` and returns None if it cannot be used."""
    fields = entry if isinstance(entry, Mapping) else {"secret": entry}
    before = len(problems)
    problems += _unknown_keys(fields, path)
    problems += _secret_problems(
        _secret_of(entry), scheme, join_path(path, "secret") if fields is entry else path
    )
    dates = [_read_date(fields, name, path, problems) for name in ("not_before", "expires_at")]
    return None if len(problems) > before else SecretSpec(fields["secret"], *dates)


def _secret_of(entry: Any) -> Any:
    return entry.get("secret") if isinstance(entry, Mapping) else entry


def _unknown_keys(fields: Mapping[Any, Any], path: str) -> Iterator[Problem]:
    for key in fields:
        if key not in _SECRET_KEYS:
            message = f"there is no such key{did_you_mean(str(key), _SECRET_KEYS)}"
            yield Problem(join_path(path, str(key)), "unknown_key", message)


def _secret_problems(secret: Any, scheme: Scheme, path: str) -> Iterator[Problem]:
    if isinstance(secret, UnsetVariable):
        yield Problem(path, "required", "is missing")
    elif isinstance(secret, WithheldSecret):
        return
    elif not isinstance(secret, str):
        yield Problem(path, "type", "must be text, or a mapping of secret, not_before and expires_at")
    elif not _may_be_in_file(secret, scheme):
        yield Problem(
            path,
            "plaintext_secret",
            "is a secret in plain text: write ${NAME}, and set NAME in the environment",
        )


def _may_be_in_file(secret: str, scheme: Scheme) -> bool:
    public = scheme.secret_format in _PUBLIC_FORMS
    digest = scheme.algorithm is Algorithm.TOKEN and secret.startswith("sha256:")
    return isinstance(secret, FromEnvironment) or public or digest


def _read_date(fields: Mapping[Any, Any], name: str, path: str, problems: list[Problem]) -> datetime | None:
    # YAML parses an unquoted date with a time into a datetime.
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, datetime):
        text = "must be a date and time such as 2026-11-20T10:00:00Z, without quotes"
        problems.append(Problem(join_path(path, name), "type", text))
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
