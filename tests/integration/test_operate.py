"""The operator's command line as a process, against an AWS that hangs, hangs up, or is not there."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.equipment.local_aws.server import ROOT
from tests.equipment.pace import HANGS_SECONDS

pytestmark = pytest.mark.integration

PROGRAM = str(ROOT / ".ci/operate")


@pytest.fixture
def aws() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(HANGS_SECONDS)
        yield listening


def begun(aws: socket.socket, folder: Path, *words: str) -> subprocess.Popen[str]:
    running = folder / "demo.json"
    found = {"aws": f"http://127.0.0.1:{aws.getsockname()[1]}", "stack": {"name": "ifs-shipstation"}}
    running.write_text(json.dumps(found), encoding="utf-8")
    return subprocess.Popen(
        [PROGRAM, "--demo", *words],
        cwd=folder,
        env={**os.environ, "OPERATE_DEMO": str(running)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_an_interrupt_ends_it_in_a_sentence(aws: socket.socket, tmp_path: Path) -> None:
    with begun(aws, tmp_path, "status") as process:
        waiting, _ = aws.accept()
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=HANGS_SECONDS)
        waiting.close()
    assert (process.returncode, out) == (130, "")
    assert said == "\nStopped. What was asked for before goes on by itself.\n"


def test_what_hangs_up_is_not_asked_a_second_time(aws: socket.socket, tmp_path: Path) -> None:
    with begun(aws, tmp_path, "map", "ontrac", "UPS", "--note", "new") as process:
        calling, _ = aws.accept()
        calling.close()
        out, said = process.communicate(timeout=HANGS_SECONDS)
    assert (process.returncode, out, said.count("\n")) == (2, "", 1)
    assert "AWS cannot be reached" in said
    aws.settimeout(0)
    with pytest.raises(BlockingIOError):
        aws.accept()


def test_bad_input_reaches_no_one(aws: socket.socket, tmp_path: Path) -> None:
    with begun(aws, tmp_path, "release", "--note", "again") as process:
        _, said = process.communicate(timeout=HANGS_SECONDS)
    assert process.returncode == 2
    assert "give exactly one of orders, reasons, everything" in said
    aws.settimeout(0)
    with pytest.raises(BlockingIOError):
        aws.accept()


def test_an_answer_that_nobody_reads_on_is_no_fault(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"'{PROGRAM}' --help | true"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
