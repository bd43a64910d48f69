"""IFS keeps what it is sent in a form of its own: in capitals, a day with an hour. It is ours all the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from functions.errors import OutcomeUnknown, Retryable
from functions.flows.to_ifs.deliver import deliver
from functions.model.outcomes import Reason
from functions.model.records import Conflict, FieldName, Record, Written
from functions.model.shipment import Shipment
from tests.equipment.builders import a_candidate, a_connection, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World

FIRST, SECOND = a_shipment(tracking_number="1z0001"), a_shipment(2, tracking_number="1z0002", carrier_code="fedex")
LOST = OutcomeUnknown(Reason.IFS_UNAVAILABLE, "504")


class KeptInCapitals(FakeIfs):
    """Texts in capitals, days with an hour."""

    def edit(self, key: str = "42", **changes: object) -> None:
        super().edit(key, **{name: _kept(name, value) for name, value in changes.items()})


def _kept(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    return f"{value[:10]}T08:00:00Z" if name == FieldName.SHIP_DATE else value.upper()


def a_world(**stands: Any) -> World:
    date = {"when": "at_once", "on_void": "clear"}
    ifs = {**a_connection().ifs.model_dump(), "targets": [{"profile": "shipment_header", "ship_date": date}]}
    connection = a_connection(ifs=ifs, carriers={"ups": "Ups", "fedex": "FedEx"})
    return World(KeptInCapitals(a_candidate(a_record(**stands))), connection)


def said(world: World) -> dict[FieldName, str]:
    return {name: value for name, value in world.ifs.values().items() if value is not None}


def later(world: World, *shipments: Shipment, hours: int = 1) -> None:
    world.at += timedelta(hours=hours)
    deliver([work(shipment) for shipment in shipments] or [again(FIRST.order_key)], world.delivery)


@pytest.mark.parametrize("stood", [{}, {"carrier": "DHL"}], ids=["nothing", "a forwarder"])
def test_what_stood_there_before_us_returns_after_a_write_whose_answer_was_lost(stood: dict[str, str]) -> None:
    world = a_world(**stood)
    deliver([work(FIRST)], world.delivery)
    world.ifs.write_faults.append((LOST, True))
    world.ifs.read_faults.append(Retryable(Reason.IFS_UNAVAILABLE, "503"))
    later(world, voided(FIRST), SECOND)
    later(world)
    assert said(world)[FieldName.CARRIER] == "FEDEX"
    later(world, voided(SECOND))
    assert said(world) == stood


def test_a_record_whose_memory_was_lost_is_ours_by_its_audit() -> None:
    world = a_world(carrier="DHL")
    deliver([work(FIRST)], world.delivery)
    world.memories.items.clear()
    later(world, voided(FIRST), SECOND)
    assert (said(world)[FieldName.TRACKING], said(world)[FieldName.CARRIER]) == ("1Z0002", "FEDEX")
    later(world, voided(SECOND))
    assert said(world) == {FieldName.CARRIER: "DHL"}


class Shortened(FakeIfs):
    """Tracking numbers are cut. `is_silent`: a PATCH is answered with a tag alone; `meanwhile` comes right after it."""

    is_silent = False
    meanwhile: str | None = None

    def edit(self, key: str = "42", **changes: object) -> None:
        text = changes.get("tracking")
        super().edit(key, **{**changes, **({"tracking": text[:4]} if isinstance(text, str) else {})})

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        answer = super().write(record, changes)
        if isinstance(answer, Conflict) or not self.is_silent:
            return answer
        tag = self.record().etag
        if self.meanwhile is not None:
            self.edit(tracking=self.meanwhile)
        return Written(http_status=204, record=None, etag=tag if self.meanwhile is None else None)


@pytest.mark.parametrize("is_silent", [False, True], ids=["answered with the row", "with a tag alone"])
def test_what_ifs_made_of_ours_calls_somebody_until_it_is_taken_back(*, is_silent: bool) -> None:
    ifs = Shortened(a_candidate())
    ifs.is_silent, world = is_silent, World(ifs)
    deliver([work(FIRST)], world.delivery)
    for kind in ("release", "replay", "release"):
        world.at += timedelta(hours=1)
        deliver([again(FIRST.order_key, kind)], world.delivery)
        assert (said(world)[FieldName.TRACKING], world.state().attention) == ("1z00", Reason.NOT_STORED)
    later(world, voided(FIRST))
    assert (said(world), world.state().attention) == ({}, None)


def test_what_somebody_may_have_typed_right_after_an_answer_that_tells_nothing_is_not_ours() -> None:
    ifs = Shortened(a_candidate())
    ifs.is_silent, ifs.meanwhile, world = True, "TYPE", World(ifs)
    deliver([work(FIRST)], world.delivery)
    later(world, voided(FIRST))
    assert said(world) == {FieldName.TRACKING: "TYPE"}


def test_a_colleagues_number_that_ours_was_appended_to_and_that_ifs_cut_is_not_taken_back() -> None:
    world = World(Shortened(a_candidate(a_record(tracking="1Z1"))))
    first = a_shipment(tracking_number="1Z1")
    deliver([work(first), work(SECOND)], world.delivery)
    assert said(world)[FieldName.TRACKING] == "1Z1,"
    later(world, voided(first), voided(SECOND))
    assert said(world)[FieldName.TRACKING] == "1Z1,"
