"""Synthesises the repository's own app, or any other, without the CDK command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.equipment.local_aws.server import NODE, ROOT
from tests.equipment.pace import Patience

MOST_SECONDS = 10


class SynthError(Exception):
    """The app did not synthesise; the text is what it printed."""


def synthesise(context: Mapping[str, object], outdir: Path, *, app: Path = ROOT / "app.py") -> Path:
    """Runs `python app.py` with the context values; answers the cloud assembly's folder, ready for `deploy`."""
    with synthesising(context, outdir, app=app) as result:
        return result()


@contextmanager
def synthesising(
    context: Mapping[str, object], outdir: Path, *, app: Path = ROOT / "app.py"
) -> Iterator[Callable[[], Path]]:
    """The same beside other work: begins at once; the call waits for the end. Leaving it ends what still runs, and
    clears away what that had no time for.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as own:
        run = subprocess.Popen(
            [sys.executable, str(app)],
            cwd=ROOT,
            env={**_environment(context, outdir), "TMPDIR": own},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

        def result() -> Path:
            if run.wait():
                output.seek(0)
                raise SynthError(f"{app.name} ended with status {run.returncode}\n{output.read()}")
            return outdir

        try:
            yield result
        finally:
            with suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            _wait_for_the_rest(run.pid)


def _wait_for_the_rest(group: int) -> None:
    """What the app had started was killed with it, and ends a moment later on a busy machine."""
    patience = Patience(MOST_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        while not patience.is_over():
            os.killpg(group, 0)
            time.sleep(0.01)


def _environment(context: Mapping[str, object], outdir: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    return {
        **inherited,
        "PATH": os.pathsep.join([str(NODE), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": str(ROOT),
        "CDK_OUTDIR": str(outdir.absolute()),
        "CDK_CONTEXT_JSON": json.dumps(dict(context)),
    }
