"""Which ShipStation record belongs to which of IFS: linked by hand, remembered, made by us, or the only one that fits.
Certain or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from functions.connections.align import MatchKey
from functions.model.alignment import Aligned, SideRecord
from functions.model.text import digest, folded

CLOCKS = timedelta(minutes=10)  # ours against ShipStation's
IDENTITY = "name"  # the field that a record which we made is known by


@dataclass(frozen=True)
class Pair:
    """What is known of one record. `choices` are the ids of several that fit, `unsure` of those that may be the one
    that a run was about to make, `named` the one that a person named and ShipStation does not show.
    """

    ifs: SideRecord | None
    other: SideRecord | None
    choices: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    named: str = ""


def match(
    ifs: Sequence[SideRecord],
    others: Sequence[SideRecord],
    known: Mapping[str, Aligned],
    *,
    keys: Sequence[MatchKey],
    links: Mapping[str, str],
) -> Iterator[Pair]:
    """Every record of IFS once, then those of ShipStation that belong to none. Who named one wants no other."""
    free = {other.id: other for other in others}
    absent = {code: number for code, number in links.items() if number not in free}
    sought = [record for record in ifs if record.id not in absent]
    pairs: dict[str, Pair] = {}
    for fits in (_by_hand(links), _remembered(known), _made(known), *map(_by_key, keys)):
        _pair(_unpaired(sought, pairs), fits, free, pairs)
    for record in ifs:
        named, unsure = absent.get(record.id, ""), _unsure(known.get(record.id), free)
        yield pairs.get(record.id) or Pair(record, None, named=named, unsure=unsure)
    yield from (Pair(None, other) for other in free.values())


Way = tuple[Callable[[SideRecord], str | None], Callable[[SideRecord], str]]  # what has to be said on either side
Fitting = dict[str, list[SideRecord]]


def _unpaired(ifs: Sequence[SideRecord], pairs: Mapping[str, Pair]) -> list[SideRecord]:
    """Those of several choices too: another way may tell which it is."""
    return [record for record in ifs if record.id not in pairs or pairs[record.id].choices]


def _pair(unpaired: Sequence[SideRecord], fits: Way, free: dict[str, SideRecord], pairs: dict[str, Pair]) -> None:
    """Who is certain leaves `free`. Where nobody is, the choices of the first way that has any stay."""
    fitting = _fitting(unpaired, fits, free)
    claims = _claims(fitting)
    for record in unpaired:
        found = fitting[record.id]
        if _is_certain(found, claims):
            pairs[record.id] = Pair(record, free.pop(found[0].id))
        elif found and record.id not in pairs:
            pairs[record.id] = Pair(record, None, choices=tuple(sorted(other.id for other in found)))


def _fitting(unpaired: Sequence[SideRecord], fits: Way, free: Mapping[str, SideRecord]) -> Fitting:
    """By IFS's id. What says nothing fits nothing."""
    ours, theirs = fits
    named: Fitting = {}
    for other in free.values():
        named.setdefault(theirs(other), []).append(other)
    return {record.id: named.get(said, []) if (said := ours(record)) else [] for record in unpaired}


def _claims(fitting: Fitting) -> Counter[str]:
    """How many records of IFS each of ShipStation fits, by its id."""
    return Counter(other.id for found in fitting.values() for other in found)


def _is_certain(found: Sequence[SideRecord], claims: Mapping[str, int]) -> bool:
    """The only one that fits, and it fits no other."""
    return len(found) == 1 and claims[found[0].id] == 1


def _by_hand(links: Mapping[str, str]) -> Way:
    return (lambda ifs: links.get(ifs.id)), (lambda other: other.id)


def _remembered(known: Mapping[str, Aligned]) -> Way:
    return (lambda ifs: known[ifs.id].other if ifs.id in known else None), (lambda other: other.id)


def _made(known: Mapping[str, Aligned]) -> Way:
    """A run that died has made it: it bears the name that was sent, whatever IFS says by now."""

    def tried(ifs: SideRecord) -> str | None:
        memory = known.get(ifs.id)
        return memory.trying.get(IDENTITY) if memory is not None and memory.is_making and not memory.other else None

    return tried, lambda other: digest(folded(other.fields[IDENTITY]))


def _by_key(key: MatchKey) -> Way:
    return (
        lambda ifs: folded(ifs.id if key == "code" else ifs.fields[IDENTITY]),
        lambda other: folded(other.fields[IDENTITY]),
    )


def _unsure(memory: Aligned | None, free: Mapping[str, SideRecord]) -> tuple[str, ...]:
    """Somebody may have renamed it since."""
    if memory is None or not memory.is_making or memory.tried_at is None:
        return ()
    since = memory.tried_at - CLOCKS
    return tuple(sorted(each.id for each in free.values() if each.made_at is None or each.made_at >= since))
