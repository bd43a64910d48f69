"""Whoever sees the project for the first time gets through, or is told in one sentence why not, and then gets through.

The short form borrows the downloads of this checkout. The whole one (`make nightly`) downloads everything, with every
Python that this machine has.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.equipment.checkout import Newcomer, said
from tests.equipment.pace import HANGS_SECONDS, busy_loops

pytestmark = pytest.mark.integration

CLOSED = "http://127.0.0.1:9/simple"  # nobody listens on the port of "discard"
NOWHERE = {"PIP_INDEX_URL": CLOSED, "UV_INDEX_URL": CLOSED, "UV_DEFAULT_INDEX": CLOSED, "PIP_CONFIG_FILE": "/dev/null"}
NPM_NOWHERE = {"npm_config_registry": "http://127.0.0.1:9/"}
PYTHONS = [f"python3.{minor}" for minor in (11, 12, 13, 14)]


@pytest.fixture
def newcomer(tmp_path: Path) -> Newcomer:
    return Newcomer(tmp_path / "some one", borrows=True)


@pytest.fixture
def stranger(tmp_path: Path) -> Newcomer:
    """Without anything that this checkout has downloaded."""
    return Newcomer(tmp_path / "some one")


def a_python(folder: Path, version: tuple[int, int]) -> Path:
    """An interpreter that says it is of this version."""
    path = folder / "python-of-old"
    pretend = f"import sys; sys.version_info = {(*version, 0, 'final', 0)}; exec(sys.argv.pop(1))"
    path.write_text(f'#!/bin/sh\nshift\nexec "{sys.executable}" -c "{pretend}" "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def test_an_old_python_is_told_before_anything_is_made(newcomer: Newcomer) -> None:
    old = a_python(newcomer.folder, (3, 9))
    status, lines = newcomer.make("setup", f"PYTHON={old}")
    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith(f"Python 3.11 or newer is needed; {old} is 3.9.")
    assert not (newcomer.checkout / ".venv").exists()
    assert not (newcomer.checkout / "build").exists()


@pytest.mark.parametrize("python", ["python9.9", "/bin/true", "/bin/echo"])
def test_a_python_that_is_none_is_told(newcomer: Newcomer, python: str) -> None:
    status, lines = newcomer.make("setup", f"PYTHON={python}")
    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith(f"Python 3.11 or newer is needed; {python} does not run as Python.")


@pytest.mark.parametrize("name", [".venv", "build"])
def test_a_file_in_the_way_is_told(newcomer: Newcomer, name: str) -> None:
    (newcomer.checkout / name).write_text("", encoding="utf-8")
    status, lines = newcomer.make("setup")
    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith(f"{name} is a file")


def test_registries_out_of_reach_are_told(stranger: Newcomer) -> None:
    status, lines = stranger.make("setup", **NOWHERE)
    assert status == 2
    assert lines[-1].startswith("The package registry at 127.0.0.1:9 cannot be reached")
    assert [line for line in lines if "Traceback" in line or "WARNING" in line] == []


@pytest.mark.parametrize("seconds", [pytest.param(0.3, marks=pytest.mark.nightly), 5])
def test_an_interrupted_installation_goes_on(newcomer: Newcomer, seconds: float) -> None:
    interrupted = newcomer.start("setup")
    with pytest.raises(subprocess.TimeoutExpired):
        interrupted.wait(seconds)
    interrupted.send_signal(signal.SIGTERM)
    output, _ = interrupted.communicate(timeout=HANGS_SECONDS)
    assert "Traceback" not in output

    assert newcomer.make("setup")[0] == 0
    assert newcomer.make("setup") == (0, [])
    runs(newcomer)
    assert newcomer.litter() == []


@pytest.mark.nightly
def test_what_breaks_afterwards_is_made_again_without_being_asked(newcomer: Newcomer) -> None:
    assert newcomer.make("setup")[0] == 0
    node, python = (newcomer.checkout / ".venv/bin" / name for name in ("node", "python"))
    node.resolve().unlink()
    assert newcomer.make("setup")[0] == 0
    assert node.exists()
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert newcomer.make("setup")[0] == 0
    newcomer.checkout = newcomer.checkout.rename(newcomer.checkout.with_name("moved"))
    assert newcomer.make("setup")[0] == 0
    runs(newcomer)


def runs(newcomer: Newcomer) -> None:
    """What was installed works: the interpreter, a script, node, and a package that is compiled."""
    for command in (["python", "-c", "import boto3, pydantic, pytest"], ["cfn-lint", "--version"], ["node", "-v"]):
        program = newcomer.checkout / ".venv/bin" / command[0]
        subprocess.run([program, *command[1:]], check=True, capture_output=True, env=newcomer.environment())


def refused(newcomer: Newcomer, *arguments: str, **credentials: str) -> str:
    """The one sentence of a deployment that does not begin."""
    environment = newcomer.environment(AWS_EC2_METADATA_DISABLED="true", **credentials)
    kept = {name: value for name, value in environment.items() if name in credentials or not of_aws(name)}
    run = [sys.executable, ".ci/deploy.py", *arguments]
    ended = subprocess.run(run, cwd=newcomer.checkout, env=kept, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1), ended.stderr
    return ended.stderr.rstrip()


def of_aws(name: str) -> bool:
    return name.startswith("AWS_") and name != "AWS_EC2_METADATA_DISABLED"


EXAMPLE_NAMED = [
    [],
    ["--folder", ""],
    ["--folder", "infra/connections"],
    ["--folder", "docs/examples/"],
    ["-c", "connections=docs/examples"],
]


@pytest.mark.parametrize("named", EXAMPLE_NAMED, ids=" ".join)
def test_the_example_is_not_deployed(newcomer: Newcomer, named: list[str]) -> None:
    assert refused(newcomer, "deploy", *named).startswith("The example is not deployed")


def test_a_folder_without_files_is_told(newcomer: Newcomer) -> None:
    for verb in ("deploy", "synth"):
        assert refused(newcomer, verb, "--folder", "~/none") == f"{newcomer.home}/none: there is no such folder"


@pytest.mark.parametrize(
    ("copied", "host"),
    [("docs/examples/orders.toml", "orders.ifs.example"), ("infra/connections/example.toml", "example.ifs.cloud")],
)
def test_a_copied_example_is_deployed_once_its_hosts_are_ones_own(newcomer: Newcomer, copied: str, host: str) -> None:
    own = newcomer.home / "own"
    own.mkdir()
    text = (newcomer.checkout / copied).read_text(encoding="utf-8").replace('name = "example"\n', "")
    (own / "acme.toml").write_text(text, encoding="utf-8")
    said = f"acme.toml: {host} is the example's host; write your own"
    assert refused(newcomer, "deploy", "--folder", "~/own") == said
    (own / "acme.toml").write_text(text.replace(host, "ifs.acme.cloud"), encoding="utf-8")
    assert refused(newcomer, "deploy", "--folder", "~/own").startswith("There are no AWS credentials")
    for subscriber in ("on.call@acme.cloud,on.call@example.com", "https://alarms.EXAMPLE.com:443/hook?key=1"):
        said = refused(newcomer, "deploy", "--folder", "~/own", "-c", f"alarms={subscriber}")
        assert said.casefold().endswith("example.com is the example's host; name who is to be told")


def test_what_is_missing_of_the_credentials_is_told_first(newcomer: Newcomer) -> None:
    assert refused(newcomer, "bootstrap").startswith("There are no AWS credentials: log in, or set AWS_PROFILE")
    assert "(nobody)" in refused(newcomer, "bootstrap", AWS_PROFILE="nobody")
    assert "(nobody)" in refused(newcomer, "bootstrap", "--profile", "nobody")
    assert "missing: AWS_SECRET_ACCESS_KEY" in refused(newcomer, "bootstrap", AWS_ACCESS_KEY_ID="AKIA")


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Root writes where nobody may; what is mounted small or read-only stops root too."""
    command = ["/bin/mount", "-t", "tmpfs", *options, "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system: neither a full disk nor a read-only folder is tried")
    try:
        yield
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(folder)], check=True)


@pytest.mark.nightly
def test_a_full_disk_is_told_and_room_is_all_it_takes(stranger: Newcomer) -> None:
    kept = stranger.checkout.rename(stranger.folder / "kept")
    stranger.checkout.mkdir()
    with mounted(stranger.checkout, "-o", "size=60m"):
        shutil.copytree(kept, stranger.checkout, dirs_exist_ok=True)
        status, lines = stranger.make("setup")
        assert (status, lines[-1].partition(":")[0]) == (2, "The disk is full")
        subprocess.run(["/bin/mount", "-o", "remount,size=3g", str(stranger.checkout)], check=True)
        assert stranger.make("setup")[0] == 0
        runs(stranger)


@pytest.mark.nightly
def test_a_read_only_folder_is_told(stranger: Newcomer) -> None:
    kept = stranger.checkout.rename(stranger.folder / "kept")
    stranger.checkout.mkdir()
    with mounted(stranger.checkout):
        shutil.copytree(kept, stranger.checkout, dirs_exist_ok=True)
        subprocess.run(["/bin/mount", "-o", "remount,ro", str(stranger.checkout)], check=True)
        status, lines = stranger.make("setup")
        assert (status, len(lines)) == (2, 1)
        assert lines[0].startswith("This folder is read-only")


@pytest.mark.nightly
@pytest.mark.parametrize("python", PYTHONS)
def test_every_python_of_this_machine_installs_and_synthesises(stranger: Newcomer, python: str) -> None:
    if subprocess.run(["/bin/sh", "-c", f"{python} -c ''"], capture_output=True, check=False).returncode:
        pytest.skip(f"no {python} on this machine")
    status, lines = stranger.make("synth", f"PYTHON={python}", **NPM_NOWHERE)
    assert status == 2
    assert lines[-1].startswith("The package registry at 127.0.0.1:9 cannot be reached")
    own = stranger.home / "my files"
    shutil.copytree(stranger.checkout / "docs/examples", own)
    status, lines = stranger.make("synth", f"PYTHON={python}", "FOLDER=~/my files")
    assert (status, lines[-1]) == (0, "cdk.out/ifs-shipstation.template.json")
    assert stranger.litter() == ["my files"]
    assert {path.name for path in stranger.checkout.iterdir()} >= {".venv", "build", "cdk.out"}
    assert stranger.make("clean") == (0, [])
    assert not any((stranger.checkout / name).exists() for name in (".venv", "build", "cdk.out"))


@pytest.mark.nightly
def test_a_newcomer_sees_the_demonstration_and_the_tests_on_a_busy_machine(stranger: Newcomer) -> None:
    with busy_loops():
        status, lines = stranger.make("demo")
        assert (status, "Both systems agree." in lines) == (0, True)
        assert stranger.make("test")[0] == 0
    assert stranger.litter() == []


def test_signs_of_life_and_makes_own_lines_are_not_what_a_verb_says() -> None:
    assert said("a\n  … a, 2 s\nmake: *** [Makefile:1: x] Error 1\n") == ["a"]
