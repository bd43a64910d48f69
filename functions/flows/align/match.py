"""Which ShipStation record belongs to which of IFS: linked by hand, remembered, made by us, or the only one that fits.
Certain or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from functions.connections.align import MatchKey
from functions.model.alignment import Aligned, SideRecord, digest, plain

CLOCKS = timedelta(minutes=10)  # ours against ShipStation's
IDENTITY = "name"  # the field that a record which we made is known by


@dataclass(frozen=True)
class Pair:
    """What is known of one record. `choices` are the ids of several that fit, `unsure` of those that may be the one
    that a run was about to make.
    """

    ifs: SideRecord | None
    other: SideRecord | None
    choices: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


def match(
    ifs: Sequence[SideRecord],
    others: Sequence[SideRecord],
    known: Mapping[str, Aligned],
    *,
    keys: Sequence[MatchKey],
    links: Mapping[str, str],
) -> Iterator[Pair]:
    """Every record of IFS once, then those of ShipStation that belong to none."""
    free = {each.id: each for each in others}
    pairs: dict[str, Pair] = {}
    for ways in (_by_hand(links), _remembered(known), _made(known), *map(_by_key, keys)):
        left = [each for each in ifs if each.id not in pairs or pairs[each.id].choices]
        fitting = {each.id: [other for other in free.values() if ways(each, other)] for each in left}
        claims = Counter(other.id for found in fitting.values() for other in found)
        for each in left:
            found = fitting[each.id]
            if len(found) == 1 and claims[found[0].id] == 1:
                pairs[each.id] = Pair(each, free.pop(found[0].id))
            elif found and each.id not in pairs:
                pairs[each.id] = Pair(each, None, choices=tuple(sorted(other.id for other in found)))
    for each in ifs:
        yield pairs.get(each.id) or Pair(each, None, unsure=_unsure(known.get(each.id), free))
    yield from (Pair(None, other) for other in free.values())


Way = Callable[[SideRecord, SideRecord], bool]


def _by_hand(links: Mapping[str, str]) -> Way:
    return lambda ifs, other: links.get(ifs.id) == other.id


def _remembered(known: Mapping[str, Aligned]) -> Way:
    return lambda ifs, other: ifs.id in known and known[ifs.id].other == other.id


def _made(known: Mapping[str, Aligned]) -> Way:
    """A run that died has made it: it bears the name that was sent, whatever IFS says by now."""

    def fits(ifs: SideRecord, other: SideRecord) -> bool:
        memory = known.get(ifs.id)
        is_made = memory is not None and memory.is_making and not memory.other
        return is_made and memory is not None and memory.trying.get(IDENTITY) == digest(plain(other.fields[IDENTITY]))

    return fits


def _by_key(key: MatchKey) -> Way:
    def fits(ifs: SideRecord, other: SideRecord) -> bool:
        wanted = ifs.id if key == "code" else ifs.fields[IDENTITY]
        return plain(wanted) != "" and plain(wanted) == plain(other.fields[IDENTITY])

    return fits


def _unsure(memory: Aligned | None, free: Mapping[str, SideRecord]) -> tuple[str, ...]:
    """Somebody may have renamed it since."""
    if memory is None or not memory.is_making or memory.tried_at is None:
        return ()
    since = memory.tried_at - CLOCKS
    return tuple(sorted(each.id for each in free.values() if each.made_at is None or each.made_at >= since))
