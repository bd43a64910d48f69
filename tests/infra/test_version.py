"""The stack says which version of the connector it is and of which commit, wherever somebody looks."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from functions.version import said as said_in
from infra.version import UNKNOWN, commit, project, version
from tests.equipment.local_aws.server import ROOT

GIT = ["git", "-c", "user.name=kim", "-c", "user.email=kim@example.com", "-c", "commit.gpgsign=false"]


def git(folder: Path, *words: str) -> str:
    return subprocess.run([*GIT, *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "within").mkdir(parents=True)
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def test_a_version_names_the_commit_and_whether_files_differ_from_it(checkout: Path) -> None:
    head = git(checkout, "rev-parse", "HEAD")[:12]
    git(checkout, "tag", "v9")
    assert version(checkout) == f"{project(checkout)['version']} {head}"
    (checkout / "pyproject.toml").write_text("", encoding="utf-8")
    assert commit(checkout) == f"{head}-dirty"


def test_a_commit_that_is_not_known_is_not_that_of_another_repository(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert commit(checkout / "within") == UNKNOWN
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "--quiet")
    assert commit(empty) == UNKNOWN
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit(checkout) == UNKNOWN


@pytest.mark.integration
def test_the_stack_says_it_in_an_output_a_tag_and_in_the_bundle(assembly: Path, template: dict[str, Any]) -> None:
    said = template["Outputs"]["ConnectorVersion"]["Value"]
    assert said.startswith(f"{project(ROOT)['version']} ")
    manifest = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["artifacts"]["ifs-shipstation"]["properties"]["tags"] == {"version": said}
    (bundled,) = (path for path in assembly.glob("asset.*") if path.is_dir())
    assert said_in(bundled) == said
