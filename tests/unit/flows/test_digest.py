"""The message of a day says how the day before went, in counts and reasons alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.errors import Retryable
from functions.flows.operations.digest import Compared, Digest, DigestSources, day_due, digest
from functions.model.attention import Listed
from functions.model.cursors import ReadingPosition, Span
from functions.model.desk import Desk, Pause
from functions.model.key_expiry import KeyExpiry
from functions.model.outcomes import Outcome, Reason
from functions.model.registration import Registration
from functions.model.shipment import ConnectionName, OrderKey
from functions.model.state import OrderState, ShipmentState
from functions.model.tenant import Circuit, Fitness
from tests.equipment.builders import NOON, a_connection, a_shipment

DAY = NOON.date() - timedelta(days=1)
READ = partial(ReadingPosition, last_poll_at=NOON)
COMPARED = Compared(shipments=412, equal=1228, explained=8, unexplained=0)


def a_listed(number: str, reason: Reason | None, *, hours: float = 1, shard: str = "due#acme#1", **more: Any) -> Listed:
    key, began = (
        OrderKey(connection=ConnectionName("acme"), company="10", reference=number),
        NOON - timedelta(hours=hours),
    )
    return Listed(order=key, reason=reason, at=NOON, since=began, place={"due_shard": shard}, **more)


class Ledger:
    """Lists and orders."""

    def __init__(self, *listed: Listed, states: Iterable[OrderState] = (), is_out: bool = False) -> None:
        self._listed, self._states, self._is_out = listed, {state.key: state for state in states}, is_out
        self.loaded = 0

    def everything(self, connection: ConnectionName, pauses: Sequence[str]) -> Iterator[Listed]:
        if self._is_out:
            raise Retryable(Reason.LEDGER_UNAVAILABLE, "DynamoDB")
        return iter(self._listed)

    def load(self, keys: Sequence[OrderKey]) -> dict[OrderKey, OrderState]:
        self.loaded += len(keys)
        return {key: self._states[key] for key in keys if key in self._states}


def told(ledger: Ledger, *connections: Connection, compared: Compared | None = COMPARED, **more: Any) -> Digest:
    desk = more.get("desk", lambda name: Desk(connection=name))
    sources = DigestSources(
        ledger,
        ledger,
        desk,
        lambda _name, _day: compared,
        lambda name: more.get("reading", READ)(connection=name),
        lambda name: more.get("circuit", Circuit)(connection=name),
        lambda _: more.get("fitness"),
        lambda _: more.get("registration"),
        lambda _, vendor: KeyExpiry(expires_on=more.get(vendor)),
        more.get("usd", lambda _day: 0.0),
    )
    return digest(connections or (a_connection(),), sources, more.get("day", DAY), more.get("now", NOON))


def unmapped(number: str, **shipment: Any) -> OrderState:
    each = a_shipment(reference=number, **shipment)
    state = ShipmentState(shipment=each, outcome=Outcome.WRITTEN, reason=Reason.CARRIER_UNMAPPED)
    return OrderState(key=each.order_key, shipments={each.key: state})


def test_a_good_day_is_told_too() -> None:
    found = told(Ledger())
    assert found.lines == ("acme: 412 shipped, 1228 fields equal, 8 explained, 0 unexplained; 0 waiting.",)
    assert (found.asks, found.subject) == (False, f"IFS ShipStation {DAY}: well")


def test_what_waits_is_told_with_its_reasons_the_unmapped_carriers_and_the_oldest() -> None:
    waiting = [a_listed(f"P{n}", Reason.NOT_DELIVERED_YET, hours=n, shard="watch#acme") for n in (1, 2, 3)]
    calling = a_listed("P9", Reason.CARRIER_UNMAPPED, hours=5.5, shard="attention#acme#0", calls=True)
    found = told(Ledger(*waiting, calling, states=[unmapped("P9", carrier_code="OnTrac")]))
    assert found.lines[0].endswith(
        "; 4 waiting (3 not delivered yet, 1 carrier unmapped ontrac), 1 for a person; oldest 5 h."
    )
    assert found.asks
    assert "P9" not in found.text


def test_what_a_person_typed_as_a_carrier_is_not_told_and_few_orders_are_read() -> None:
    calling = [a_listed(f"P{n}", Reason.CARRIER_UNMAPPED, calls=True) for n in range(50)]
    ledger = Ledger(*calling, states=[unmapped("P1", kind="fulfilment", carrier_code="John at the door")])
    assert "john" not in told(ledger).text.casefold()
    assert ledger.loaded == 20


def test_a_value_that_was_kept_waits_for_nobody_and_counts_on_its_day() -> None:
    new = a_listed("P1", Reason.TYPED_BY_A_PERSON, hours=2, shard="kept#acme")
    old = a_listed("P2", Reason.TYPED_BY_A_PERSON, hours=72, shard="kept#acme")
    found = told(Ledger(new, old))
    assert found.lines[0].endswith("; 0 waiting; 1 kept as a person typed it.")
    assert not found.asks


def test_a_day_that_nobody_compared_says_so_and_one_that_disagrees_asks() -> None:
    assert told(Ledger(), compared=None).lines == ("acme: not compared; 0 waiting.",)
    unequal = told(Ledger(), compared=COMPARED.model_copy(update={"unexplained": 2}))
    assert unequal.asks
    assert "2 unexplained" in unequal.lines[0]


LONG_AGO = NOON - timedelta(days=3)
WHOLE = Pause(scope="connection", by="Kim Person", note="upgrade", at=NOON)
OUT = partial(Circuit, reason=Reason.IFS_NOT_CONFIGURED, opened_at=NOON)
TROUBLES = [
    pytest.param({"compared": None}, "not compared; ", id="not compared"),
    pytest.param(
        {"compared": COMPARED.model_copy(update={"equal": 0, "explained": 0})}, "no field compared", id="no field"
    ),
    pytest.param({"desk": lambda name: Desk(connection=name, pauses=(WHOLE,))}, "connection is paused", id="paused"),
    pytest.param({"reading": partial(READ, refused_at=NOON)}, "ShipStation refuses the key since", id="refused key"),
    pytest.param({"reading": partial(READ, silent_at=NOON)}, "ShipStation answers nothing since", id="silent"),
    pytest.param({"reading": ReadingPosition}, "ShipStation is not read yet", id="never read"),
    pytest.param(
        {"reading": partial(READ, last_poll_at=LONG_AGO)}, "ShipStation is not read since", id="read long ago"
    ),
    pytest.param({"circuit": OUT}, "IFS: ", id="an open circuit, or an unfilled secret"),
    pytest.param(
        {"fitness": Fitness(connection="acme", fingerprint="f", checked_at=NOON, misfits=("ProNo is gone",))},
        "IFS does not fit the file in 1 places",
        id="misfits",
    ),
]


@pytest.mark.parametrize(("trouble", "said"), TROUBLES)
def test_whatever_is_wrong_is_said_and_the_day_is_not_well(trouble: dict[str, Any], said: str) -> None:
    found = told(Ledger(), **trouble)
    assert found.asks
    assert said in found.lines[0]
    assert "Kim" not in found.text


def test_webhooks_that_nobody_repairs_are_told() -> None:
    gone = Registration(connection="acme", checked_at=NOON, missing_since=NOON - timedelta(hours=4))
    found = told(Ledger(), a_connection(shipstation={"webhooks": "registered"}), registration=gone)
    assert found.asks
    assert "webhooks are missing since" in found.lines[0]


def test_a_connection_that_is_switched_off_asks_nobody() -> None:
    assert not told(Ledger(), a_connection(mode="off"), reading=ReadingPosition, compared=None).asks


def test_each_connection_has_its_line_also_where_the_ledger_is_out_or_it_is_switched_off() -> None:
    found = told(Ledger(is_out=True), a_connection(), a_connection(name="beta", mode="off"))
    assert found.lines == (
        "acme: the ledger cannot be read (ledger_unavailable).",
        "beta: switched off.",
    )
    assert found.asks


def test_shadow_mode_and_pauses_are_told() -> None:
    pause = Pause(scope="store", of="7", by="Kim Person", note="count", at=NOON)
    found = told(Ledger(), a_connection(mode="shadow"), desk=lambda name: Desk(connection=name, pauses=(pause,)))
    assert found.lines[0].startswith("acme (shadow): ")
    assert found.lines[0].endswith("; paused: store 7.")
    assert "Kim" not in found.text


def test_a_list_without_end_is_not_read_to_its_end() -> None:
    found = told(Ledger(*[a_listed("P1", None)] * 20_002))
    assert "20001 waiting and more (20001 not told)" in found.lines[0]


def there(zone: str) -> Connection:
    connection = a_connection()
    return connection.model_copy(update={"ifs": connection.ifs.model_copy(update={"time_zone": zone})})


@pytest.mark.parametrize(
    ("zones", "now", "day"),
    [
        (["UTC"], "2026-03-05T05:59", "2026-03-03"),
        (["UTC"], "2026-03-05T06:00", "2026-03-04"),
        (["America/Chicago"], "2026-03-05T11:59", "2026-03-03"),
        (["America/Chicago"], "2026-03-05T12:00", "2026-03-04"),
        (["America/Chicago"], "2026-03-09T11:00", "2026-03-08"),
        (["Pacific/Auckland", "America/Los_Angeles"], "2026-03-05T13:59", "2026-03-03"),
        (["Pacific/Auckland", "America/Los_Angeles"], "2026-03-05T14:00", "2026-03-04"),
    ],
)
def test_a_day_is_told_once_its_morning_after_has_come_everywhere(zones: list[str], now: str, day: str) -> None:
    found = day_due(map(there, zones), datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == date.fromisoformat(day)


def test_a_key_that_expires_soon_is_told_and_asks_for_a_person() -> None:
    soon, later = NOON.date() + timedelta(days=3), NOON.date() + timedelta(days=200)
    found = told(Ledger(), shipstation=soon, ifs=later)
    assert found.asks
    assert f"ShipStation's key expires in 3 days, on {soon}" in found.text
    assert str(later) not in found.text
    assert f"the secret of the client in IFS expires in 3 days, on {soon}" in told(Ledger(), ifs=soon).text


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        (0.0, "0.00 USD at list prices of us-east-1."),
        (0.000004, "less than 0.01 USD at list prices of us-east-1."),
        (0.01, "0.01 USD at list prices of us-east-1."),
        (0.044, "0.04 USD at list prices of us-east-1."),
        (12.3, "12.30 USD at list prices of us-east-1."),
        (None, "cost not known."),
    ],
)
def test_what_the_day_cost_is_told_and_asks_nobody(usd: float | None, said: str) -> None:
    found = told(Ledger(), a_connection(), a_connection(name="beta"), usd=lambda _: usd)
    assert found.text.endswith(f"\nLambda and DynamoDB: {said}\n")
    assert not found.asks


@pytest.mark.parametrize(
    ("zones", "start", "end"),
    [
        (["UTC"], "2026-03-08T00:00", "2026-03-09T00:00"),
        (["Asia/Kathmandu"], "2026-03-07T18:15", "2026-03-08T18:15"),
        (["America/Chicago"], "2026-03-08T06:00", "2026-03-09T05:00"),
        (["America/Los_Angeles", "Pacific/Auckland"], "2026-03-08T08:00", "2026-03-09T07:00"),
    ],
)
def test_the_cost_is_that_of_the_day_where_it_ends_last(zones: list[str], start: str, end: str) -> None:
    asked: list[Span] = []
    connections = [there(zone) for zone in zones]
    day = date(2026, 3, 8)
    now = datetime(2026, 3, 9, 20, tzinfo=UTC)
    assert day_due(connections, now) == day
    told(Ledger(), *connections, usd=asked.append, day=day, now=now)
    (window,) = asked
    assert [f"{each:%Y-%m-%dT%H:%M}" for each in (window.start, window.end)] == [start, end]
