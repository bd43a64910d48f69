"""The commands that `make demo KEEP=1` names, each a process of its own that talks to what is running."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.demo import live
from tests.demo.report import COMMANDS, LIVE, OPERATE
from tests.equipment.folders import temporary_folder
from tests.equipment.local_aws.server import ROOT
from tests.equipment.pace import eventually
from tests.equipment.system import System, started

pytestmark = pytest.mark.integration

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with temporary_folder() as folder, started(folder) as system:
        system.subscribe()
        yield system


@pytest.fixture(scope="module")
def command(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    path = tmp_path_factory.mktemp("running") / "demo.json"
    with live.announced(system, path):
        yield lambda *words: _run(path, *words)


def _run(running: Path, *words: str) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "tests.demo.live", *words, "--running", str(running)]
    return subprocess.run(
        call, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def operate(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """What is typed, as it is typed."""
    path = tmp_path_factory.mktemp("operated") / "demo.json"
    with live.announced(system, path):
        yield lambda typed: _typed(path, typed)


def _typed(running: Path, typed: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OPERATE_DEMO": str(running)}
    call = [sys.executable, "-m", "tests.demo.live", *shlex.split(typed)[3:], "--running", str(running)]
    return subprocess.run(
        shlex.split(typed) if typed.startswith(OPERATE) else call,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def held(done: subprocess.CompletedProcess[str]) -> tuple[str, list[str]]:
    """The order, and what IFS holds: forwarder, tracking number, ship date."""
    assert (done.returncode, done.stderr) == (0, "")
    line = next(line for line in done.stdout.splitlines() if ", holds: " in line)
    return line.partition(",")[0], line.partition("holds: ")[2].split(" | ")


def test_an_order_that_is_shipped_reaches_ifs_and_its_date_follows_the_delivery(
    command: Command, operate: Command
) -> None:
    order, (forwarder, tracking, date) = held(command("ship"))
    assert (forwarder, tracking[:2], date) == ("UPS", "1Z", "-")
    _, (_, _, corrected) = held(command("deliver", order))
    story = operate(f"{OPERATE} order {order}").stdout
    assert f"tracking: empty → {tracking}" in story
    assert f"→ {corrected}" in story


def test_an_unmapped_carrier_asks_a_person_who_maps_it_and_its_order_is_written(
    command: Command, operate: Command, system: System
) -> None:
    shipped = command("unmapped")
    order, (forwarder, _, _) = held(shipped)
    assert forwarder == "-"
    assert f"{OPERATE} order {order}" in shipped.stdout
    status = operate(f"{OPERATE} status --json")
    assert (status.returncode, json.loads(status.stdout)["connections"][0]["calls"]) == (1, 1)
    waits = operate(f"{OPERATE} attention --reason carrier_unmapped")
    assert (waits.returncode, waits.stderr) == (1, "")
    assert f"as {order}" in waits.stdout
    mapped = operate(next(typed for typed in COMMANDS if " map " in typed))
    assert (mapped.returncode, mapped.stderr) == (0, "")
    eventually(lambda: system.tick("Release") and operate(f"{OPERATE} order {order}").returncode == 0)
    assert "carrier: empty → UPS" in operate(f"{OPERATE} order {order}").stdout
    assert operate(f"{OPERATE} status").returncode == 0
    assert 'ontrac" = "UPS"' in operate(f"{OPERATE} desk").stdout
    assert operate(f"{OPERATE} map ups UPS --note again").stderr.startswith("code: the connection file says")


@pytest.mark.nightly
def test_every_command_that_is_named_works_as_it_is_typed(operate: Command) -> None:
    """`live`'s have tests of their own; the orders are those of the whole demonstration."""
    for typed in (typed for typed in COMMANDS if typed.startswith(OPERATE)):
        done = operate(typed.replace("D1052", "D2001").replace("D1042", "D2001"))
        assert (done.returncode in {0, 1}, done.stderr) == (True, ""), typed
        assert done.stdout, typed


@pytest.mark.nightly
def test_what_is_asked_for_wrongly_ends_with_2_and_a_sentence(operate: Command) -> None:
    for typed, told in {
        f"{OPERATE} order": "give exactly one of",
        f"{OPERATE} pause --connection nobody --note x": "connection: unknown",
        f"{OPERATE} pause": "note: say why",
        f"{OPERATE} resume --note x": "is not paused",
        f"{OPERATE} stauts": "invalid choice",
    }.items():
        done = operate(typed)
        assert (done.returncode, done.stdout) == (2, ""), typed
        assert told in done.stderr
        assert "Traceback" not in done.stderr


def assert_unchanged(done: subprocess.CompletedProcess[str]) -> None:
    assert (done.returncode, done.stderr) == (0, "")
    assert "othing to change" in done.stdout


def test_an_order_that_is_shipped_while_ifs_is_dark_arrives_afterwards(command: Command, system: System) -> None:
    before = len(system.tenant.outages.planned)
    _, (forwarder, _, _) = held(command("outage", "3"))
    (outage,) = system.tenant.outages.planned[before:]
    assert forwarder == "UPS"
    assert outage.met != []


@pytest.mark.nightly
def test_the_connection_file_is_deployed_and_a_replay_finds_what_it_changes(command: Command, system: System) -> None:
    order, _ = held(command("ship"))
    assert_unchanged(command("apply", order))
    text = system.connection_file.read_text(encoding="utf-8")
    system.connection_file.write_text(text.replace('ups = "UPS"', 'ups = "FEDEX"'), encoding="utf-8")
    assert command("redeploy").returncode == 0
    _, (forwarder, _, _) = held(command("apply", order))
    assert forwarder == "FEDEX"
    assert_unchanged(command("redeploy"))
    assert_unchanged(command("apply", order))


def test_a_wrong_connection_file_is_not_deployed_and_says_why(command: Command, system: System) -> None:
    right = system.connection_file.read_text(encoding="utf-8")
    system.connection_file.write_text(right.replace('mode = "write"', 'mode = "live"'), encoding="utf-8")
    done = command("redeploy")
    system.connection_file.write_text(right, encoding="utf-8")
    assert done.returncode == 1
    assert 'demo.toml: mode: is one of "off", "shadow" or "write"; did you mean "write"?' in done.stderr


@pytest.mark.parametrize("words", [("deliver", "D9"), ("deliver",), ("apply", "D9")], ids=" ".join)
def test_an_order_that_is_not_there_is_told_in_a_sentence(command: Command, words: tuple[str, ...]) -> None:
    done = command(*words)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.rstrip().endswith((".", "others."))


def test_where_nothing_runs_the_command_says_how_to_start_it(tmp_path: Path) -> None:
    done = _run(tmp_path / "none.json", "ship")
    assert done.returncode == 1
    assert done.stderr == "Nothing is running: start it with make demo KEEP=1 in another terminal.\n"


def test_every_command_that_is_named_exists() -> None:
    own = (command.removeprefix(LIVE) for command in COMMANDS if command.startswith(LIVE))
    assert {command.split()[0] for command in own} == set(live.COMMANDS)
