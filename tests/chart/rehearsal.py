"""The image rehearsed without a container engine: the Dockerfile's own commands, run in a clean folder, and their result run.

`build` runs every RUN of the build stage. What the commands call /src, /tools and /opt/relay are folders of one root
folder then. `confined` is how to run something from there as the image would: as nobody, on a file system that cannot be
written but for /tmp.
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
    now = ""
    for line in _joined((PROJECT / "Dockerfile").read_text("utf-8")):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            now = rest.rpartition(" AS ")[2]
        elif now == stage:
            yield word, rest


def _joined(text: str) -> Iterator[str]:
    """The file's lines, continued ones as one, without comments."""
    kept = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    yield from "\n".join(kept).replace("\\\n", " ").splitlines()


def build(root: Path) -> Path:
    """Build as the image is built; return the folder that would be /opt/relay."""
    for folder in _FOLDERS:
        (root / folder[1:]).mkdir(parents=True, exist_ok=True)
    for word, rest in instructions("build"):
        if word == "COPY":
            _copy(root, rest.split())
        elif word == "RUN":
            command = [_placed(part, root) for part in json.loads(rest)]
            command[0] = sys.executable if command[0] == "python" else command[0]
            subprocess.run(command, cwd=root / "src", env=_environ(root), check=True, capture_output=True)
    return root / "opt" / "relay"


def _placed(part: str, root: Path) -> str:
    """A path of the image as one below the root."""
    return next((f"{root}{part}" for folder in _FOLDERS if part.startswith(folder)), part)


def _copy(root: Path, parts: Sequence[str]) -> None:
    *sources, target = parts
    for source in sources:
        there = root / "src" / target
        if (PROJECT / source).is_dir():
            shutil.copytree(PROJECT / source, there, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            place = there / Path(source).name if target.endswith("/") else there
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / source, place)


def _environ(root: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "LANG"))}
    return kept | {"HOME": str(root), "PATH": os.environ["PATH"], "PIP_NO_COMPILE": "1"}


def can_confine() -> bool:
    """Whether a file system of our own can be made here: that takes root, or a kernel that lends it."""
    if shutil.which("unshare") is None or shutil.which("setpriv") is None:
        return False
    return subprocess.run(confined(["true"]), capture_output=True, check=False).returncode == 0


def confined(command: Sequence[str]) -> list[str]:
    """How to run a command as nobody, where only /tmp can be written, and that is empty."""
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
    """Where this Python lives in the home of root, nobody else could run it: it is shown through an open one."""
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


def image_environ(venv: Path, told: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": f"{venv}/bin:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"} | dict(told)
