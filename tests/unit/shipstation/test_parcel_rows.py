"""One row, one fate: whatever stands in a row of a parcel, it is read or it is not, and no other row hears of it."""

from __future__ import annotations

from typing import Any

import pytest

from functions.shipstation.reading.parcel_rows import parcel
from functions.shipstation.v1.api import V1

ROW = {"shipmentId": 7, "createDate": "2026-06-01T12:00:00", "voided": False}


def test_an_id_and_an_instant_are_enough() -> None:
    found = parcel({"shipmentId": 7, "createDate": "2026-06-01T12:00:00"}, V1.labels, "L")
    assert found is not None
    assert (found.key, found.is_living) == ("L7", True)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"shipmentId": None},
        {"shipmentId": "x"},
        {"createDate": None},
        {"createDate": "yesterday"},
        {"createDate": 7},
        {"voidDate": "x"},
        {"voidDate": ["x"]},
        {"voided": "no"},
        {"voided": []},
        {"voided": {"at": "2026-06-01"}},
    ],
    ids=str,
)
def test_a_row_without_what_it_is_nothing_without_is_not_read(spoilt: dict[str, Any]) -> None:
    assert parcel({**ROW, **spoilt}, V1.labels, "L") is None


@pytest.mark.parametrize(
    "spoilt",
    [{"shipDate": "x"}, {"shipDate": []}, {"advancedOptions": "x"}, {"trackingNumber": []}, {"shipmentItems": {}}],
    ids=str,
)
def test_what_is_not_needed_costs_no_row(spoilt: dict[str, Any]) -> None:
    assert parcel({**ROW, **spoilt}, V1.labels, "L") is not None


@pytest.mark.parametrize("spelled", [True, "true", "True", "1", 1], ids=repr)
def test_a_flag_counts_however_it_is_spelled(spelled: object) -> None:
    found = parcel({**ROW, "voided": spelled, "isReturnLabel": spelled}, V1.labels, "L")
    assert found is not None
    assert (found.is_return, found.voided_at) == (True, found.created_at)


@pytest.mark.parametrize("spelled", [False, "false", "False", "0", 0, None], ids=repr)
def test_so_does_one_that_is_down(spelled: object) -> None:
    found = parcel({**ROW, "voided": spelled, "isReturnLabel": spelled}, V1.labels, "L")
    assert found is not None
    assert (found.is_return, found.voided_at) == (False, None)
