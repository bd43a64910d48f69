"""What IFS holds of each part → ShipStation's inventory: absolute quantities, only where they differ.

There is nothing to merge: IFS counts the goods, and ShipStation takes from its own figure what it ships meanwhile. It
is not set higher again before IFS's own count moves: IFS still counts what it has not delivered. A part that is on the
list no more is asked for by its number: one that sold out is told as zero at once. One that IFS does not show at all is
once two looks in a row, of which each was whole, have missed it; a site of which IFS shows nothing tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from functions.connections.align import SEPARATOR, Stock
from functions.errors import ConnectorError, Retryable
from functions.flows.align.match import Pair
from functions.flows.align.step import Align, Look, Step, catch_up
from functions.model.alignment import UNREADABLE, Aligned, AlignKey, Change, Proposal, SideRecord
from functions.model.outcomes import Reason
from functions.model.text import digest, folded

QUANTITY = "quantity"
LOOKING = timedelta(minutes=2)  # of a run's five; the rest is for writing
NONE, MOST = 0, 2_000_000_000
LONGEST_SKU = 100
MOST_LACKING = 1_000  # parts of a site that are asked for by their numbers in one look, in some thirty requests


class Counts(Protocol):
    """Raises Retryable or Permanent."""

    def totals(self) -> dict[tuple[str, str], int | None]:
        """Whole pieces by site and part, of every site of the file; None where they cannot be added up. What has sold
        out may be missing.
        """

    def of_parts(self, site: str, parts: Iterable[str]) -> dict[tuple[str, str], int | None]:
        """Of these, zero too. What is missing is not shown."""


class Levels(Protocol):
    """Raises Retryable or Permanent."""

    def levels(self, location: str) -> dict[str, SideRecord]:
        """By part number, every one that the location knows."""

    def level(self, location: str, sku: str) -> SideRecord:
        """One that the location does not know yet."""


@dataclass(frozen=True)
class Shelf:
    """A site, what IFS tells of it, and what its location says of a part that it does not know; `question` names what
    IFS was asked.
    """

    site: str
    told: Mapping[str, int | None]
    level: Callable[[str], SideRecord]
    keeps_lower: bool
    question: str


def look_at_stock(flow: Align, profile: Stock, counts: Counts, levels: Levels) -> Look:
    """Raises what either system or the ledger raises; then nothing was decided."""
    known = flow.memories.load(flow.connection.name, profile.profile)
    totals = counts.totals()
    steps: list[Step] = []
    fault: ConnectorError | None = None
    until = flow.now() + LOOKING
    for site, location in _in_turn(profile, flow.now()):
        if flow.now() >= until:
            fault = Retryable(Reason.OUT_OF_TIME, "the other sites took the time of this run")
            break
        told = {part: count for (where, part), count in totals.items() if where == site}
        sent = {_part(code) for code in known if code.partition(SEPARATOR)[0] == site}
        if sent and not told:
            fault = Retryable(Reason.RECORDS_VANISHED, f"IFS shows no part of site {site} any more")
            continue
        told |= _of_lacking(site, sorted(sent - told.keys()), known, counts)
        keeps_lower, question = profile.raises == "when_ifs_moves", _question(flow, profile)
        shelf = Shelf(site, told, partial(levels.level, location), keeps_lower, question)
        steps += _of_site(flow, [*sorted(sent - told.keys()), *told], levels.levels(location), known, shelf)
    return Look(steps, fault=fault)


def _of_lacking(
    site: str, lacking: Iterable[str], known: Mapping[str, Aligned], counts: Counts
) -> dict[str, int | None]:
    """What IFS says of parts that its list lacks. One that is known as gone is not asked for again."""
    parts = [part for part in lacking if not _is_known_as_gone(known[f"{site}{SEPARATOR}{part}"])]
    return {part: count for (_, part), count in counts.of_parts(site, parts[:MOST_LACKING]).items()}


def _in_turn(profile: Stock, now: datetime) -> list[tuple[str, str]]:
    """Every look begins with another site."""
    sites = sorted(profile.locations.items())
    first = int(now.timestamp() // (60 * profile.every_minutes)) % len(sites)
    return [*sites[first:], *sites[:first]]


def _part(code: str) -> str:
    return code.partition(SEPARATOR)[2]


def _question(flow: Align, profile: Stock) -> str:
    """What is asked of one tenant: an answer to another question confirms nothing."""
    return digest(f"{flow.connection.ifs.base_url} {profile.model_dump_json(include={'holdings', 'quantity', 'only'})}")


There = Mapping[str, SideRecord]


def _of_site(
    flow: Align, parts: Iterable[str], there: There, known: Mapping[str, Aligned], at: Shelf
) -> Iterator[Step]:
    for part in parts:
        code = f"{at.site}{SEPARATOR}{part}"
        memory = known.get(code)
        if at.told.get(part, NONE) == NONE and part not in there and memory is None:
            continue  # nothing is said of nothing
        key = AlignKey(connection=flow.connection.name, profile=flow.profile.profile, id=code)
        yield _of_part(part, there.get(part) or at.level(part), memory or Aligned(key=key), at)


def _of_part(part: str, other: SideRecord, memory: Aligned, at: Shelf) -> Step:
    step = Step(Pair(None, other), Proposal(key=memory.key, kind="agree", other=other.id), memory)
    if memory.trying:
        catch_up(step, by_people=False)  # ShipStation takes from what it has
    if _is_missed_once(step, part, at):
        step.memory = step.memory.missing_from(at.question)
        return step
    if part in at.told:
        step.memory = step.memory.missing_from("")
    proposal = decide_stock(memory.key, part, at.told.get(part, NONE), other)
    if not (at.keeps_lower and _is_shipped(step.memory, proposal)):
        step.proposal = proposal
    return step


def _is_missed_once(step: Step, part: str, at: Shelf) -> bool:
    """IFS does not show the part, and did at the look before: neither is zero told, nor is it learned."""
    is_missed_anew = step.memory.missed != at.question and not _is_known_as_gone(step.memory)
    return part not in at.told and is_missed_anew


def _is_known_as_gone(memory: Aligned) -> bool:
    return memory.ifs.get(QUANTITY) == digest(str(NONE))


def _is_shipped(memory: Aligned, proposal: Proposal) -> bool:
    """ShipStation has fewer than it was told, or nobody can read how many, and IFS counts what it did then: it has not
    delivered yet what left.
    """
    change = proposal.changes.get(QUANTITY)
    if change is None or memory.ifs.get(QUANTITY) != digest(folded(change.after)):
        return False
    return change.before == UNREADABLE or int(change.before or NONE) < int(change.after)


def decide_stock(key: AlignKey, part: str, count: int | None, other: SideRecord) -> Proposal:
    if len(part) > LONGEST_SKU:
        return Proposal(key=key, kind="report", reason=Reason.FIELD_UNUSABLE, field="part")
    if count is None or count > MOST:
        return Proposal(key=key, kind="report", reason=Reason.FIELD_UNUSABLE, field=QUANTITY)
    wanted = str(max(count, NONE))
    if (other.fields[QUANTITY] or str(NONE)) == wanted:
        return Proposal(key=key, kind="agree", other=other.id, alike={QUANTITY: digest(folded(wanted))})
    change = Change(side="shipstation", before=other.fields[QUANTITY], after=wanted)
    return Proposal(key=key, kind="change", other=other.id, changes={QUANTITY: change})
