"""Synthesises the repository's own app, or any other, without the CDK command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.equipment.local_aws.server import NODE, ROOT


class SynthError(Exception):
    """The app did not synthesise; the text is what it printed."""


def synthesise(context: Mapping[str, object], outdir: Path, *, app: Path = ROOT / "app.py") -> Path:
    """Runs `python app.py` with the context values; answers the cloud assembly's folder, ready for `deploy`."""
    run = subprocess.run(
        [sys.executable, str(app)],
        cwd=ROOT,
        env=_environment(context, outdir),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise SynthError(f"{app.name} ended with status {run.returncode}\n{run.stdout}{run.stderr}")
    return outdir


def _environment(context: Mapping[str, object], outdir: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    return {
        **inherited,
        "PATH": os.pathsep.join([str(NODE), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": str(ROOT),
        "CDK_OUTDIR": str(outdir.absolute()),
        "CDK_CONTEXT_JSON": json.dumps(dict(context)),
    }
