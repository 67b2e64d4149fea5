"""A faithful local Gong: its API in front of one Flask application with OAuth, the control endpoints, and a page."""

from flask import Flask

from relay.sandbox import api, consent, control, page, tokens
from relay.sandbox.settings import SandboxSettings
from relay.sandbox.state import opened


def create_sandbox(settings: SandboxSettings) -> Flask:
    """A sandbox of its own, with nothing shared but the journal's file."""
    sandbox = opened(settings)
    app = Flask(__name__)
    for part in (control, page, consent, tokens):
        app.register_blueprint(part.blueprint(sandbox))
    app.wsgi_app = api.in_front_of(app.wsgi_app, sandbox)  # type: ignore[assignment]
    return app
