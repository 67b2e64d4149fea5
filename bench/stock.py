"""The job of stock RQ workers: the same request, with one session per process."""

import requests

_session = requests.Session()
_session.trust_env = False


def post(url: str, body: str) -> None:
    """Make one call. With the forking worker each job is a new process, and so a new connection."""
    headers = {"Content-Type": "application/json"}
    _session.post(url, data=body, headers=headers, auth=("bench", "bench"), timeout=20).raise_for_status()
