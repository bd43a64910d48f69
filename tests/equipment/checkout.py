"""A checkout as a newcomer has it: empty caches, an empty home, a path with a space."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.equipment.local_aws.server import ROOT
from tests.equipment.pace import HANGS_SECONDS

# Where this machine says which registries it uses; everything else in a home is the person's.
SETTINGS = {
    "PIP_CONFIG_FILE": ".config/pip/pip.conf",
    "UV_CONFIG_FILE": ".config/uv/uv.toml",
    "npm_config_userconfig": ".npmrc",
}
CACHES = (
    "PIP_CACHE_DIR",
    "UV_CACHE_DIR",
    "npm_config_cache",
    "JSII_RUNTIME_PACKAGE_CACHE_ROOT",
    "CDK_HOME",
)
OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHON", "FOLDER", "CONTEXT", "ARGS")


@dataclass
class Newcomer:
    """`borrows` the downloads of this checkout, for a test that is about something else."""

    folder: Path
    borrows: bool = False
    home: Path = field(init=False)
    checkout: Path = field(init=False)

    def __post_init__(self) -> None:
        self.home, self.checkout = self.folder / "home", self.folder / "a check out"
        self.home.mkdir(parents=True)
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
        for name in filter(None, names):
            if (ROOT / name).is_file():
                (self.checkout / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.checkout / name)

    def environment(self, **own: str) -> dict[str, str]:
        left_out = {*OF_MAKE, "JSII_NODE", *(() if self.borrows else CACHES), "VIRTUAL_ENV", "HOME"}
        kept = {name: value for name, value in os.environ.items() if name not in left_out}
        settings = {name: str(path) for name, at in SETTINGS.items() if (path := Path.home() / at).exists()}
        return {**settings, **kept, "HOME": str(self.home), **own}

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """`make` in a group of its own, as a terminal starts it; what it prints is read from `stdout`."""
        return subprocess.Popen(
            ["make", *arguments],  # noqa: S607 # as a person calls it
            cwd=self.checkout,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def make(self, *arguments: str, **environment: str) -> tuple[int, list[str]]:
        """Exit status and the lines that are neither a sign of life nor make's own."""
        with self.start(*arguments, **environment) as process:
            output, _ = process.communicate(timeout=HANGS_SECONDS)
        return process.returncode, said(output)

    def litter(self) -> list[str]:
        """What stands in the home; `.rustup` comes from a Rust that pip asks for its version."""
        return sorted(path.name for path in self.home.iterdir() if path.name != ".rustup")


def said(output: str) -> list[str]:
    lines = output.splitlines()
    return [line for line in lines if line and not line.startswith(("  … ", "make: ", "make["))]
