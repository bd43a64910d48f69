"""Every package that ships is in the bill of materials, under a licence that is allowed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from infra import sbom
from infra.bundle import Target, packages
from infra.sbom import ALLOWED, LicenceError, shipped
from tests.equipment.local_aws.server import ROOT


@pytest.mark.integration
def test_every_package_of_the_lock_is_in_it_with_a_licence_that_is_allowed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sbom, "OUT", ROOT / "build" / f"{tmp_path.name}.json")
    try:
        sbom.main()
        first = sbom.OUT.read_bytes()
        sbom.main()
        assert sbom.OUT.read_bytes() == first
    finally:
        sbom.OUT.unlink(missing_ok=True)
    components = json.loads(first)["components"]
    lock = (ROOT / "functions/requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^[a-z0-9-]+==\S+", lock, re.MULTILINE)
    assert [f"{each['name']}=={each['version']}" for each in components] == pinned
    assert {licence["license"]["id"] for each in components for licence in each["licenses"]} <= ALLOWED


@pytest.mark.integration
def test_the_text_of_each_licence_ships_with_its_package() -> None:
    folder = packages(ROOT, Target(architecture="x86_64"))
    without = [
        found.name
        for found in folder.glob("*.dist-info")
        if not [path for path in found.rglob("*") if re.match("licen[cs]e|copying", path.name, re.IGNORECASE)]
    ]
    assert without == []


def a_package(folder: Path, name: str, *metadata: str) -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    text = "\n".join(["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *metadata])
    (info / "METADATA").write_text(f"{text}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("metadata", "named"),
    [
        (["License-Expression: GPL-3.0-or-later"], "GPL-3.0-or-later"),
        (["License-Expression: MIT OR GPL-2.0-only"], "MIT OR GPL-2.0-only"),
        (["License: Proprietary", "Classifier: License :: OSI Approved :: MIT License"], "Proprietary"),
        ([], "none named"),
    ],
    ids=["copyleft", "a choice", "of its own", "none"],
)
def test_a_licence_that_is_not_allowed_is_refused_by_name(tmp_path: Path, metadata: list[str], named: str) -> None:
    a_package(tmp_path, "good", "License-Expression: MIT")
    a_package(tmp_path, "odd_one", *metadata)
    with pytest.raises(LicenceError, match=re.escape(f"odd-one ({named})")):
        shipped(tmp_path)
    assert [each.name for each in shipped_without(tmp_path, "odd_one")] == ["good"]


def shipped_without(folder: Path, name: str) -> list[sbom.Package]:
    (folder / f"{name}-1.0.dist-info" / "METADATA").unlink()
    (folder / f"{name}-1.0.dist-info").rmdir()
    return shipped(folder)
