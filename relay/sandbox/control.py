"""The control endpoints below `/__sandbox/`: inspect and reset the sandbox, arm faults, move the clock, change settings."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from relay.sandbox import companies, company_settings, faults, ledger, oauth_apps
from relay.sandbox.companies import Company
from relay.sandbox.state import Sandbox, reset_sandbox, revoke_access

CLOCK_KEYS = frozenset({"frozen", "now", "advance_seconds", "offset_seconds"})

Handler = Callable[..., dict[str, Any]]


def blueprint(sandbox: Sandbox) -> Blueprint:
    """Create the control endpoints of one sandbox. An invalid request gets 400 with its errors."""
    control = Blueprint("control", __name__, url_prefix="/__sandbox")
    for path, handlers in _endpoints().items():
        for method, handler in handlers.items():
            name = f"{method} {path}".replace(".", "-")
            control.add_url_rule(path, name, _make_view(handler, sandbox), methods=[method])
    control.register_error_handler(ValueError, _render_error)
    return control


def _endpoints() -> dict[str, dict[str, Handler]]:
    return {
        "/events": {"GET": _list_events},
        "/log": {"GET": _list_log},
        "/metrics": {"GET": _show_metrics},
        "/reset": {"POST": _reset},
        "/faults": {"GET": _list_faults, "POST": _arm_faults, "DELETE": _disarm_faults},
        "/clock": {"GET": _show_clock, "POST": _change_clock},
        "/settings": {"GET": _show_settings, "POST": _change_settings},
        "/apps": {"GET": _list_apps, "POST": _register_app},
        "/grants": {"GET": _list_grants},
        "/companies/<name>": {"POST": _change_company},
        "/companies/<name>/revoke": {"POST": _revoke_company},
        "/companies/<name>/restore": {"POST": _restore_company},
    }


def _make_view(handler: Handler, sandbox: Sandbox) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        return jsonify(handler(sandbox, **path))

    return view


def _render_error(error: ValueError) -> tuple[Response, int]:
    return jsonify(errors=[str(error)]), 400


def _list_events(sandbox: Sandbox) -> dict[str, Any]:
    with sandbox.lock:
        numbered = ledger.newest_events(sandbox.ledger, request.args.get("company"), _limit())
    events = [
        event.as_dict() | {"number": number, "received_at": format_timestamp(event.received_at)}
        for number, event in numbered
    ]
    return {"received": sandbox.ledger.received, "events": events}


def _list_log(sandbox: Sandbox) -> dict[str, Any]:
    company = request.args.get("company")
    with sandbox.lock:
        entries = [entry for entry in sandbox.log if company in {None, entry.company}][-_limit() :]
    return {"log": [entry.as_dict() | {"at": format_timestamp(entry.at)} for entry in reversed(entries)]}


def _show_metrics(sandbox: Sandbox) -> dict[str, Any]:
    with sandbox.lock:
        now = sandbox.clock.now()
        # A copy: a request of a new company adds to the mapping without the lock.
        metrics = {
            company.name: companies.company_metrics(company, sandbox.settings, now)
            for company in list(sandbox.companies.by_name.values())
        }
    return {"received": sandbox.ledger.received, "companies": metrics}


def _reset(sandbox: Sandbox) -> dict[str, Any]:
    reset_sandbox(sandbox)
    return {"received": 0}


def _list_faults(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "faults": [
            armed.fault.as_dict() | {"matched": armed.matched, "fired": armed.fired}
            for armed in sandbox.faults.armed
        ]
    }


def _arm_faults(sandbox: Sandbox) -> dict[str, Any]:
    """Arm one fault or a list of faults. If one is invalid, none is armed."""
    body = request.get_json()
    # Parse all faults before arming the first.
    parsed = [faults.parse_fault(item) for item in (body if isinstance(body, list) else [body])]
    with sandbox.lock:
        for fault in parsed:
            sandbox.faults.arm(fault)
    return _list_faults(sandbox)


def _disarm_faults(sandbox: Sandbox) -> dict[str, Any]:
    with sandbox.lock:
        sandbox.faults.armed.clear()
    return _list_faults(sandbox)


def _show_clock(sandbox: Sandbox) -> dict[str, Any]:
    clock = sandbox.clock
    now = clock.now()
    return {
        "now": now,
        "time": format_timestamp(now),
        "offset_seconds": clock.offset_seconds,
        "frozen": clock.frozen_at is not None,
    }


def _change_clock(sandbox: Sandbox) -> dict[str, Any]:
    """Apply `frozen` (bool), `now` (epoch), `advance_seconds` and `offset_seconds`, in that order."""
    changes = _read_object(CLOCK_KEYS)
    with sandbox.lock:
        clock = sandbox.clock
        if "frozen" in changes:
            clock.freeze() if changes["frozen"] else clock.resume()
        if "now" in changes:
            clock.set(_read_seconds(changes, "now"))
        if "advance_seconds" in changes:
            clock.advance(_read_seconds(changes, "advance_seconds"))
        if "offset_seconds" in changes:
            clock.advance(_read_seconds(changes, "offset_seconds") - clock.offset_seconds)
    return _show_clock(sandbox)


def _show_settings(sandbox: Sandbox) -> dict[str, Any]:
    return sandbox.settings.public_values()


def _change_settings(sandbox: Sandbox) -> dict[str, Any]:
    settings = sandbox.settings.with_changes(_read_object(None))
    with sandbox.lock:
        sandbox.settings = settings
        ledger.change_scope(sandbox.ledger, settings.dedupe_scope)
    return _show_settings(sandbox)


def _list_apps(sandbox: Sandbox) -> dict[str, Any]:
    return {"apps": [app.as_dict() for app in sandbox.oauth_apps.values()]}


def _register_app(sandbox: Sandbox) -> dict[str, Any]:
    """Register an app, or replace the one with the same client id. Its grants stay valid."""
    app = oauth_apps.parse_app(_read_object(oauth_apps.APP_KEYS))
    with sandbox.lock:
        sandbox.oauth_apps[app.client_id] = app
    return app.as_dict()


def _list_grants(sandbox: Sandbox) -> dict[str, Any]:
    with sandbox.lock:
        return {
            "grants": [
                grant.as_dict() | {"granted_at": format_timestamp(grant.granted_at)}
                for grant in sandbox.grants.granted
            ]
        }


def _change_company(sandbox: Sandbox, name: str) -> dict[str, Any]:
    company = _find_or_create_company(sandbox, name)
    return company_settings.change_company(sandbox, company, _read_object(company_settings.COMPANY_KEYS))


def _revoke_company(sandbox: Sandbox, name: str) -> dict[str, Any]:
    """Revoke all access to the company: every call gets 401."""
    company = _find_or_create_company(sandbox, name)
    with sandbox.lock:
        revoke_access(sandbox, company)
    return {"company": name, "revoked": True}


def _restore_company(sandbox: Sandbox, name: str) -> dict[str, Any]:
    _find_or_create_company(sandbox, name).revoked = False
    return {"company": name, "revoked": False}


def _find_or_create_company(sandbox: Sandbox, name: str) -> Company:
    company = sandbox.companies.by_name.get(name) or companies.create_company(
        sandbox.companies, sandbox.settings, name
    )
    if company is None:
        raise ValueError(
            f"{name}: not a valid company name; use letters, digits, dots, dashes and underscores, 63 at most, "
            "and start with a letter or digit"
        )
    return company


def _read_object(allowed_keys: frozenset[str] | None) -> dict[str, Any]:
    """Return the request's JSON object. Raises ValueError for a key that is not allowed; None allows all keys."""
    body = request.get_json()
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - a ValueError becomes a 400
    if allowed_keys is not None and (unknown := sorted(set(body) - allowed_keys)):
        raise ValueError(f"{unknown[0]}: unknown key; valid keys are {', '.join(sorted(allowed_keys))}")
    return body


def _read_seconds(body: Mapping[str, Any], name: str) -> float:
    if type(body[name]) not in {int, float}:
        raise ValueError(f"{name}: must be a number of seconds")
    return float(body[name])


def _limit() -> int:
    return max(1, request.args.get("limit", 100, type=int))


def format_timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
