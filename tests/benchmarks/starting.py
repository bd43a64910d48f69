"""How much longer a Lambda takes to start than the AWS SDK alone, and how large the bundle is. The real bundle, under
the runtime interface client, in a fresh process each time; the processor's time: the machine has other work too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import cache_from_source
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.row import Row
from tests.equipment.local_aws.deploy import zip_folder
from tests.equipment.local_aws.managed import START, link_packages
from tests.equipment.local_aws.synth import synthesise

ROUNDS = 15
LONGEST_SECONDS = 60
MEGABYTE = 1_000_000
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
BARE = "import boto3\nboto3.client({service!r})\nhandler = print\n"
WIRED = "from functions.handlers import {name}\n{name}._wired()\nhandler = {name}.handler\n"
STARTS = (("webhook", "sqs", 1.25), ("consume", "dynamodb", 1.6))


def init() -> Iterable[Row]:
    """Imported and wired, as before the first event is answered, against boto3 with one client."""
    with TemporaryDirectory() as temporary:
        bundle, template = synthesised(Path(temporary), "x86_64")
        folder = Path(temporary) / "runtime"
        link_packages(folder)
        for name, service, goal in STARTS:
            (folder / f"bare_{service}.py").write_text(BARE.format(service=service), encoding="utf-8")
            (folder / f"wired_{name}.py").write_text(WIRED.format(name=name), encoding="utf-8")
            variables = _variables(template, name)
            taken = _alternating(folder, bundle, variables, f"bare_{service}", f"wired_{name}")
            bare, wired = (1000 * median(seconds) for seconds in taken)
            unit = f"times boto3 with a client of {service} ({wired:.0f} ms of a processor, {bare:.0f} ms)"
            yield Row(f"init_{name}", round(wired / bare, 2), unit, goal, 1, ROUNDS)


def bundle_mb() -> Iterable[Row]:
    """What a deployment uploads, for the default architecture."""
    with TemporaryDirectory() as temporary:
        bundle, _ = synthesised(Path(temporary), "arm64")
        missing = [path for path in bundle.rglob("*.py") if not Path(cache_from_source(str(path))).exists()]
        assert not missing, f"{len(missing)} modules without .pyc"
        size = len(zip_folder(bundle)) / MEGABYTE
    yield Row("bundle_mb", round(size, 2), f"MB zipped, arm64, with .pyc of Python {PYTHON}", 8, 4, 0)


def synthesised(temporary: Path, architecture: str) -> tuple[Path, dict[str, Any]]:
    """The bundle and the template."""
    assembly = synthesise({"python": PYTHON, "architecture": architecture}, temporary / "cdk.out")
    (bundle,) = (path for path in assembly.glob("asset.*") if path.is_dir())
    template: dict[str, Any] = json.loads((assembly / "ifs-shipstation.template.json").read_text(encoding="utf-8"))
    return bundle, template


def _variables(template: Mapping[str, Any], name: str) -> dict[str, str]:
    functions = (
        each["Properties"] for each in template["Resources"].values() if each["Type"] == "AWS::Lambda::Function"
    )
    (found,) = (each for each in functions if f".{name}." in each["Handler"])
    return {key: _filled_in(value) for key, value in found["Environment"]["Variables"].items()}


def _filled_in(value: Any) -> str:
    """What is known only when deployed: an address."""
    if isinstance(value, str):
        return value
    parts = value["Fn::Join"][1] if "Fn::Join" in value else ["https://sqs.us-east-1.amazonaws.com/1/queue"]
    return "".join(part if isinstance(part, str) else "https://sqs.us-east-1.amazonaws.com/1/queue" for part in parts)


def _alternating(folder: Path, bundle: Path, variables: Mapping[str, str], *modules: str) -> list[list[float]]:
    """Seconds of each module; the first start, which compiles and fills the disk's memory, does not count."""
    rounds = [[_seconds(folder, bundle, variables, module) for module in modules] for _ in range(ROUNDS + 1)]
    return [list(each) for each in zip(*rounds[1:], strict=True)]


def _seconds(folder: Path, bundle: Path, variables: Mapping[str, str], module: str) -> float:
    """The processor's time until the runtime client asks for the first event."""
    with _runtime_api() as (address, asked):
        environment = {
            **variables,
            "PATH": os.defpath,
            "PYTHONPATH": str(folder),
            "LAMBDA_TASK_ROOT": str(bundle),
            "AWS_LAMBDA_RUNTIME_API": address,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
        }
        process = subprocess.Popen([*START, f"{module}.handler"], cwd=bundle, env=environment)
        try:
            assert asked.wait(LONGEST_SECONDS), f"{module} does not start"
        finally:
            process.kill()
            _, _, used = os.wait4(process.pid, 0)
            process.returncode = 0
        return used.ru_utime + used.ru_stime


@contextmanager
def _runtime_api() -> Iterator[tuple[str, threading.Event]]:
    """Its address, and whether an event was asked for. None ever comes."""
    asked, ended = threading.Event(), threading.Event()

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.set()
            ended.wait(LONGEST_SECONDS)

        def do_POST(self) -> None:
            print(self.path, self.rfile.read(int(self.headers["Content-Length"])).decode())

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_port}", asked
        finally:
            ended.set()
            server.shutdown()
