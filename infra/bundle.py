"""Builds the Lambda bundle without Docker: wheels of the target platform, our code, the connection files, `.pyc` of the
target Python. The same input gives the same bytes, on every machine that has the target Python in the same version.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from functions.version import FILE

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
RUNTIMES = ("3.11", "3.12", "3.13", "3.14")
OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
LOCK = "requirements.lock"  # every package with the hashes of its files; `make pins` writes it
PLATFORMS = {"arm64": "aarch64-manylinux2014", "x86_64": "x86_64-manylinux2014"}
LEFT_OUT = ("*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED", "*.dist-info/direct_url.json")
# Five sixths of Powertools: of its utilities the logger imports jmespath_utils and typing alone.
UNUSED = ("aws_lambda_powertools/event_handler", "aws_lambda_powertools/utilities/[!_jt]*")
SHRUNK = ("**/__pycache__", "bin", "**/tests", "**/*.pyi", "**/*.c", *UNUSED, ".lock")


class BundleError(Exception):
    """Says which step failed and what it printed, or what cannot be built."""


@dataclass(frozen=True)
class Target:
    """`python` such as 3.13; `architecture` arm64 or x86_64. Without a word the Python is the one that builds, because
    its `.pyc` can be made for certain.
    """

    python: str = OWN if OWN in RUNTIMES else RUNTIMES[-1]
    architecture: str = "arm64"

    def __post_init__(self) -> None:
        for what, value, known in (("python", self.python, RUNTIMES), ("architecture", self.architecture, PLATFORMS)):
            if value not in known:
                raise BundleError(f"-c {what}={value}: Lambda has {', '.join(known)}")


NOT_SHIPPED = ("__pycache__", "*.txt", "*.lock", "console")  # the console is a laptop's


def bundle(
    root: Path, connections: Path, target: Target, version: str = "unknown", *, names: Collection[str] | None = None
) -> Path:
    """The folder to ship, for as long as this process runs, with the connection files of these names, or with all.
    Packages are installed once per pin list and target, and kept under build/.
    """
    installed = packages(root, target)
    files = [path for path in connections.glob("*.toml") if names is None or path.stem in names]
    key = _key(installed.name, str(connections.resolve()), *sorted(path.name for path in files))
    folder = root / "build" / "bundle" / f"{key}-{os.getpid()}"
    _remove_left_over(folder.parent)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(installed, folder)
    shutil.copytree(root / "functions", folder / "functions", ignore=shutil.ignore_patterns(*NOT_SHIPPED))
    (folder / "connections").mkdir()
    for path in sorted([*files, *connections.glob("*.pem")]):
        shutil.copyfile(path, folder / "connections" / path.name)
    (folder / FILE).write_text(f"{version}\n", encoding="utf-8")
    _compile(folder, "functions", target)
    return folder


def starts_slower(target: Target) -> str | None:
    """What has to be said of a bundle that goes without `.pyc`."""
    if _interpreter(target.python):
        return None
    return (
        f"No python{target.python} was found on this machine: the Lambdas go without .pyc and take more than twice as "
        f"long to start. Install python{target.python}, or deploy with -c python={OWN}."
    )


def packages(root: Path, target: Target) -> Path:
    """The folder of those that ship, as the lock has them."""
    lock = root / "functions" / LOCK
    made_of = (lock.read_text(encoding="utf-8"), target.python, target.architecture, _version(target.python))
    key = _key(*made_of, *LEFT_OUT, *SHRUNK)
    folder = root / "build" / "packages" / key
    _remove_left_over(folder.parent)
    if not folder.exists():
        building = folder.with_name(f"{folder.name}-{os.getpid()}")
        _install(lock, building, target)
        _shrink(building)
        _compile(building, ".", target)
        _put(building, folder)
    return folder


def _put(building: Path, folder: Path) -> None:
    """Another synthesis may have made the same meanwhile: the first one stays."""
    try:
        building.rename(folder)
    except OSError:
        if not folder.exists():
            raise
        shutil.rmtree(building)


def _remove_left_over(made: Path) -> None:
    """What a process made that runs no more. Its folder's name ends with the id of the process."""
    for folder in made.glob("*-[0-9]*"):
        if not _runs(int(folder.name.rpartition("-")[2])):
            shutil.rmtree(folder, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as error:  # somebody else's may not be asked
        return error.errno != errno.ESRCH
    return True


def _install(lock: Path, folder: Path, target: Target) -> None:
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(folder)]
    command += ["--python-platform", PLATFORMS[target.architecture], "--python-version", target.python]
    command += ["--only-binary", ":all:", "--link-mode", "copy", "--no-deps", "--require-hashes", "-r", str(lock)]
    _run("installing the bundle's packages", command)


def _shrink(folder: Path) -> None:
    """What no Lambda runs, and what names the machine that installed it."""
    for pattern in (*LEFT_OUT, *SHRUNK):
        for path in sorted(folder.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _compile(root: Path, folder: str, target: Target) -> None:
    """A Lambda cannot write `.pyc`; without them a cold start takes more than twice as long. Hash-based ones never go
    stale by a time stamp. They name the place where Lambda unpacks them, not the one where they were made.
    """
    interpreter = _interpreter(target.python)
    if interpreter is not None:
        options = ["-q", "--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", "/var/task"]
        _run("compiling the bundle", [interpreter, "-m", "compileall", *options, str(root / folder)])


def _version(python: str) -> str:
    """Of the interpreter that compiles; nothing where there is none, so that its packages are other ones."""
    interpreter = _interpreter(python)
    show = "import platform; print(platform.python_implementation(), platform.python_version())"
    return _run("asking the interpreter", [interpreter, "-c", show]) if interpreter else ""


@cache
def _interpreter(version: str) -> str | None:
    if version == OWN:
        return sys.executable
    found = shutil.which(f"python{version}")
    # A version manager's shim stands on the PATH also for versions that are not switched on.
    works = found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0  # noqa: S603 # our own interpreter
    return found if works else None


def _run(step: str, command: list[str]) -> str:
    steady = {**os.environ, "PYTHONHASHSEED": "0"}  # sets in the code are stored in the order in which they are kept
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=steady)  # noqa: S603 # fixed programs
    if done.returncode != 0:
        raise BundleError(f"{step} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout.strip()


def contents_hash(folder: Path) -> str:
    """Of all names and bytes. CDK's own takes what it remembers of an inode, a time and a size for the content, and a
    bundle may be made anew in the same place: changed code could keep its hash, and would not be deployed.
    """
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(f"{path.relative_to(folder).as_posix()}\x1f{path.stat().st_size}\x1f".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def _key(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
