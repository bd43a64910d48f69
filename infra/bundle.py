"""Builds the Lambda bundle without Docker: wheels of the target platform, our code, the connection files, `.pyc` of the
target Python. The same input gives the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PLATFORMS = {"arm64": "aarch64-manylinux2014", "x86_64": "x86_64-manylinux2014"}
LEFT_OUT = ("*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED", "*.dist-info/direct_url.json")
SHRUNK = ("**/__pycache__", "bin", "**/tests", "**/*.pyi", "**/*.c", ".lock")


@dataclass(frozen=True)
class Target:
    """`python` such as 3.13; `architecture` arm64 or x86_64."""

    python: str
    architecture: str


class BundleError(Exception):
    """Says which step failed and what it printed."""


NOT_SHIPPED = ("__pycache__", "*.txt", "console")  # the console is a laptop's


def bundle(root: Path, connections: Path, target: Target) -> Path:
    """The folder to ship. Packages are installed once per pin list and target, and kept under build/."""
    packages = _packages(root, target)
    folder = root / "build" / "bundle" / _key(packages.name, str(connections.resolve()))
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(packages, folder)
    shutil.copytree(root / "functions", folder / "functions", ignore=shutil.ignore_patterns(*NOT_SHIPPED))
    (folder / "connections").mkdir()
    for path in sorted([*connections.glob("*.toml"), *connections.glob("*.pem")]):
        shutil.copyfile(path, folder / "connections" / path.name)
    _compile(folder / "functions", target)
    return folder


def _packages(root: Path, target: Target) -> Path:
    pins = root / "functions" / "requirements.txt"
    folder = root / "build" / "packages" / _key(pins.read_text(encoding="utf-8"), target.python, target.architecture)
    if not folder.exists():
        building = folder.with_name(f"{folder.name}.{os.getpid()}")
        _install(pins, building, target)
        _shrink(building)
        _compile(building, target)
        building.rename(folder)
    return folder


def _install(pins: Path, folder: Path, target: Target) -> None:
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(folder)]
    command += ["--python-platform", PLATFORMS[target.architecture], "--python-version", target.python]
    command += ["--only-binary", ":all:", "--link-mode", "copy", "--requirement", str(pins)]
    _run("installing the bundle's packages", command)


def _shrink(folder: Path) -> None:
    """What no Lambda runs, and what names the machine that installed it."""
    for pattern in (*LEFT_OUT, *SHRUNK):
        for path in sorted(folder.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _compile(folder: Path, target: Target) -> None:
    """A Lambda cannot write `.pyc`; without them a cold start takes more than twice as long. Hash-based ones never go
    stale by a time stamp.
    """
    interpreter = _interpreter(target.python)
    if interpreter is None:
        print(f"no python{target.python} found: the bundle goes without .pyc and starts slower", file=sys.stderr)  # noqa: T201 # synth's own output
        return
    options = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(folder.parent), "-p", "/var/task"]
    _run("compiling the bundle", [interpreter, "-m", "compileall", *options, str(folder)])


def _interpreter(version: str) -> str | None:
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    found = shutil.which(f"python{version}")
    # A version manager's shim stands on the PATH also for versions that are not switched on.
    works = found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0  # noqa: S603 # our own interpreter
    return found if works else None


def _run(step: str, command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # fixed programs
    if done.returncode != 0:
        raise BundleError(f"{step} failed: {done.stderr.strip() or done.stdout.strip()}")


def contents_hash(folder: Path) -> str:
    """Of all names and bytes. CDK's own takes what it remembers of an inode, a time and a size for the content, and a
    bundle is made anew in the same place: changed code could keep its hash, and would not be deployed.
    """
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(f"{path.relative_to(folder).as_posix()}\x1f{path.stat().st_size}\x1f".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def _key(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
