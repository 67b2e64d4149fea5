"""The web for gunicorn: `gunicorn -c python:relay.gunicorn_conf relay.wsgi:app`."""

from relay.app import build

app = build()
