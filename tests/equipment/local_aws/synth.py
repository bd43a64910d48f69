"""Synthesises the repository's own app, or any other, without the CDK command line."""

from __future__ import annotations

import atexit
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
from typing import Any

from tests.equipment.local_aws.server import NODE, ROOT
from tests.equipment.pace import Patience

APP = ROOT / "app.py"
MOST_SECONDS = 10
MOST_RUNS = 12  # of one process, whose node keeps what every app was made of


class SynthError(Exception):
    """The app did not synthesise; the text is what it printed."""


def synthesise(context: Mapping[str, object], outdir: Path, *, app: Path = APP) -> Path:
    """As `python app.py` does with the context values; answers the cloud assembly's folder, ready for `deploy`. One
    process runs the app again and again; `synthesising` gives each run its own.
    """
    if app != APP:
        with synthesising(context, outdir, app=app) as result:
            return result()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as own:
        answer = _DESK.run(app, {**_environment(context, outdir), "TMPDIR": own})
    return _unless_failed(app, answer["status"], answer["output"], outdir)


def _unless_failed(app: Path, status: int, output: str, outdir: Path) -> Path:
    if status:
        raise SynthError(f"{app.name} ended with status {status}\n{output}")
    return outdir


class _Desk:
    """The process that runs the app; a new one where it died, or is full."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._runs = 0

    def run(self, app: Path, environment: Mapping[str, str]) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None or self._runs >= MOST_RUNS:
            self.close()
            self._process, self._runs = self._started(environment), 0
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._runs += 1
        self._process.stdin.write(f"{json.dumps({'app': str(app), 'environment': dict(environment)})}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise SynthError(f"the process that runs {app.name} ended with status {self._process.wait()}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def _started(self, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        # Node would give what it was started with to every run.
        kept = {name: value for name, value in environment.items() if not name.startswith("CDK_")}
        return subprocess.Popen(
            [sys.executable, "-m", "tests.equipment.local_aws.synth_desk"],
            cwd=ROOT,
            env={**kept, "TMPDIR": tempfile.gettempdir()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def close(self) -> None:
        """It ends when nobody can ask it any more."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


_DESK = _Desk()
atexit.register(_DESK.close)


@contextmanager
def synthesising(
    context: Mapping[str, object], outdir: Path, *, app: Path = APP, root: Path = ROOT
) -> Iterator[Callable[[], Path]]:
    """In a process of its own, beside other work: begins at once; the call waits for the end. Leaving it ends what
    still runs, and clears away what that had no time for. `root` is where the app's modules stand.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as own:
        run = subprocess.Popen(
            [sys.executable, str(app)],
            cwd=root,
            env={**_environment(context, outdir, root), "TMPDIR": own},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

        def result() -> Path:
            status = run.wait()
            output.seek(0)
            return _unless_failed(app, status, output.read(), outdir)

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


def _environment(context: Mapping[str, object], outdir: Path, root: Path = ROOT) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    return {
        **inherited,
        "PATH": os.pathsep.join([str(NODE), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": str(root),
        "CDK_OUTDIR": str(outdir.absolute()),
        "CDK_CONTEXT_JSON": json.dumps(dict(context)),
    }
