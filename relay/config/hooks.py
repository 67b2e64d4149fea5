"""The webhook part of a source: its preset, how its sender is verified and answered, how it is read and mapped."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from relay.config.document import FromEnvironment, Unset
from relay.config.presets import load_preset, preset_names
from relay.core.destination import Config
from relay.core.errors import Invalid, Problem, join
from relay.core.hook import Hook, SenderAnswer
from relay.core.payloads import Reading
from relay.core.rules.compile import compile_rules
from relay.core.rules.extend import extended
from relay.core.verification.challenge import CHALLENGES, Challenge
from relay.core.verification.columns import read_scheme
from relay.core.verification.key import VerifyingKey
from relay.core.verification.keys import SecretSpec, read_keys
from relay.core.verification.scheme import Algorithm, KeyForm, Scheme
from relay.settings import Misconfigured, nearest

KEYS = ("verify", "preset", "items", "rules", "read", "answer", "challenges")
"""What makes a source one that takes its sender's own payloads."""

_PUBLIC_FORMS = frozenset({KeyForm.WHPK, KeyForm.PUBLIC_KEY})


def read_hook(entry: Mapping[str, Any], *, path: str) -> Hook | None:
    """The hook of a source's entry, or None where it has none. Raises Invalid with everything that is wrong."""
    if not any(key in entry for key in KEYS):
        return None
    problems: list[Problem] = []
    preset = _preset(entry.get("preset"), path, problems)
    own = {key: entry[key] for key in KEYS if key in entry and key != "preset"}
    whole = extended({key: preset[key] for key in KEYS if key in preset}, own)
    scheme, keys = _verification(whole.get("verify"), join(path, "verify"), problems)
    mapping = {key: whole[key] for key in ("items", "rules") if key in whole}
    try:
        compiled = compile_rules(mapping, path=path)
    except Invalid as error:
        problems += error.problems
    challenges = _challenges(whole.get("challenges"), join(path, "challenges"), problems)
    if problems or scheme is None:
        raise Invalid(problems)
    return Hook(
        scheme, keys, compiled, challenges, _reading(whole), _answer(whole.get("answer")), entry.get("preset")
    )


def _preset(name: Any, path: str, problems: list[Problem]) -> Mapping[str, Any]:
    if name is None:
        return {}
    if name not in preset_names():
        hint = nearest(str(name), preset_names())
        problems.append(Problem(join(path, "preset"), "unknown_preset", f"there is no such preset{hint}"))
        return {}
    return load_preset(name)


def _verification(
    told: Any, path: str, problems: list[Problem]
) -> tuple[Scheme | None, tuple[VerifyingKey, ...]]:
    if not isinstance(told, Mapping) or not isinstance(told.get("scheme"), str):
        text = "is missing: name the scheme that the sender signs with, or none to take anybody's requests"
        problems.append(Problem(join(path, "scheme"), "required", text))
        return None, ()
    columns = {key: value for key, value in told.items() if key not in {"scheme", "secrets"}}
    try:
        scheme = read_scheme(told["scheme"], columns, path=path)
        secrets = told.get("secrets", [])
        specs = list(_secrets(secrets, scheme, join(path, "secrets"), problems))
        return scheme, read_keys(scheme, specs, path=join(path, "secrets"))
    except Invalid as error:
        problems += error.problems
        return None, ()


def _secrets(told: Any, scheme: Scheme, path: str, problems: list[Problem]) -> Iterator[SecretSpec]:
    if not isinstance(told, list):
        problems.append(Problem(path, "type", "must be a list of secrets"))
        return
    for index, entry in enumerate(told):
        here = f"{path}[{index}]"
        fields = entry if isinstance(entry, Mapping) else {"secret": entry}
        secret = fields.get("secret")
        if isinstance(secret, Unset):
            continue
        if not isinstance(secret, str):
            problems.append(Problem(here, "type", "must be a text, or secret, not_before and expires_at"))
        elif not _may_stand_in_the_file(secret, scheme):
            text = "is a secret in plain: write ${NAME}, and set NAME in the environment"
            problems.append(Problem(here, "plain", text))
        else:
            dates = (_moment(fields, name, here, problems) for name in ("not_before", "expires_at"))
            yield SecretSpec(secret, *dates)


def _may_stand_in_the_file(secret: str, scheme: Scheme) -> bool:
    public = scheme.key_form in _PUBLIC_FORMS
    digest = scheme.algorithm is Algorithm.TOKEN and secret.startswith("sha256:")
    return isinstance(secret, FromEnvironment) or public or digest


def _moment(fields: Mapping[str, Any], name: str, path: str, problems: list[Problem]) -> datetime | None:
    """YAML reads a date with a time as a datetime by itself."""
    told = fields.get(name)
    if told is None:
        return None
    if not isinstance(told, datetime):
        problems.append(
            Problem(join(path, name), "type", "must be a date and time such as 2026-11-20T10:00:00Z")
        )
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _challenges(told: Any, path: str, problems: list[Problem]) -> tuple[Challenge, ...]:
    if told is None:
        return ()
    if told not in CHALLENGES:
        hint = nearest(str(told), list(CHALLENGES))
        problems.append(Problem(path, "enum", f"is no handshake that the relay knows{hint}"))
        return ()
    return CHALLENGES[told]


def _reading(whole: Mapping[str, Any]) -> Reading:
    return Reading(**whole.get("read", {}))


def _answer(told: Mapping[str, Any] | None) -> SenderAnswer | None:
    return None if told is None else SenderAnswer(**told)


def check_addresses(config: Config, public_url: str | None) -> None:
    """Some senders sign the address they post to; the relay must be told its own, for a Host header can be forged."""
    if public_url:
        return
    wanting = [name for name, source in config.sources.items() if source.hook and source.hook.signs_address]
    if wanting:
        text = f"is needed: the senders of {', '.join(wanting)} sign the address they post to"
        raise Misconfigured([Problem("RELAY_PUBLIC_URL", "required", text)])
