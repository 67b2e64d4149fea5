"""The sandbox for gunicorn: `gunicorn -k gevent -w 1 relay.sandbox.wsgi:app`. Use one worker: the state is in memory."""

import os

from relay.sandbox.app import create_sandbox
from relay.sandbox.settings import SandboxSettings

app = create_sandbox(SandboxSettings.from_env(os.environ))
