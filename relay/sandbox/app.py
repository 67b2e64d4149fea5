"""The sandbox application: Gong's API in front of a Flask app with OAuth, the control endpoints and a timeline page."""

from flask import Flask

from relay.sandbox import api, consent, control, page, token_endpoint
from relay.sandbox.browser_requests import reject_other_sites
from relay.sandbox.settings import SandboxSettings
from relay.sandbox.state import open_sandbox


def create_sandbox(settings: SandboxSettings) -> Flask:
    """Create an independent sandbox. Two sandboxes share nothing, unless both are given the same journal file."""
    sandbox = open_sandbox(settings)
    app = Flask(__name__)
    for module in (control, page, consent, token_endpoint):
        app.register_blueprint(module.blueprint(sandbox))
    with_api = api.wrap_with_api(app.wsgi_app, sandbox)
    app.wsgi_app = reject_other_sites(with_api, sandbox)  # type: ignore[assignment]
    return app
