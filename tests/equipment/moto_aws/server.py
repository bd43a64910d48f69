"""moto's server as a child process: started on a free port, reached through boto3, gone when closed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.equipment.local_aws.server import AwsEndpoint

ROOT = Path(__file__).parents[3]


class MotoAws(AwsEndpoint):
    """`with MotoAws() as aws: aws.client("sqs")`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.equipment.moto_aws.entry"],
            cwd=ROOT,
            env={"PATH": os.defpath, "TMPDIR": os.environ.get("TMPDIR", "")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        port = self._process.stdout.readline().strip() if self._process.stdout else ""
        super().__init__(f"http://127.0.0.1:{port}")
        if not port:
            status = self._process.wait()  # its output has ended, and nothing else keeps it
            self.close()
            raise RuntimeError(f"moto did not start (exit status {status})")

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """May be called twice."""
        for client in self._clients.values():
            client.close()
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
