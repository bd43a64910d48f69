"""A run of any flow dies before or after one of its calls to the outside, once or twice in a row, and people work
meanwhile: in the end all stands as if nobody had died.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.equipment.crash_desks import DESKS
from tests.equipment.crash_points import Flow, kills, play, wrong
from tests.equipment.crash_requests import ASKED
from tests.equipment.crash_scenes import READING

FLOWS = [*READING, *ASKED, *DESKS]
SEED, SOME, FEW = 7, 0.08, 0.02  # `make bench ROWS=crash_points` tries every step
HANDLERS = Path(__file__).parents[3] / "functions/handlers"
SHORT = 20  # steps that are all tried


@pytest.mark.parametrize("flow", FLOWS, ids=[flow.id for flow in FLOWS])
def test_a_death_at_a_call_to_the_outside_changes_nothing(flow: Flow) -> None:
    whole = play(flow)
    share = 1.0 if len(whole.names) <= SHORT else SOME
    tried = list(kills(whole.names, SEED, once=share, twice=FEW))
    assert tried, "no death was tried"
    assert [fault for kill in tried for fault in wrong(flow, kill, whole)] == []


# Of these no run is killed here: what they leave behind is no system's of either vendor, or somebody else's to repeat.
SPARED = {
    "act": "control's code, behind a button",
    "digest": "tells a topic, and that it did",
    "inspect": "reads",
    "unregister": "CloudFormation waits for its answer; test_unregister.py",
    "view": "reads",
}


def test_every_function_has_a_flow_that_dies_or_a_reason_why_not() -> None:
    made = {path.stem for path in HANDLERS.glob("*.py") if "\ndef handler(" in path.read_text(encoding="utf-8")}
    assert made - {flow.function for flow in FLOWS} == SPARED.keys()
