"""What the documentation names exists: outputs of the stack, verbs of the Makefile, and commands that wait."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.equipment.local_aws.server import ROOT

pytestmark = pytest.mark.integration

PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md")])
KINDS = "Url|Function|Table|Topic|Queue|Secret|Policy|Bucket|Names|Version|AtOnce"


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def outputs(template: dict[str, Any]) -> set[str]:
    """Without the connection in front and CDK's hash behind."""
    return {re.sub(r"^Linkexample(\w+)[0-9A-F]{8}$", r"\1", name) for name in template["Outputs"]}


def test_every_output_that_is_named_exists_and_every_output_is_named(
    template: dict[str, Any], documented: dict[str, Any]
) -> None:
    of_orders = {name for name in outputs(documented) - outputs(template) if not name.startswith("Link")}
    in_brackets = {name for page in PAGES for name in re.findall(r"<([A-Z]\w+)>", text(page))}
    in_words = {name for page in PAGES for name in re.findall(rf"`([A-Z]\w*(?:{KINDS}))`", text(page))}

    assert in_brackets - outputs(template) - of_orders == set()
    assert in_words == outputs(template) | of_orders


def test_every_verb_that_is_named_exists() -> None:
    verbs = set(re.findall(r"^([a-z]+):.*##", text(ROOT / "Makefile"), flags=re.MULTILINE))
    named = {verb for page in PAGES for verb in re.findall(r"(?:^|`)make ([a-z]+)\b", text(page), flags=re.MULTILINE)}

    assert "bootstrap" in named
    assert named - verbs == set()


def test_every_documented_invoke_waits_for_its_answer() -> None:
    """Else the AWS command line asks again after 60 seconds."""
    invokes = [line for page in PAGES for line in text(page).splitlines() if "aws lambda invoke" in line]

    assert len(invokes) >= 3
    assert [line for line in invokes if "--cli-read-timeout 0" not in line] == []
