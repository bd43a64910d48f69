"""Which record each shipment belongs to: each row is one order with the records that IFS shows for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from functions.flows.to_ifs.place import place
from functions.model.outcomes import Reason
from functions.model.records import Candidate, Record
from functions.model.shipment import Item, Shipment, ShipmentKey
from functions.model.state import PlacedBy, Placing
from tests.equipment.builders import a_candidate, a_key, a_record, a_shipment, voided

YET, AMBIGUOUS, ELSEWHERE = Reason.NOT_IN_IFS_YET, Reason.AMBIGUOUS_TARGET, Reason.WRONG_COMPANY
ORDER, OTHER = "P1001", "P2002"


def label(number: int, goods: str = "", *, is_voided: bool = False) -> Shipment:
    """`goods` such as "BOLT 2, NUT 5"."""
    pairs = (each.split() for each in goods.split(",") if each.strip())
    items = tuple(Item(sku=sku, quantity=int(quantity)) for sku, quantity in pairs)
    shipment = a_shipment(number, items=items)
    return voided(shipment) if is_voided else shipment


def record(number: str, goods: str = "BOLT 2", order: str = ORDER, **more: Any) -> Candidate:
    """Of the order; `theirs` are goods of another order beside it."""
    lines = [(order, *_line(each)) for each in goods.split(",") if each.strip()]
    lines += [(OTHER, *_line(each)) for each in more.pop("theirs", "").split(",") if each.strip()]
    of_record = {name: more.pop(name) for name in list(more) if name in Record.model_fields}
    found = a_candidate(a_record(number, **of_record), *lines)
    named = tuple(ShipmentKey(f"L{each}") for each in more.pop("named", ()))
    return found.model_copy(update={"orders": (order,), "named_by": named, **more})


def _line(text: str) -> tuple[str, int]:
    part, quantity = text.split()
    return part, int(quantity)


def no_lines(number: str, **more: Any) -> Candidate:
    return record(number, **more).model_copy(update={"lines": ()})


def on(**places: str) -> dict[ShipmentKey, Placing]:
    """`L1="1 goods"`: remembered on record 1, decided by goods."""
    placings = {}
    for key, text in places.items():
        number, by = text.split()
        how: PlacedBy = "named" if by == "named" else "goods" if by == "goods" else "only"
        placings[ShipmentKey(key)] = Placing(key=a_key(number), by=how)
    return placings


def only_site(site: str) -> Callable[[Record], bool]:
    return lambda record: record.site in {"", site}


def told(
    shipments: Sequence[Shipment],
    candidates: Sequence[Candidate],
    remembered: Mapping[ShipmentKey, Placing],
    is_ours: Callable[[Record], bool] = lambda _: True,
) -> dict[str, str]:
    """Per shipment: the record and how it was found, "unseen" too where it is remembered only, or why there is none."""
    result = place(shipments, candidates, remembered, is_ours)
    placed = {
        key: f"{placing.key.id} {placing.by}{' unseen' if key in result.unseen else ''}"
        for key, placing in result.placed.items()
    }
    chosen = {key: ":".join(("", *result.choices[key])) if key in result.choices else "" for key in result.unplaced}
    assert not placed.keys() & result.unplaced.keys()
    assert result.choices.keys() <= result.unplaced.keys()
    left = {key: f"{reason}{chosen[key]}" for key, reason in result.unplaced.items()}
    return {str(key): text for key, text in {**placed, **left}.items()}


@pytest.mark.parametrize(
    ("shipments", "candidates", "remembered", "expected"),
    [
        # by its name
        pytest.param([label(1)], [record("1", named=(1,))], {}, {"L1": "1 named"}, id="named"),
        pytest.param(
            [label(1, "BOLT 2")],
            [record("1", "BOLT 2"), record("2", "NUT 5", named=(1,))],
            {},
            {"L1": "2 named"},
            id="named, and another holds the goods",
        ),
        pytest.param(
            [label(1, "BOLT 2")],
            [record("1", "BOLT 2"), record("2", "NUT 5", named=(1,))],
            on(L1="1 goods"),
            {"L1": "2 named"},
            id="named after it was placed by goods",
        ),
        pytest.param(
            [label(1)],
            [record("1", named=(1,)), record("2", named=(1,)), record("3")],
            {},
            {"L1": f"{AMBIGUOUS}:1:2"},
            id="two are named",
        ),
        pytest.param(
            [label(1), label(2)],
            [record("1", is_own=False, named=(1,))],
            {},
            {"L1": "1 named", "L2": str(YET)},
            id="named by another shipment only",
        ),
        pytest.param(
            [label(1), label(2)],
            [record("1", is_own=False, named=(1, 2))],
            {},
            {"L1": "1 named", "L2": "1 named"},
            id="named by both parcels",
        ),
        pytest.param(
            [label(1, "BOLT 2"), label(2, "BOLT 2")],
            [record("1", "BOLT 2"), record("2", "BOLT 2", named=(1,))],
            {},
            {"L1": "2 named", "L2": "1 goods"},
            id="a name uses up the goods",
        ),
        pytest.param(
            [label(1, "NUT 5")],
            [record("1"), record("2", "NUT 5")],
            on(L1="1 named"),
            {"L1": "2 goods"},
            id="named once, no more, and the goods are elsewhere",
        ),
        pytest.param(
            [label(1)], [record("1"), record("2")], on(L1="1 named"), {"L1": "1 named"}, id="named once: stays"
        ),
        pytest.param([label(1, is_voided=True)], [record("1", named=(1,))], {}, {}, id="named by a voided label"),
        # by its goods
        pytest.param(
            [label(1, "BOLT 2"), label(2, "NUT 5")],
            [record("1", "BOLT 2"), record("2", "NUT 5")],
            {},
            {"L1": "1 goods", "L2": "2 goods"},
            id="goods tell two apart",
        ),
        pytest.param(
            [label(1, "bolt 2")],
            [record("1", "BOLT 2"), record("2", "NUT 5")],
            {},
            {"L1": "1 goods"},
            id="goods in another case",
        ),
        pytest.param(
            [label(1, "BOLT 1")],
            [record("1", "BOLT 2"), record("2", "NUT 5")],
            {},
            {"L1": "1 goods"},
            id="a part of the goods",
        ),
        pytest.param(
            [label(1, "BOLT 2")],
            [record("1", "BOLT 2"), record("2", "BOLT 9")],
            {},
            {"L1": "1 goods"},
            id="an exact fit beats a larger record",
        ),
        pytest.param(
            [label(1, "BOLT 2")],
            [record("1", "BOLT 2"), record("2", "BOLT 2")],
            {},
            {"L1": f"{AMBIGUOUS}:1:2"},
            id="two records alike",
        ),
        pytest.param(
            [label(1, "BOLT 1")],
            [record("9", "BOLT 3"), record("10", "BOLT 2"), record("8", "NUT 1")],
            {},
            {"L1": f"{AMBIGUOUS}:10:8:9"},
            id="two hold more than enough",
        ),
        pytest.param(
            [label(1)], [record("1"), record("2", "NUT 5")], {}, {"L1": f"{AMBIGUOUS}:1:2"}, id="a label without goods"
        ),
        pytest.param(
            [label(1, "BOLT 3")],
            [record("1", "BOLT 2"), record("2", "NUT 5")],
            {},
            {"L1": f"{AMBIGUOUS}:1:2"},
            id="more than any holds",
        ),
        pytest.param(
            [label(1, "BOLT 2"), label(2, "BOLT 2")],
            [record("1", "BOLT 2"), record("2", "BOLT 2")],
            on(L1="1 goods"),
            {"L1": "1 goods", "L2": "2 goods"},
            id="the other parcel used up the first",
        ),
        pytest.param(
            [label(1, "BOLT 2"), label(2, "BOLT 2")],
            [record("1", "BOLT 2"), record("2", "BOLT 3")],
            on(L1="1 goods"),
            {"L1": "1 goods", "L2": "2 goods"},
            id="nothing is left of the first",
        ),
        pytest.param(
            [label(1, "BOLT 2, NUT 5"), label(2, "BOLT 2")],
            [record("1", "BOLT 2"), record("2", "BOLT 2, NUT 5")],
            {},
            {"L1": "2 goods", "L2": "1 goods"},
            id="the certain one first, whichever came first",
        ),
        pytest.param(
            [label(1, "BOLT 2"), label(2, "BOLT 1, BOLT 1")],
            [record("1", "BOLT 2"), record("2", "BOLT 1, BOLT 4")],
            {},
            {"L1": "1 goods", "L2": "2 goods"},
            id="lines and items of one part add up",
        ),
        pytest.param(
            [label(1, "BOLT 2, BOLT 2")],
            [record("1", "BOLT 2"), record("2", "BOLT 4")],
            {},
            {"L1": "2 goods"},
            id="items of one part add up",
        ),
        pytest.param(
            [label(1, "BOLT 4")],
            [record("1", "BOLT 3"), record("2", "BOLT 2, BOLT 2")],
            {},
            {"L1": "2 goods"},
            id="lines of one part add up",
        ),
        pytest.param(
            [label(1, "BOLT 2")],
            [record("1", "BOLT 4"), record("2", "NUT 5", theirs="BOLT 2")],
            {},
            {"L1": "1 goods"},
            id="another order's lines are not its goods",
        ),
        # as the only record of the only order
        pytest.param([label(1, "BOLT 2")], [record("1")], {}, {"L1": "1 only"}, id="the only record"),
        pytest.param([label(1, "BOLT 9")], [record("1")], {}, {"L1": "1 only"}, id="quantities contradict nothing"),
        pytest.param(
            [label(1, "KIT 1"), label(2, "SET 1")],
            [record("1")],
            {},
            {"L1": "1 only", "L2": "1 only"},
            id="two parcels whose goods tell nothing",
        ),
        pytest.param(
            [label(1, "KIT 1"), label(2)], [record("1")], {}, {"L1": "1 only", "L2": "1 only"}, id="no goods at all"
        ),
        pytest.param(
            [label(1, "BOLT 2"), label(2, "NUT 5")],
            [record("1", "BOLT 2")],
            {},
            {"L1": "1 only", "L2": str(YET)},
            id="another parcel has its goods there, this one has none",
        ),
        pytest.param(
            [label(1, "BOLT 2"), label(2)],
            [record("1", "BOLT 2")],
            {},
            {"L1": "1 only", "L2": "1 only"},
            id="a parcel without goods beside one whose goods are there",
        ),
        pytest.param(
            [label(1, "BOLT 2"), label(2, "NUT 5, BOLT 1")],
            [record("1", "BOLT 2")],
            {},
            {"L1": "1 only", "L2": "1 only"},
            id="some of its goods are there",
        ),
        pytest.param(
            [label(1, "BOLT 2", is_voided=True), label(2, "NUT 5")],
            [record("1", "BOLT 2")],
            {},
            {"L2": str(YET)},
            id="a voided parcel's goods are there too",
        ),
        pytest.param(
            [label(1, "BOLT 2"), label(2, "NUT 5")],
            [no_lines("1")],
            {},
            {"L1": "1 only", "L2": "1 only"},
            id="a record without lines",
        ),
        pytest.param(
            [label(1, "NUT 5")],
            [record("1", "BOLT 2"), record("2", "NUT 5")],
            on(L1="1 only"),
            {"L1": "2 goods"},
            id="judged anew: its goods appear elsewhere",
        ),
        pytest.param(
            [label(1)],
            [record("1"), record("2")],
            on(L1="1 only"),
            {"L1": f"{AMBIGUOUS}:1:2"},
            id="judged anew: another like it appears",
        ),
        # several orders behind the reference
        pytest.param(
            [label(1, "NUT 5")],
            [record("1", "BOLT 2", orders=(ORDER, OTHER))],
            {},
            {"L1": f"{AMBIGUOUS}:1"},
            id="two orders of one purchase order, the other's shipment is not there",
        ),
        pytest.param(
            [label(1)], [record("1", orders=(ORDER, OTHER))], {}, {"L1": f"{AMBIGUOUS}:1"}, id="two orders, no goods"
        ),
        pytest.param(
            [label(1, "BOLT 2")], [record("1", orders=(ORDER, OTHER))], {}, {"L1": "1 goods"}, id="two orders, goods"
        ),
        pytest.param(
            [label(1, "BOLT 2, NUT 5")],
            [record("1", "BOLT 2", theirs="NUT 5", orders=(ORDER, OTHER))],
            {},
            {"L1": "1 goods"},
            id="two orders behind the reference on one record",
        ),
        # cancelled
        pytest.param([label(1)], [record("1", is_cancelled=True)], {}, {"L1": str(YET)}, id="cancelled"),
        pytest.param(
            [label(1)], [record("1", is_cancelled=True), record("2")], {}, {"L1": "2 only"}, id="cancelled, and another"
        ),
        pytest.param(
            [label(1, "BOLT 2")],
            [record("1", is_cancelled=True), record("2")],
            on(L1="1 goods"),
            {"L1": "2 only"},
            id="cancelled after it was placed there",
        ),
        # hidden
        pytest.param([label(1)], [], on(L1="1 only"), {"L1": "1 only unseen"}, id="hidden"),
        pytest.param([label(1, is_voided=True)], [], on(L1="1 goods"), {"L1": "1 goods unseen"}, id="hidden, voided"),
        pytest.param(
            [label(1, "NUT 5"), label(2, "SET 1")],
            [record("1", "BOLT 2")],
            on(L1="2 goods"),
            {"L1": "2 goods unseen", "L2": str(YET)},
            id="not the only one while another is hidden",
        ),
        pytest.param(
            [label(1, "NUT 5"), label(2, "BOLT 2")],
            [record("1", "BOLT 2")],
            on(L1="2 goods"),
            {"L1": "2 goods unseen", "L2": "1 goods"},
            id="goods are certain while another is hidden",
        ),
        pytest.param(
            [label(1, "BOLT 2")],
            [record("2", "BOLT 2")],
            on(L1="1 goods"),
            {"L1": "2 goods"},
            id="deleted and made anew with the same goods",
        ),
        pytest.param(
            [label(1)],
            [record("2", "BOLT 2")],
            on(L1="1 only"),
            {"L1": "1 only unseen"},
            id="hidden, and nothing tells",
        ),
        pytest.param(
            [label(1)], [record("2", named=(1,))], on(L1="1 only"), {"L1": "2 named"}, id="hidden, and named elsewhere"
        ),
        pytest.param([label(1)], [], {}, {"L1": str(YET)}, id="never seen"),
        # moved lines
        pytest.param(
            [label(1, "NUT 5")],
            [record("1", "BOLT 2"), record("2", "NUT 5")],
            on(L1="1 goods"),
            {"L1": "2 goods"},
            id="its line moved to another record of the order",
        ),
        pytest.param(
            [label(1, "BOLT 2")],
            [record("1", "BOLT 2", OTHER, is_own=False), record("2", "BOLT 2")],
            on(L1="1 goods"),
            {"L1": "2 only"},
            id="its record is another order's now",
        ),
        pytest.param(
            [label(1, "BOLT 2")],
            [record("1", "BOLT 2", OTHER, is_own=False)],
            on(L1="1 goods"),
            {"L1": str(YET)},
            id="its record is another order's now, and there is no other",
        ),
        pytest.param(
            [label(1, "BOLT 2", is_voided=True)],
            [record("1", "BOLT 2", OTHER, is_own=False)],
            on(L1="1 goods"),
            {},
            id="voided, and its record is another order's now",
        ),
        pytest.param(
            [label(1, "BOLT 2")],
            [record("1", "BOLT 2"), record("2", "BOLT 2")],
            on(L1="1 goods"),
            {"L1": "1 goods"},
            id="sticky while another like it appears",
        ),
        pytest.param(
            [label(1, "BOLT 2")],
            [record("1", "BOLT 1"), record("2", "BOLT 2")],
            on(L1="1 goods"),
            {"L1": "1 goods"},
            id="sticky while some of its goods are there",
        ),
        pytest.param(
            [label(1, "KIT 1")],
            [record("1", "BOLT 2"), record("2", "NUT 5")],
            on(L1="1 named"),
            {"L1": "1 named"},
            id="sticky where no record holds its goods",
        ),
        pytest.param(
            [label(1, "BOLT 2")],
            [no_lines("1"), record("2", "BOLT 2")],
            on(L1="1 goods"),
            {"L1": "1 goods"},
            id="sticky where the record shows no lines",
        ),
        # voided
        pytest.param(
            [label(1, "BOLT 2", is_voided=True), label(2, "BOLT 2")],
            [record("1", "BOLT 2"), record("2", "NUT 5")],
            on(L1="1 goods"),
            {"L1": "1 goods", "L2": "1 goods"},
            id="a voided label keeps its record and frees its goods",
        ),
        pytest.param(
            [label(1, "NUT 5", is_voided=True)],
            [record("1", "BOLT 2"), record("2", "NUT 5")],
            on(L1="1 only"),
            {"L1": "1 only"},
            id="what is taken back stays where it was written",
        ),
        pytest.param(
            [label(1, "BOLT 2", is_voided=True)], [record("1")], {}, {}, id="voided, never placed: gets no record"
        ),
    ],
)
def test_where_shipments_belong(
    shipments: list[Shipment],
    candidates: list[Candidate],
    remembered: dict[ShipmentKey, Placing],
    expected: dict[str, str],
) -> None:
    assert told(shipments, candidates, remembered) == expected
    backwards = told(shipments, candidates[::-1], remembered)
    assert backwards == expected, "the order in which IFS lists records decides nothing"


@pytest.mark.parametrize(
    ("shipments", "candidates", "remembered", "expected"),
    [
        pytest.param([label(1, "BOLT 2")], [record("1", site="CHI")], {}, {"L1": str(ELSEWHERE)}, id="another site"),
        pytest.param([label(1, "BOLT 2")], [record("1", site="TYO")], {}, {"L1": "1 only"}, id="our site"),
        pytest.param([label(1, "BOLT 2")], [record("1")], {}, {"L1": "1 only"}, id="a record that tells no site"),
        pytest.param(
            [label(1)], [record("1", site="CHI", named=(1,))], {}, {"L1": str(ELSEWHERE)}, id="named, another site"
        ),
        pytest.param(
            [label(1, "BOLT 2")],
            [record("1", "BOLT 2"), record("2", site="CHI", named=(1,))],
            {},
            {"L1": str(ELSEWHERE)},
            id="named of another site: no other is taken for it",
        ),
        pytest.param(
            [label(1)],
            [record("1", named=(1,)), record("2", site="CHI", named=(1,))],
            {},
            {"L1": "1 named"},
            id="two are named, one is ours",
        ),
        pytest.param(
            [label(1, "BOLT 2")],
            [record("1", "BOLT 2"), record("2", "BOLT 2", site="CHI")],
            {},
            {"L1": "1 only"},
            id="alike, the other of another site",
        ),
        pytest.param(
            [label(1, "NUT 5")],
            [record("1", "BOLT 2"), record("2", "NUT 5", site="CHI")],
            {},
            {"L1": str(YET)},
            id="its goods are at another site",
        ),
        pytest.param(
            [label(1)],
            [record("1"), record("2"), record("3", site="CHI")],
            {},
            {"L1": f"{AMBIGUOUS}:1:2"},
            id="only our records are to choose from",
        ),
        pytest.param(
            [label(1, "BOLT 2")],
            [record("1", site="CHI")],
            on(L1="1 goods"),
            {"L1": str(ELSEWHERE)},
            id="placed before its record went to another site",
        ),
    ],
)
def test_a_record_of_another_site_or_company_is_not_ours(
    shipments: list[Shipment],
    candidates: list[Candidate],
    remembered: dict[ShipmentKey, Placing],
    expected: dict[str, str],
) -> None:
    assert told(shipments, candidates, remembered, only_site("TYO")) == expected


def test_a_placement_knows_which_shipments_are_on_a_record() -> None:
    result = place([label(1, "BOLT 2"), label(2, "NUT 5")], [record("1", "BOLT 2"), record("2", "NUT 5")], {})
    assert (result.on(a_key("1")), result.on(a_key("2")), result.on(a_key("3"))) == (["L1"], ["L2"], [])
