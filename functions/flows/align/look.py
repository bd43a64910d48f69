"""Reads both systems and says what every record needs. Writes nothing: a dry run is this and no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from functions.connections.align import Warehouses
from functions.flows.align.decide import decide
from functions.flows.align.match import Pair, match
from functions.flows.align.step import Align, Look, Step, catch_up
from functions.model.alignment import Aligned, AlignKey, Proposal, SideRecord


class Records(Protocol):
    """One system's records. Raises Retryable or Permanent."""

    def read(self) -> list[SideRecord]:
        """All of them: a list is complete or not answered."""


def look(
    flow: Align, profile: Warehouses, ifs: Records, shipstation: Records, named: Callable[[], Mapping[str, int]]
) -> Look:
    """`named` are ShipStation's ids by IFS's, as the file or a person names them. Raises what either system or the
    ledger raises; then nothing was decided.
    """
    known = _known(flow, profile)
    links = {code: str(number) for code, number in named().items()}
    pairs = match(ifs.read(), shipstation.read(), known, keys=profile.match, links=links)
    by_other = {memory.other: memory for memory in known.values() if memory.other}
    return Look([_step(flow, pair, known, by_other) for pair in pairs])


def _known(flow: Align, profile: Warehouses) -> dict[str, Aligned]:
    """Those that the file still names."""
    known = flow.memories.load(flow.connection.name, profile.profile)
    return {code: memory for code, memory in known.items() if profile.names(code)}


def _step(flow: Align, pair: Pair, known: Mapping[str, Aligned], by_other: Mapping[str, Aligned]) -> Step:
    memory = known.get(pair.ifs.id) if pair.ifs else by_other.get(pair.other.id) if pair.other else None
    code = pair.ifs.id if pair.ifs else memory.key.id if memory else ""
    key = AlignKey(connection=flow.connection.name, profile=flow.profile.profile, id=code)
    step = Step(pair, Proposal(key=key, kind="agree"), memory or Aligned(key=key))
    if step.memory.trying:
        catch_up(step)
    step.proposal = decide(key, pair, step.memory if memory else None, flow.rules, now=flow.now())
    return step
