"""What checkers find in the template is what docs/checkers.md answers: nothing more, and nothing that is gone."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.equipment.local_aws.server import NODE, ROOT

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

CHECKERS = ROOT / "build/checkers/bin"  # made as CONTRIBUTING.md says


def answered(section: str) -> set[str]:
    """The checks of a section's table."""
    page = (ROOT / "docs/checkers.md").read_text(encoding="utf-8")
    text = page.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([\w-]+)` \|", text, flags=re.MULTILINE))


def run(*command: str) -> str:
    program = CHECKERS / command[0]
    if not program.exists():
        pytest.skip(f"no {program.relative_to(ROOT)}: CONTRIBUTING.md says how it is made")
    path = os.pathsep.join([str(NODE), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path}
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False, env=environment)
    return done.stdout


def rules(report: Any) -> Iterator[str]:
    """The names of all that was found, wherever it stands in cdk-nag's report."""
    if isinstance(report, dict):
        if "ruleName" in report:
            yield report["ruleName"].partition("[")[0]
        report = list(report.values())
    if isinstance(report, list):
        for each in report:
            yield from rules(each)


def test_what_checkov_finds_is_answered(documented_assembly: Path) -> None:
    template = documented_assembly / "ifs-shipstation.template.json"
    options = ("--framework", "cloudformation", "--output", "json", "--compact", "--quiet", "--skip-download")
    found = json.loads(run("checkov", "--file", str(template), *options))

    assert {each["check_id"] for each in found["results"]["failed_checks"]} == answered("checkov")


@pytest.mark.parametrize("pack", ["AwsSolutions", "Serverless"])
def test_what_cdk_nag_finds_is_answered(pack: str, tmp_path: Path) -> None:
    run("python", str(ROOT / "tests/infra/nagged.py"), f"{pack}Checks", str(tmp_path))
    report = json.loads((tmp_path / "validation-report.json").read_text(encoding="utf-8"))

    assert set(rules(report)) == {name for name in answered("cdk-nag") if name.startswith(pack)}
