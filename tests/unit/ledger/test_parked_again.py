"""What a person has seen to stays seen to, until something else is said of it."""

from __future__ import annotations

import pytest

from functions.ledger.parked import ParkingStore
from functions.model.connection_name import ConnectionName
from functions.model.outcomes import Reason
from functions.model.parked import Parked
from tests.equipment.builders import NOON
from tests.equipment.memory_aws.table import MemoryTable

ACME = ConnectionName("acme")
ROW = Parked(connection=ACME, subject="row 7", reason=Reason.UNREADABLE_ROW, detail="no date", at=NOON)


@pytest.mark.parametrize(
    ("again", "calls"),
    [
        (ROW, 0),
        (ROW.model_copy(update={"detail": "no id"}), 1),
        (ROW.model_copy(update={"reason": Reason.NUMBERS_DIFFER}), 1),
    ],
    ids=["the same", "another detail", "another reason"],
)
def test_a_dismissed_subject_that_is_parked_again(again: Parked, calls: int) -> None:
    parking = ParkingStore(MemoryTable())
    parking.park(ROW)
    assert parking.dismiss(ACME, ROW.subject, {"by": "kim"})
    parking.park(again)
    assert len(parking.list(ACME)) == calls
