"""A connection file that is renamed with `formerly`: nothing that holds anything is replaced, and people read the new
name.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.equipment.local_aws.server import ROOT
from tests.equipment.local_aws.synth import synthesise
from tests.infra.conftest import CONTEXT

pytestmark = pytest.mark.integration

OLD, NEW = "acme-one", "northwind"
# All that a file may ask for, so that every kind of resource is there.
FILE = (ROOT / "docs/examples/orders.toml").read_text(encoding="utf-8")
TOLD = {"AWS::CloudWatch::Alarm": "AlarmDescription", "AWS::CloudWatch::Dashboard": "DashboardBody"}  # for people


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """Before and after."""
    folder = tmp_path_factory.mktemp("connections")
    (folder / f"{OLD}.toml").write_text(FILE, encoding="utf-8")
    before = template_of(folder, tmp_path_factory.mktemp("before"))
    (folder / f"{OLD}.toml").unlink()
    (folder / f"{NEW}.toml").write_text(f'formerly = "{OLD}"\n{FILE}', encoding="utf-8")
    return before, template_of(folder, tmp_path_factory.mktemp("after"))


def template_of(folder: Path, outdir: Path) -> dict[str, Any]:
    assembly = synthesise({**CONTEXT, "connections": str(folder)}, outdir)
    shipped = [path.name for path in assembly.glob("asset.*/connections/*.toml")]
    assert shipped == [path.name for path in folder.iterdir()]
    found: dict[str, Any] = json.loads((assembly / "ifs-shipstation.template.json").read_text(encoding="utf-8"))
    return found


def properties(resource: dict[str, Any]) -> dict[str, Any]:
    """Without the code, and without what people read."""
    left_out = {"Code", TOLD.get(resource["Type"], "")}
    return {name: value for name, value in resource.get("Properties", {}).items() if name not in left_out}


def test_every_resource_stays_what_it_is(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = (template["Resources"] for template in both)

    assert before.keys() == after.keys()
    assert {name for name in before if properties(before[name]) != properties(after[name])} == set()
    changed = {before[name]["Type"] for name in before if before[name] != after[name]}
    assert changed == {"AWS::Lambda::Function", *TOLD}  # of a function its code


def test_the_outputs_stay_and_say_the_new_name_beside_the_old_one(
    both: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    before, after = (dict(template["Outputs"]) for template in both)

    assert after.pop("Renamed") == {"Value": f"{OLD}={NEW}"}
    assert before == after


def test_people_read_the_new_name_and_what_is_counted_keeps_the_old_one(
    both: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    _, after = both
    alarms = [each["Properties"] for each in after["Resources"].values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    told = [alarm["AlarmDescription"] for alarm in alarms]
    (board,) = (each for each in after["Resources"].values() if each["Type"] == "AWS::CloudWatch::Dashboard")
    text = json.dumps(board)

    assert [each for each in told if OLD in each] == []
    assert any(each.startswith(f"{NEW}: ") for each in told)
    assert f"{NEW}: what waits" in text
    assert f"{OLD}: " not in text
    assert OLD in text  # the dimension of its metrics
