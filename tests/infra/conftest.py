from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.equipment.local_aws.server import ROOT
from tests.equipment.local_aws.synth import synthesise

CONTEXT = {"python": f"{sys.version_info.major}.{sys.version_info.minor}", "architecture": "x86_64"}


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real app with the example connection, bundled for the machine the tests run on."""
    return synthesise(CONTEXT, tmp_path_factory.mktemp("cdk.out"))


@pytest.fixture(scope="session")
def template(assembly: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((assembly / "ifs-shipstation.template.json").read_text())
    return found


@pytest.fixture(scope="session")
def documented_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with every connection file that the documentation shows."""
    folder = tmp_path_factory.mktemp("documented")
    return synthesise({**CONTEXT, "connections": str(ROOT / "docs/examples")}, folder)


@pytest.fixture(scope="session")
def documented(documented_assembly: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((documented_assembly / "ifs-shipstation.template.json").read_text())
    return found
