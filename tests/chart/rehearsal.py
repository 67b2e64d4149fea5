"""Build and run the image without a container engine: the Dockerfile's own commands, in a clean folder.

`build` runs every RUN of the build stage. It replaces /src, /tools and /opt/relay by folders below one root
folder. `confined` runs a command from there as the image would: as an unprivileged user, on a read-only file system
with a writable /tmp.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

PROJECT = Path(__file__).parents[2]
USER = 10001
_FOLDERS = ("/src", "/tools", "/opt/relay")


def instructions(stage: str) -> Iterator[tuple[str, str]]:
    """Each instruction of one stage of the Dockerfile, with its arguments."""
    current = ""
    for line in _joined((PROJECT / "Dockerfile").read_text("utf-8")):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            current = rest.rpartition(" AS ")[2]
        elif current == stage:
            yield word, rest


def _joined(text: str) -> Iterator[str]:
    """The file's lines without comments, with continued lines joined."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    yield from "\n".join(lines).replace("\\\n", " ").splitlines()


def build(root: Path) -> Path:
    """Run the build stage. Returns the folder that becomes /opt/relay in the image."""
    for folder in _FOLDERS:
        (root / folder[1:]).mkdir(parents=True, exist_ok=True)
    for word, rest in instructions("build"):
        if word == "COPY":
            _copy(root, rest.split())
        elif word == "RUN":
            command = [_below_root(part, root) for part in json.loads(rest)]
            command[0] = sys.executable if command[0] == "python" else command[0]
            subprocess.run(command, cwd=root / "src", env=_environ(root), check=True, capture_output=True)
    return root / "opt" / "relay"


def _below_root(part: str, root: Path) -> str:
    """A path of the image as one below the root."""
    return next((f"{root}{part}" for folder in _FOLDERS if part.startswith(folder)), part)


def _copy(root: Path, parts: Sequence[str]) -> None:
    *sources, target = parts
    for source in sources:
        there = root / "src" / target
        if (PROJECT / source).is_dir():
            shutil.copytree(PROJECT / source, there, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            path = there / Path(source).name if target.endswith("/") else there
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / source, path)


def _environ(root: Path) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "LANG"))
    }
    return inherited | {"HOME": str(root), "PATH": os.environ["PATH"], "PIP_NO_COMPILE": "1"}


def can_confine() -> bool:
    """True if this process may create its own mount namespace, which needs root or a permissive kernel."""
    if shutil.which("unshare") is None or shutil.which("setpriv") is None:
        return False
    return subprocess.run(confined(["true"]), capture_output=True, check=False).returncode == 0


def confined(command: Sequence[str]) -> list[str]:
    """A command line that runs `command` as an unprivileged user with an empty, writable /tmp and nothing else writable."""
    script = " && ".join(
        [
            "mount --make-rprivate /",
            *_python_for_all(),
            "mount --bind / /",
            "mount -o remount,bind,ro /",
            "mount -t tmpfs tmpfs /tmp",
            "cd /tmp",
            'exec setpriv --reuid "$0" --regid "$0" --clear-groups --no-new-privs --bounding-set=-all -- "$@"',
        ]
    )
    return ["unshare", "--mount", "sh", "-c", script, str(USER), *command]


def _python_for_all() -> list[str]:
    """Mount commands that expose a Python installed below /root, which other users cannot read."""
    prefix = Path(sys.base_prefix)
    if not prefix.is_relative_to("/root"):
        return []
    return [
        "mount -t tmpfs tmpfs /mnt",
        "mkdir /mnt/python",
        f"mount --bind {prefix} /mnt/python",
        "mount -t tmpfs -o mode=755 tmpfs /root",
        f"mkdir -p {prefix}",
        f"mount --bind /mnt/python {prefix}",
    ]


def image_environ(venv: Path, variables: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": f"{venv}/bin:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"} | dict(variables)
