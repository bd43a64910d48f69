"""Which version of the connector this is, and of which commit."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

UNKNOWN = "unknown"
# Twelve digits of the commit; whether files differ from it; nothing of a repository that only stands around this one.
ASK = ["git", "--git-dir=.git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]


def project(root: Path) -> dict[str, str]:
    """Name, version, licence and what else `pyproject.toml` says of it."""
    found: dict[str, str] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def version(root: Path) -> str:
    """Such as `0.1.0 11432fd0a1b2`, with `-dirty` behind it where files differ from the commit."""
    return f"{project(root)['version']} {commit(root)}"


def commit(root: Path) -> str:
    """`unknown` without git, or outside a repository."""
    try:
        done = subprocess.run(ASK, cwd=root, capture_output=True, text=True, check=True)  # noqa: S603 # fixed words
    except (OSError, subprocess.CalledProcessError):
        return UNKNOWN
    return done.stdout.strip() or UNKNOWN
