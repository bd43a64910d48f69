"""Every alarm over whole days: what is quiet rings nobody, and each fault rings its own alarms, in time, until it is
over. The schedules are the template's, the handlers those that ship; CloudWatch evaluates as documented.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.equipment.bad_days import FAULTS, Fault, played, quiet
from tests.equipment.local_aws.synth import synthesise
from tests.equipment.watched_days import FILE, NAME, Station
from tests.infra.conftest import CONTEXT

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("connections")
    (folder / f"{NAME}.toml").write_text(FILE, encoding="utf-8")
    assembly = synthesise({**CONTEXT, "connections": str(folder)}, tmp_path_factory.mktemp("cdk.out"))
    found: dict[str, Any] = json.loads((assembly / "ifs-shipstation.template.json").read_text())
    return found


@pytest.mark.nightly
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_rings_its_alarms_in_time_and_no_other_until_it_is_over(fault: Fault, watched: dict[str, Any]) -> None:
    assert [outcome for outcome in played(fault, watched) if not outcome.is_as_it_should] == []


@pytest.mark.nightly
def test_nothing_rings_on_a_quiet_day(watched: dict[str, Any]) -> None:
    assert quiet(watched, days=1) == [{}, {}]


def test_every_alarm_is_rung_by_a_fault(watched: dict[str, Any]) -> None:
    assert {name for fault in FAULTS for name in fault.rings} == set(Station(watched).alarms())
