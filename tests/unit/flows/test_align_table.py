"""One record on both sides and what is remembered of it: what is written, what is asked."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.connections.align import Winner
from functions.flows.align.decide import Rules, decide
from functions.flows.align.match import Pair, match
from functions.model.alignment import Aligned, AlignKey, Proposal, SideRecord, digests
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from functions.model.text import folded
from functions.shipstation.v1.warehouses import FORMS
from tests.equipment.builders import NOON

KEY = AlignKey(connection=ConnectionName("acme"), profile="warehouses", id="CHI")
WHOLE = {"name": "Chicago", "street1": "12 Harbor St", "city": "Chicago", "country": "US"}


def rules(winner: Winner = "ifs_wins") -> Rules:
    return Rules(winners=dict.fromkeys(["name", "city", "state"], winner), forms=FORMS, is_making=True)


def a_record(id_: str = "CHI", **fields: str) -> SideRecord:
    return SideRecord(id=id_, fields={"name": "Chicago", "city": "Chicago", "state": "", **fields})


def remembered(ifs: str, shipstation: str) -> Aligned:
    """Alike once, when the city was called that."""
    memory = Aligned(key=KEY, other="4711").alike(digests({"name": "Chicago", "state": ""}))
    return memory.alike(digests({"city": ifs}), digests({"city": shipstation}))


def judged(ifs: str, shipstation: str, memory: Aligned | None, winner: Winner = "ifs_wins") -> Proposal:
    pair = Pair(a_record(city=ifs), a_record("4711", city=shipstation))
    return decide(KEY, pair, memory, rules(winner), now=NOON)


# ifs and ShipStation now, and what each said when they were last alike; then who is written, or why a person is asked
FIELDS: dict[str, tuple[str, str, tuple[str, str] | None, Winner, str]] = {
    "alike": ("Chicago", "Chicago", None, "ifs_wins", ""),
    "alike but for case and spaces": ("Chicago  Heights", "CHICAGO HEIGHTS", None, "ifs_wins", ""),
    "never alike, IFS wins": ("Boston", "Chicago", None, "ifs_wins", "shipstation"),
    "never alike, ShipStation wins": ("Boston", "Chicago", None, "shipstation_wins", "ifs"),
    "never alike, a person is asked": ("Boston", "Chicago", None, "ask", "differs"),
    "the winner has changed": ("Boston", "Chicago", ("Chicago", "Chicago"), "ifs_wins", "shipstation"),
    "ShipStation wins and has changed": ("Chicago", "Boston", ("Chicago", "Chicago"), "shipstation_wins", "ifs"),
    "the loser was edited": ("Chicago", "Boston", ("Chicago", "Chicago"), "ifs_wins", "edited_elsewhere"),
    "IFS lost and was edited": ("Boston", "Chicago", ("Chicago", "Chicago"), "shipstation_wins", "edited_elsewhere"),
    "both were edited": ("Boston", "Austin", ("Chicago", "Chicago"), "ifs_wins", "edited_elsewhere"),
    "both were edited alike": ("Boston", "Boston", ("Chicago", "Chicago"), "ifs_wins", ""),
    "asked, and one was edited": ("Boston", "Chicago", ("Chicago", "Chicago"), "ask", "differs"),
    "a spelling of its own": ("Chicago", "Chicago, IL", ("Chicago", "Chicago, IL"), "ifs_wins", ""),
    "own spelling, and IFS changes": ("Boston", "Chicago, IL", ("Chicago", "Chicago, IL"), "ifs_wins", "shipstation"),
    "what IFS empties is demanded": ("", "Chicago", ("Chicago", "Chicago"), "ifs_wins", "field_unusable"),
    "an empty value does not win the first time": ("", "Chicago", None, "ifs_wins", ""),
    "nor does ShipStation's": ("Chicago", "", None, "shipstation_wins", ""),
    "too long for ShipStation": ("x" * 101, "Chicago", None, "ifs_wins", "field_unusable"),
}  # fmt: skip


@pytest.mark.parametrize("case", FIELDS, ids=lambda case: case)
def test_a_field_is_written_asked_or_left(case: str) -> None:
    ifs, shipstation, before, winner, expected = FIELDS[case]
    proposal = judged(ifs, shipstation, remembered(*before) if before else None, winner)
    change, reason = proposal.changes.get("city"), proposal.asked.get("city")
    assert (change.side if change else reason or "") == expected
    assert ("city" in proposal.alike) == (digests({"c": ifs}) == digests({"c": shipstation}))
    assert proposal.kind == ("change" if change else "report" if reason else "agree")


def test_an_optional_field_that_the_winner_empties_is_emptied() -> None:
    memory = remembered("Chicago", "Chicago").alike(digests({"state": "IL"}))
    pair = Pair(a_record(state=""), a_record("4711", state="IL"))
    assert decide(KEY, pair, memory, rules(), now=NOON).changes["state"].after == ""


def test_a_field_that_ifs_stops_telling_is_asked_and_never_emptied() -> None:
    ifs = SideRecord(id="CHI", fields={"name": "Chicago"})
    proposal = decide(KEY, Pair(ifs, a_record("4711")), remembered("Chicago", "Chicago"), rules(), now=NOON)
    assert proposal.asked == {"city": Reason.FIELD_UNUSABLE, "state": Reason.FIELD_UNUSABLE}
    assert not proposal.changes


MAKING = Aligned(key=KEY).about_to_write("shipstation", WHOLE, at=NOON, audit_key="a", is_making=True)
LATER = NOON + timedelta(minutes=16)


@pytest.mark.parametrize(
    ("fields", "memory", "expected"),
    [
        (WHOLE, None, "create"),
        ({**WHOLE, "country": "United States"}, None, "field_unusable country"),
        ({**WHOLE, "street1": ""}, None, "field_unusable street1"),
        ({"name": "Chicago"}, None, "field_unusable street1"),
        ({**WHOLE, "name": ""}, None, "field_unusable name"),
        (WHOLE, Aligned(key=KEY, other="4711"), "gone_in_shipstation "),
    ],
)
def test_a_record_that_only_ifs_has(fields: dict[str, str], memory: Aligned | None, expected: str) -> None:
    proposal = decide(KEY, Pair(SideRecord(id="CHI", fields=fields), None), memory, rules(), now=NOON)
    assert (proposal.kind if proposal.kind == "create" else f"{proposal.reason} {proposal.field}") == expected


def test_a_record_that_only_ifs_has_is_reported_where_none_is_made() -> None:
    unmade = replace(rules(), is_making=False)
    proposal = decide(KEY, Pair(SideRecord(id="CHI", fields=WHOLE), None), None, unmade, now=NOON)
    assert (proposal.reason, proposal.changes) == (Reason.ONLY_IN_IFS, {})


@pytest.mark.parametrize(
    ("now", "unsure", "expected"),
    [(NOON, (), "outcome_unknown"), (LATER, (), "create"), (LATER, ("4712",), "outcome_unknown")],
    ids=["a list may not show it yet", "it was not made", "somebody may have renamed it"],
)
def test_what_was_tried_is_not_made_again_before_it_is_certain(
    now: object, unsure: tuple[str, ...], expected: str
) -> None:
    pair = Pair(SideRecord(id="CHI", fields=WHOLE), None, unsure=unsure)
    proposal = decide(KEY, pair, MAKING, rules(), now=now)  # type: ignore[arg-type] # an instant
    assert (proposal.reason or proposal.kind) == expected
    assert proposal.choices == unsure


Sides = tuple[list[SideRecord], list[SideRecord]]


def matched(sides: Sides, known: dict[str, Aligned], links: dict[str, str]) -> dict[str, str]:
    """What IFS's records are linked to, or the choices behind a question mark; what is left over under nothing."""
    found: dict[str, str] = {}
    for pair in match(*sides, known, keys=("code", "name"), links=links):
        if pair.ifs is not None:
            found[pair.ifs.id] = pair.other.id if pair.other else f"?{','.join(pair.choices)}"
        elif pair.other is not None:
            found[""] = f"{found.get('', '')} {pair.other.id}".strip()
    return found


def other(id_: str, name: str) -> SideRecord:
    return SideRecord(id=id_, fields={"name": name}, made_at=NOON)


def site(id_: str, name: str) -> SideRecord:
    return SideRecord(id=id_, fields={"name": name})


CHI, ONE, TWO = site("CHI", "Chicago"), other("1", "Chicago"), other("2", "Chicago")
RENAMED = other("1", "Renamed")


def linked(other_id: str) -> dict[str, Aligned]:
    return {"CHI": Aligned(key=KEY, other=other_id)}


MATCHES: dict[str, tuple[Sides, dict[str, Aligned], dict[str, str], dict[str, str]]] = {
    "code before name": (([CHI], [other("1", "chi"), TWO]), {}, {}, {"CHI": "1", "": "2"}),
    "case and spaces": (([CHI], [other("1", " CHICAGO ")]), {}, {}, {"CHI": "1"}),
    "two fit": (([CHI], [ONE, TWO]), {}, {}, {"CHI": "?1,2", "": "1 2"}),
    "one fits two": (([CHI, site("DAL", "Chicago")], [ONE]), {}, {}, {"CHI": "?1", "DAL": "?1", "": "1"}),
    "remembered though renamed": (([CHI], [RENAMED, TWO]), linked("1"), {}, {"CHI": "1", "": "2"}),
    "remembered and gone": (([CHI], [TWO]), linked("1"), {}, {"CHI": "2"}),
    "by hand": (([CHI], [ONE, TWO]), {}, {"CHI": "2"}, {"CHI": "2", "": "1"}),
    "by hand over memory": (([CHI], [RENAMED, TWO]), linked("2"), {"CHI": "1"}, {"CHI": "1", "": "2"}),
    "made, renamed in IFS since": (([site("CHI", "Windy City")], [ONE]), {"CHI": MAKING}, {}, {"CHI": "1"}),
    "nothing fits nothing": (([site("CHI", "")], [other("1", "")]), {}, {}, {"CHI": "?", "": "1"}),
}


@pytest.mark.parametrize("case", MATCHES, ids=lambda case: case)
def test_records_are_matched_with_certainty_or_not_at_all(case: str) -> None:
    sides, known, links, expected = MATCHES[case]
    assert matched(sides, known, links) == expected


def test_what_was_made_since_the_attempt_may_be_the_one_that_was_made() -> None:
    old = SideRecord(id="9", fields={"name": "Old"}, made_at=NOON - timedelta(hours=1))
    pairs = list(
        match([site("CHI", "Chicago")], [other("1", "Renamed"), old], {"CHI": MAKING}, keys=("name",), links={})
    )
    assert pairs[0].unsure == ("1",)


def test_many_records_are_matched_by_reading_each_name_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    read, number = itertools.count(), 300
    monkeypatch.setattr("functions.flows.align.match.folded", lambda text: folded(text) if next(read) >= 0 else "")
    sites = [a_record(f"S{each}", name=f"Site {each}") for each in range(number)]
    others = [a_record(str(each), name=f"Dock {each}") for each in range(number)]
    pairs = list(match(sites, others, {}, keys=("code", "name"), links={}))
    assert len(pairs) == 2 * number
    assert next(read) <= 8 * number
