"""Synthesises one app after another in one process: to start CDK costs several times what a synthesis does.

python -m tests.equipment.local_aws.synth_desk     # a line of JSON for each synthesis, and one for each answer
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import aws_cdk

ROOT = Path(__file__).parents[3]
THE_APP = aws_cdk.App


class _App(THE_APP):
    """CDK's node reads the environment once, when it starts: what it would read for this run is handed to it."""

    def __init__(self, *, context: dict[str, Any] | None = None, **rest: Any) -> None:
        merged = {**(context or {}), **json.loads(os.environ["CDK_CONTEXT_JSON"])}
        super().__init__(context=merged, outdir=os.environ["CDK_OUTDIR"], **rest)


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    own = tempfile.gettempdir()  # the folder of a run is gone after it
    aws_cdk.App = _App  # type: ignore[assignment,misc] # for as long as this process lives
    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryFile("w+", dir=own) as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            status = _run(asked["app"], asked["environment"])
            sys.stdout.flush()
            sys.stderr.flush()
            output.seek(0)
            print(json.dumps({"status": status, "output": output.read()}), file=answers, flush=True)


def _run(app: str, environment: dict[str, str]) -> int:
    """As `python app` ends."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    tempfile.tempdir = None
    try:
        runpy.run_path(app, run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 # told, as the interpreter tells it
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    main()
