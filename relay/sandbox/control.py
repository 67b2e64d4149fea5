"""The control endpoints below `/__sandbox/`: look inside, reset, arm faults, turn the clock, change settings."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from relay.sandbox import apps, companies, faults, ledger
from relay.sandbox import company_settings as company_change
from relay.sandbox.companies import Company
from relay.sandbox.state import Sandbox, reset, revoke

CLOCK_NAMES = frozenset({"frozen", "now", "advance_seconds", "offset_seconds"})


def blueprint(sandbox: Sandbox) -> Blueprint:
    """All control endpoints of one sandbox. What is wrong with a request is said with 400."""
    control = Blueprint("control", __name__, url_prefix="/__sandbox")
    for rule, methods in _endpoints().items():
        for method, act in methods.items():
            control.add_url_rule(
                rule, f"{method} {rule}".replace(".", "-"), _view(act, sandbox), methods=[method]
            )
    control.register_error_handler(ValueError, _refused)
    return control


Act = Callable[..., dict[str, Any]]


def _endpoints() -> dict[str, dict[str, Act]]:
    return {
        "/events": {"GET": _events},
        "/log": {"GET": _log},
        "/metrics": {"GET": _metrics},
        "/reset": {"POST": _reset},
        "/faults": {"GET": _armed, "POST": _arm, "DELETE": _disarm},
        "/clock": {"GET": _clock, "POST": _turn_clock},
        "/settings": {"GET": _settings, "POST": _change_settings},
        "/apps": {"GET": _apps, "POST": _register},
        "/grants": {"GET": _grants},
        "/companies/<name>": {"POST": _change_company},
        "/companies/<name>/revoke": {"POST": _revoke},
        "/companies/<name>/restore": {"POST": _restore},
    }


def _view(act: Act, sandbox: Sandbox) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        return jsonify(act(sandbox, **path))

    return view


def _refused(error: ValueError) -> tuple[Response, int]:
    return jsonify(errors=[str(error)]), 400


def _events(sandbox: Sandbox) -> dict[str, Any]:
    with sandbox.lock:
        numbered = ledger.newest(sandbox.ledger, request.args.get("company"), _limit())
    shown = [
        event.as_dict() | {"number": number, "received_at": iso(event.received_at)}
        for number, event in numbered
    ]
    return {"received": sandbox.ledger.received, "events": shown}


def _log(sandbox: Sandbox) -> dict[str, Any]:
    company = request.args.get("company")
    with sandbox.lock:
        lines = [line for line in sandbox.log if company in {None, line.company}][-_limit() :]
    return {"log": [line.as_dict() | {"at": iso(line.at)} for line in reversed(lines)]}


def _metrics(sandbox: Sandbox) -> dict[str, Any]:
    with sandbox.lock:
        now = sandbox.clock.now()
        known = list(sandbox.companies.by_name.values())
        reports = {company.name: companies.report(company, sandbox.settings, now) for company in known}
    return {"received": sandbox.ledger.received, "companies": reports}


def _reset(sandbox: Sandbox) -> dict[str, Any]:
    reset(sandbox)
    return {"received": 0}


def _armed(sandbox: Sandbox) -> dict[str, Any]:
    armed = sandbox.faults.armed
    return {"faults": [one.fault.as_dict() | {"matched": one.matched, "fired": one.fired} for one in armed]}


def _arm(sandbox: Sandbox) -> dict[str, Any]:
    """One fault or a list of them; all or none."""
    given = request.get_json()
    new = [faults.parse(item) for item in (given if isinstance(given, list) else [given])]
    with sandbox.lock:
        for fault in new:
            sandbox.faults.arm(fault)
    return _armed(sandbox)


def _disarm(sandbox: Sandbox) -> dict[str, Any]:
    with sandbox.lock:
        sandbox.faults.armed.clear()
    return _armed(sandbox)


def _clock(sandbox: Sandbox) -> dict[str, Any]:
    clock = sandbox.clock
    now = clock.now()
    return {
        "now": now,
        "time": iso(now),
        "offset_seconds": clock.offset_seconds,
        "frozen": clock.frozen_at is not None,
    }


def _turn_clock(sandbox: Sandbox) -> dict[str, Any]:
    """`{"frozen": bool}`, `{"now": epoch}`, `{"advance_seconds": n}`, `{"offset_seconds": n}`, in that order."""
    given = _given(CLOCK_NAMES)
    with sandbox.lock:
        clock = sandbox.clock
        if "frozen" in given:
            clock.freeze() if given["frozen"] else clock.run()
        if "now" in given:
            clock.set(_number(given, "now"))
        if "advance_seconds" in given:
            clock.advance(_number(given, "advance_seconds"))
        if "offset_seconds" in given:
            clock.advance(_number(given, "offset_seconds") - clock.offset_seconds)
    return _clock(sandbox)


def _settings(sandbox: Sandbox) -> dict[str, Any]:
    return sandbox.settings.shown()


def _change_settings(sandbox: Sandbox) -> dict[str, Any]:
    changed = sandbox.settings.changed(_given(None))
    with sandbox.lock:
        sandbox.settings = changed
        ledger.rescope(sandbox.ledger, changed.dedupe_scope)
    return _settings(sandbox)


def _apps(sandbox: Sandbox) -> dict[str, Any]:
    return {"apps": [app.as_dict() for app in sandbox.apps.values()]}


def _register(sandbox: Sandbox) -> dict[str, Any]:
    """Register an app, or replace what is registered under its client id. Its grants stay."""
    app = apps.parse(_given(apps.NAMES))
    with sandbox.lock:
        sandbox.apps[app.client_id] = app
    return app.as_dict()


def _grants(sandbox: Sandbox) -> dict[str, Any]:
    with sandbox.lock:
        return {
            "grants": [
                grant.as_dict() | {"granted_at": iso(grant.granted_at)} for grant in sandbox.grants.given
            ]
        }


def _change_company(sandbox: Sandbox, name: str) -> dict[str, Any]:
    return company_change.changed(sandbox, _company(sandbox, name), _given(company_change.NAMES))


def _revoke(sandbox: Sandbox, name: str) -> dict[str, Any]:
    """Take away the company's access: all its calls are 401."""
    company = _company(sandbox, name)
    with sandbox.lock:
        revoke(sandbox, company)
    return {"company": name, "revoked": True}


def _restore(sandbox: Sandbox, name: str) -> dict[str, Any]:
    _company(sandbox, name).revoked = False
    return {"company": name, "revoked": False}


def _company(sandbox: Sandbox, name: str) -> Company:
    company = sandbox.companies.by_name.get(name) or companies.create(
        sandbox.companies, sandbox.settings, name
    )
    if company is None:
        raise ValueError(f"{name}: no name for a company; write letters, digits, dots and dashes, 63 at most")
    return company


def _given(names: frozenset[str] | None) -> dict[str, Any]:
    """The request's JSON object, with no other keys than these."""
    given = request.get_json()
    if not isinstance(given, dict):
        raise ValueError("write a JSON object")  # noqa: TRY004 the caller is told 400
    if names is not None and (unknown := sorted(set(given) - names)):
        raise ValueError(f"{unknown[0]}: no such key; write any of {', '.join(sorted(names))}")
    return given


def _number(given: Mapping[str, Any], name: str) -> float:
    if type(given[name]) not in {int, float}:
        raise ValueError(f"{name}: write a number of seconds")
    return float(given[name])


def _limit() -> int:
    return max(1, request.args.get("limit", 100, type=int))


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
