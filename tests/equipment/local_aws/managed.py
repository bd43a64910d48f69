"""What AWS's managed Python runtime brings along; everything else has to come with the bundle."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

PACKAGES = (
    "awslambdaric",
    "simplejson",
    "snapshot-restore-py",
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "python-dateutil",
    "six",
    "urllib3",
)
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
START = (sys.executable, "-S", "-m", "awslambdaric")  # without `site`, Python sees no other packages


def link_packages(folder: Path) -> None:
    folder.mkdir()
    for package in PACKAGES:
        distribution = importlib.metadata.distribution(package)
        for name in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            (folder / name).symlink_to(str(distribution.locate_file(name)))
