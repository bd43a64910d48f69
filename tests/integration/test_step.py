"""Every verb runs its commands through `step.py`: never silent for long, and nothing is left when it is stopped."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import termios
from pathlib import Path
from typing import Any

import pytest
import step

from tests.equipment.local_aws.server import ROOT
from tests.equipment.pace import HANGS_SECONDS, eventually

pytestmark = pytest.mark.integration

STEP = [sys.executable, str(ROOT / ".ci/step.py")]
LONGEST_SILENCE = 3.0
SLOW = "import time; print('begun', flush=True); time.sleep(9)"
# A child in a session of its own, as the local AWS is, and a temporary folder that nobody removes.
LEAVES = """
import os, subprocess, sys, tempfile, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(os.getpid(), child.pid, tempfile.mkdtemp(), flush=True)
time.sleep(600)
"""


def test_no_silence_is_longer_than_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now, shown = 0.0, [0.0]
    monkeypatch.setattr(step.Screen, "_write", lambda _, data: shown.append(now))
    screen = step.Screen("slow", clock=lambda: now)
    while now < 60:
        now += step.LOOK_SECONDS
        screen.live()
        if now == 20:
            screen.show(b"half a line")
    assert max(after - before for before, after in zip(shown, [*shown[1:], now], strict=True)) <= LONGEST_SILENCE


@pytest.mark.parametrize("parts", [[b"Still running. x\n"], [b"Still ru", b"nning. x\n"]], ids=["whole", "in parts"])
def test_no_sign_of_life_follows_the_words_of_one_that_waits_for_a_person(
    monkeypatch: pytest.MonkeyPatch, parts: list[bytes]
) -> None:
    now, shown = 0.0, bytearray()
    monkeypatch.setattr(step.Screen, "_write", lambda _, data: shown.extend(data))
    screen = step.Screen("slow", clock=lambda: now, until=b"Still running.")
    now = 5
    screen.live()
    before = len(shown)
    assert before > 0
    for part in parts:
        screen.show(part)
    now = 500
    screen.live()
    assert shown[before:] == b"".join(parts)


def test_the_words_that_the_demonstration_is_followed_to_are_its_own() -> None:
    recipe = next(line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if "--until" in line)
    words = re.findall('--until "(.+?)"', recipe)[0]
    assert words in (ROOT / "tests/demo/report.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("how", [[], ["--quiet"]], ids=["shown", "quiet"])
def test_a_silent_command_is_heard_of_while_it_runs(how: list[str]) -> None:
    run = subprocess.run(
        [*STEP, *how, "A slow step", sys.executable, "-c", SLOW], capture_output=True, text=True, check=True
    )
    assert len(re.findall(r"^  … A slow step, \d+ s$", run.stdout, flags=re.MULTILINE)) >= 2
    assert ("begun" in run.stdout) is (how == [])


def test_what_a_quiet_command_says_is_shown_when_it_fails_and_its_status_is_kept() -> None:
    script = "import sys; print('why'); sys.exit(3)"
    run = subprocess.run(
        [*STEP, "--quiet", "Step", sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (3, "Step\nwhy\n")


def test_no_sign_of_life_stands_in_a_question() -> None:
    ours, theirs = pty.openpty()
    how = termios.tcgetattr(theirs)
    how[3] &= ~termios.ECHO  # as while a secret is typed
    termios.tcsetattr(theirs, termios.TCSANOW, how)
    command = [*STEP, "--ask", "Step", sys.executable, "-c", SLOW]
    run = subprocess.run(command, stdin=theirs, capture_output=True, text=True, check=True)
    os.close(theirs)
    os.close(ours)
    assert run.stdout == "Step\nbegun\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_a_stopped_verb_leaves_no_process_no_folder_and_no_traceback(number: signal.Signals) -> None:
    with subprocess.Popen(
        [*STEP, "Step", sys.executable, "-c", LEAVES], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        pids, folder = _begun(running)
        running.send_signal(number)
        output, _ = running.communicate(timeout=HANGS_SECONDS)
    assert running.returncode == 128 + number
    assert output.lstrip() == "Stopped.\n"
    assert not folder.exists()
    assert not folder.parent.exists()
    eventually(lambda: not any(map(_lives, pids)))


def test_a_signal_that_comes_while_the_command_begins_leaves_nothing_either(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def started(*command: Any, **how: Any) -> subprocess.Popen[bytes]:
        begun.append(start(*command, **how))
        os.kill(os.getpid(), signal.SIGINT)
        return begun[0]

    monkeypatch.setattr(subprocess, "Popen", started)
    monkeypatch.setattr(tempfile, "mkdtemp", lambda prefix: str(tmp_path))
    with pytest.raises(step.Stopped) as stopped:
        step.run([sys.executable, "-c", SLOW], step.Screen("slow"))
    assert (stopped.value.status, begun[0].poll() is None, tmp_path.exists()) == (130, False, False)


def test_a_verb_ends_when_whoever_started_it_is_killed() -> None:
    starter = f"import subprocess; subprocess.run({[*STEP, 'Step', sys.executable, '-c', LEAVES]!r})"
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True) as running:
        pids, folder = _begun(running)
        running.kill()
    eventually(lambda: not any(map(_lives, pids)) and not folder.exists())


def test_every_verb_runs_its_commands_as_steps() -> None:
    recipes = re.findall(r"^\t@(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    apart = (
        "grep ",
        "rm ",
        "find ",
        "PYTHON=",
        "$(BIN)/python -m uv pip compile",
        "exec .ci/operate",
        "exec $(BIN)/python -m functions.console.",
    )  # short, a step itself, or what says itself how far it is
    assert [recipe for recipe in recipes if not recipe.startswith(("$(STEP)", "$(CDK)", *apart))] == []


def _begun(running: subprocess.Popen[str]) -> tuple[list[int], Path]:
    assert running.stdout
    while len(words := running.stdout.readline().split()) != 3 or not words[0].isdigit():
        assert running.poll() is None
    return [int(words[0]), int(words[1])], Path(words[2])


def _lives(pid: int) -> bool:
    """Not a dead one either that nobody has asked how it ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return False
    return state != b"Z"
