"""A faithful local Gong as one Flask application: its API, the control endpoints, and a page that shows what came."""

from flask import Blueprint, Flask, Response, request

from relay.sandbox import control, page
from relay.sandbox.api import answer_call
from relay.sandbox.settings import SandboxSettings
from relay.sandbox.state import Sandbox, opened

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
MAX_BODY_BYTES = 1024 * 1024


def create_sandbox(settings: SandboxSettings) -> Flask:
    """A sandbox of its own, with nothing shared but the journal's file."""
    sandbox = opened(settings)
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.register_blueprint(_api(sandbox))
    app.register_blueprint(control.blueprint(sandbox))
    app.register_blueprint(page.blueprint(sandbox))
    return app


def _api(sandbox: Sandbox) -> Blueprint:
    """Every path and method below `/v2/`: what does not exist there is answered in Gong's words too."""
    api = Blueprint("api", __name__)

    @api.route("/v2/<path:path>", methods=METHODS, provide_automatic_options=False)
    @api.route("/c/<company>/v2/<path:path>", methods=METHODS, provide_automatic_options=False)
    def call(path: str, company: str | None = None) -> Response:
        return answer_call(sandbox, request, prefix=company, path=path)

    return api
