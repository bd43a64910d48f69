"""The real bundle: the same bytes wherever it is made, compiled, and no larger at the start than it needs to be."""

from __future__ import annotations

import hashlib
import json
import marshal
import os
import re
import shutil
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import deploy
import pytest

import app
from infra import bundle as made
from infra.bundle import OWN, RUNTIMES, BundleError, Target, bundle, contents_hash, starts_slower
from tests.equipment.local_aws.server import ROOT

pytestmark = pytest.mark.integration

HERE = Target(architecture="x86_64")
HEADER_BYTES = 16  # of a .pyc
SETTINGS = dict.fromkeys(("NOTIFICATIONS", "WEBHOOK_SECRETS", "WEBHOOK_SIGNATURES", "JWKS_URLS"), "{}")


@pytest.fixture(scope="module")
def folder(assembly: Path) -> Path:
    (found,) = (path for path in assembly.glob("asset.*") if path.is_dir())
    return found


def a_machine(folder: Path) -> Path:
    """A checkout of its own: functions and connections."""
    shutil.copytree(ROOT / "functions", folder / "functions", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "infra/connections", folder / "connections")
    return folder


def test_two_machines_with_the_same_python_make_the_same_bytes(tmp_path: Path) -> None:
    machines = [a_machine(tmp_path / name) for name in ("one", "another/with/a/longer/path")]
    assert len({contents_hash(bundle(root, root / "connections", HERE)) for root in machines}) == 1


def test_every_module_is_compiled_and_names_its_place_in_the_lambda(folder: Path) -> None:
    modules = sorted(folder.rglob("*.py"))
    assert len(modules) > 300
    for module in modules:
        code = marshal.loads(Path(cache_from_source(str(module))).read_bytes()[HEADER_BYTES:])  # noqa: S302 # our own
        assert code.co_filename == f"/var/task/{module.relative_to(folder)}"


def test_packages_made_without_the_interpreter_are_made_again_once_it_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def install(lock: Path, folder: Path, target: Target) -> None:
        folder.mkdir(parents=True)
        (folder / "package.py").write_text("A = 1\n", encoding="utf-8")

    monkeypatch.setattr(made, "_install", install)
    root = a_machine(tmp_path)
    with monkeypatch.context() as without:
        without.setattr(made, "_interpreter", lambda _: None)
        assert not list(bundle(root, root / "connections", HERE).rglob("*.pyc"))
        assert f"No python{OWN} was found" in str(starts_slower(HERE))
    assert (bundle(root, root / "connections", HERE) / cache_from_source("package.py")).exists()
    assert starts_slower(HERE) is None


def test_what_an_interrupted_run_was_making_is_removed_and_what_a_running_one_makes_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(made, "_install", lambda _, folder, __: folder.mkdir(parents=True))
    root = a_machine(tmp_path)
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    for made_in in ("build/packages", "build/bundle"):
        interrupted, running = (root / made_in / f"abc-{pid}" for pid in (ended.pid, os.getpid()))
        for folder in (interrupted, running):
            (folder / "package").mkdir(parents=True)
        bundle(root, root / "connections", HERE)
        assert (interrupted.exists(), running.exists()) == (False, True)


def test_two_syntheses_of_one_folder_at_once_keep_out_of_each_other_s_bundle(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(made, "_install", lambda _, folder, __: folder.mkdir(parents=True))
    root = a_machine(tmp_path)
    ours = bundle(root, root / "connections", HERE)
    monkeypatch.setattr(os, "getpid", os.getppid)
    theirs = bundle(root, root / "connections", HERE)
    assert contents_hash(ours) == contents_hash(theirs)
    assert ours != theirs


def test_two_syntheses_that_make_the_same_packages_at_once_keep_the_first(tmp_path: Path) -> None:
    first, second, packages = tmp_path / "made-1", tmp_path / "made-2", tmp_path / "made"
    for each in (first, second):
        each.mkdir()
        (each / "who.py").write_text(each.name, encoding="utf-8")
        made._put(each, packages)  # noqa: SLF001 # two processes meet here by chance only
    assert (packages / "who.py").read_text(encoding="utf-8") == "made-1"
    assert not second.exists()


def test_what_is_slower_is_said_last_and_kept_for_the_end_of_a_deployment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notice = tmp_path / "notice.txt"
    assert deploy.NOTICE == app.NOTICE
    monkeypatch.setattr(app, "NOTICE", notice)
    app._say("slower")  # noqa: SLF001
    assert (capsys.readouterr().err, notice.read_text(encoding="utf-8")) == ("slower\n", "slower\n")
    app._say(None)  # noqa: SLF001
    assert (capsys.readouterr().err, notice.exists()) == ("", False)


@pytest.mark.parametrize("chosen", [{"python": "3.10"}, {"architecture": "amd64"}], ids=["python", "architecture"])
def test_a_target_that_lambda_has_not_is_refused_in_words(chosen: dict[str, Any]) -> None:
    with pytest.raises(BundleError, match=r"Lambda has"):
        Target(**chosen)


def test_the_python_that_builds_is_the_target_without_a_word() -> None:
    assert Target().python == (OWN if OWN in RUNTIMES else RUNTIMES[-1])


def test_every_package_is_pinned_with_hashes_as_asked_for() -> None:
    lock = (ROOT / "functions/requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^([a-z0-9-]+==\S+)(?: ; [^\\]+)? \\\n    --hash=sha256:", lock, flags=re.MULTILINE)
    direct = (ROOT / "functions/requirements.txt").read_text(encoding="utf-8")
    asked = re.findall(r"^[a-z0-9-]+==\S+$", direct, flags=re.MULTILINE)
    assert len(asked) == 4
    assert {*asked} <= {*pinned}
    assert len(pinned) == len(re.findall(r"^[a-z]", lock, flags=re.MULTILINE))
    assert "http" not in lock


def test_the_webhook_starts_without_pydantic_models_and_vendors(folder: Path) -> None:
    script = (
        "import gc, json, sys\n"
        "from functions.handlers import webhook\n"
        "webhook._wired()\n"
        "print(json.dumps([sorted(sys.modules), gc.get_threshold()]))"
    )
    environment = {**SETTINGS, "AWS_DEFAULT_REGION": "us-east-1", "PYTHONPATH": str(folder)}
    run = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True, cwd=folder
    )
    loaded, threshold = json.loads(run.stdout)
    heavy = ("pydantic", "requests", "functions.connections", "functions.ifs", "functions.shipstation.client")
    assert [name for name in loaded if name.startswith(heavy)] == []
    show = [sys.executable, "-c", "import gc; print(gc.get_threshold())"]
    normal = subprocess.run(show, capture_output=True, text=True, check=True)
    assert str(tuple(threshold)) == normal.stdout.strip()


def test_whatever_a_lambda_imports_or_tells_is_in_the_bundle(folder: Path) -> None:
    script = (
        "import functions, importlib, pkgutil, sys\n"
        "found = [each.name for each in pkgutil.walk_packages(functions.__path__, 'functions.')]\n"
        "for name in found: importlib.import_module(name)\n"
        "from functions.wiring.telemetry import count, logger\n"
        "logger.info('told', number=1)\n"
        "count('acme', told=1)\n"
        "print(len(found), file=sys.stderr)"
    )
    own = {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONPATH": str(folder)}
    names = {"POWERTOOLS_SERVICE_NAME": "test", "POWERTOOLS_METRICS_NAMESPACE": "Test"}
    run = subprocess.run(
        [sys.executable, "-c", script], env={**own, **names}, capture_output=True, text=True, check=False, cwd=folder
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stderr) > 200


def a_wheel(folder: Path) -> str:
    """Of a package `tiny` in `folder`, by its SHA-256."""
    made_of = "tiny-1.0.dist-info"
    with ZipFile(folder / "tiny-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny.py", "A = 1\n")
        wheel.writestr(f"{made_of}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr(
            f"{made_of}/WHEEL", "Wheel-Version: 1.0\nGenerator: ours\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{made_of}/RECORD", "")
    return hashlib.sha256((folder / "tiny-1.0-py3-none-any.whl").read_bytes()).hexdigest()


def test_another_package_than_the_pinned_one_is_not_bundled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pinned = a_wheel(tmp_path)
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("UV_OFFLINE", "1")
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"tiny==1.0 --hash=sha256:{pinned}\n", encoding="utf-8")
    made._install(lock, tmp_path / "bundle", HERE)  # noqa: SLF001
    assert (tmp_path / "bundle/tiny.py").exists()
    lock.write_text(f"tiny==1.0 --hash=sha256:{pinned[::-1]}\n", encoding="utf-8")
    with pytest.raises(BundleError, match="bundle's packages"):
        made._install(lock, tmp_path / "replaced", HERE)  # noqa: SLF001
    assert not (tmp_path / "replaced/tiny.py").exists()
