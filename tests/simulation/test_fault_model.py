"""The list of faults says what is so."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation.fault_model import faults, is_test, unfounded


def test_every_fault_is_shown_by_what_exists_or_says_why_not() -> None:
    assert list(unfounded()) == []


def test_no_fault_stands_there_twice() -> None:
    listed = faults()
    assert [name for name, times in Counter(fault.name for fault in listed).items() if times > 1] == []


@pytest.mark.parametrize(
    "node", ["nowhere.py::test_a", "simulation/test_fault_model.py::test_a", "simulation/oracle.py"]
)
def test_what_is_no_test_is_found(node: str) -> None:
    assert not is_test(node)
